import { ipv4, type Packet } from '../../wire/index.js'
import { type HookFunction, HOOK_PRIORITY, type HookState, type Verdict } from '../hooks.js'
import type { Connection } from './connection.js'
import { connectionOf, directionOf } from './state.js'
import { traceConntrack } from './trace.js'
import { sameTuple } from './tuple.js'

/** An entry that lost its original tuple to another lives this long. */
const CLASH_TIMEOUT_MS = 1000

/** Puts the connection of a packet that came through into the table (nf_confirm), last at INPUT and POSTROUTING. */
export class ConfirmHook implements HookFunction {
  readonly name: string = 'conntrack confirm'
  readonly priority: number = HOOK_PRIORITY.CONNTRACK_CONFIRM

  run(pkt: Packet, state: HookState): Verdict {
    const connection = connectionOf(pkt)
    if (connection === null || connection.confirmed || directionOf(pkt.ctInfo) !== 'original') return 'accept'
    if (connection.dying) return clashed(connection, state)
    const { table } = connection
    const clash = table.clashOf(connection)
    if (clash === null) table.insert(connection)
    else if (!resolveClash(pkt, connection, clash.connection)) return clashed(connection, state)
    traceConntrack(pkt, state, 'confirmed', null)
    return 'accept'
  }
}

function clashed(connection: Connection, state: HookState): Verdict {
  const reason = connection.natExhausted ? 'NAT_NO_TUPLE' : 'CONNTRACK_CLASH'
  state.drop = { reason, where: `conntrack confirm, ${state.hook}`, rule: null }
  return 'drop'
}

/**
 * nf_ct_resolve_clash: another packet of a datagram protocol has made the same entry first. Joins that one, or
 * lives on beside it for a second by its reply tuple alone.
 */
function resolveClash(pkt: Packet, loser: Connection, winner: Connection): boolean {
  if (!allowsClash(loser.original.protocol)) return false
  const identical = sameTuple(loser.original, winner.original) && sameTuple(loser.reply, winner.reply)
  if (!winner.dying && (identical || !(winner.srcNatDone || winner.dstNatDone))) {
    pkt.nfct = winner
    return true
  }
  if (loser.table.clashAt(loser, 'reply') !== null) return false
  loser.timeoutMs = CLASH_TIMEOUT_MS
  loser.fixedTimeout = true
  loser.table.insertReply(loser)
  return true
}

/** l4proto->allow_clash */
function allowsClash(protocol: number): boolean {
  return protocol === ipv4.PROTOCOL.UDP || protocol === 47 || protocol === 136
}
