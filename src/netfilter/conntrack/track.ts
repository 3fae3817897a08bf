import { ipv4, type Packet } from '../../wire/index.js'
import { type HookFunction, HOOK_PRIORITY, type HookState, type Verdict } from '../hooks.js'
import { Connection } from './connection.js'
import { trackIcmp } from './icmp.js'
import { attachIcmpError } from './icmp-error.js'
import { transportOffset, tupleAt } from './packet-tuple.js'
import { refresh } from './refresh.js'
import { trackSctp } from './sctp.js'
import { connectionOf, directionOf } from './state.js'
import type { ConntrackTable, TupleEntry } from './table.js'
import { trackTcp } from './tcp.js'
import { traceConntrack } from './trace.js'
import type { InvalidReason, TrackResult } from './track-result.js'
import { invertTuple } from './tuple.js'
import { trackUdp } from './udp.js'
import { ConntrackTemplate, DEFAULT_ZONE, type Zone } from './zone.js'

const GRE = 47

/** Looks every packet up and begins entries (nf_conntrack_in), at PREROUTING and OUTPUT. */
export class TrackHook implements HookFunction {
  readonly name: string = 'conntrack'
  readonly priority: number = HOOK_PRIORITY.CONNTRACK
  private readonly table: ConntrackTable

  constructor(table: ConntrackTable) {
    this.table = table
  }

  run(pkt: Packet, state: HookState): Verdict {
    if (pkt.nfct instanceof Connection) return 'accept'
    if (pkt.ctInfo === 'untracked') {
      traceConntrack(pkt, state, 'untracked', null)
      return 'accept'
    }
    const zone = takeZone(pkt)
    const transport = transportOffset(pkt.view, 0)
    if (transport < 0) return markInvalid(pkt, state, 'no transport header')
    if (ipv4.protocol(pkt.view, 0) === ipv4.PROTOCOL.ICMP) {
      const error = attachIcmpError(this.table, pkt, transport, state, zone)
      if (error === 'related') {
        traceConntrack(pkt, state, 'related', null)
        return 'accept'
      }
      if (error !== 'not an error') return markInvalid(pkt, state, error)
    }
    return this.trackNormal(pkt, transport, state, zone)
  }

  /** resolve_normal_ct and the protocol's tracker; once more if that removed the entry. */
  private trackNormal(pkt: Packet, transport: number, state: HookState, zone: Zone): Verdict {
    for (;;) {
      const found = this.resolve(pkt, state, zone)
      if (found === 'drop') return 'drop'
      if (found !== 'found' && found !== 'created') return markInvalid(pkt, state, found)
      const connection = connectionOf(pkt)!
      const result = trackProtocol(connection, pkt, transport, state)
      if (result === 'repeat') {
        pkt.nfct = null
        continue
      }
      if (result !== 'accept' && result !== 'ignore') return markInvalid(pkt, state, result)
      if (pkt.ctInfo === 'established-reply') connection.seenReply = true
      traceConntrack(pkt, state, found, result === 'ignore' ? 'let through, state unchanged' : null)
      return 'accept'
    }
  }

  /** resolve_normal_ct: sets the packet's entry, an old one or a new one. */
  private resolve(pkt: Packet, state: HookState, zone: Zone): 'found' | 'created' | 'drop' | InvalidReason {
    const tuple = tupleAt(pkt.view, 0)
    if (tuple === null) return 'short packet'
    const entry = this.table.lookup(tuple, zone)
    if (entry !== null) {
      setInfo(pkt, entry)
      return 'found'
    }
    const reply = invertTuple(tuple)
    if (reply === null) return 'ICMP message cannot begin a connection'
    if (!this.table.makeRoom(state.env.sim.choices)) {
      state.drop = { reason: 'NETFILTER_DROP', where: 'conntrack: table full', rule: null }
      return 'drop'
    }
    pkt.nfct = new Connection(this.table.newId(), this.table, tuple, reply, zone)
    pkt.ctInfo = 'new'
    return 'created'
  }
}

/** nf_ct_zone_tmpl; the template leaves the packet. */
function takeZone(pkt: Packet): Zone {
  const template = pkt.nfct
  pkt.nfct = null
  if (!(template instanceof ConntrackTemplate)) return DEFAULT_ZONE
  if (!template.zoneFromMark) return template.zone
  return { id: pkt.mark & 0xffff, direction: template.zone.direction }
}

function setInfo(pkt: Packet, entry: TupleEntry): void {
  const { connection, direction } = entry
  pkt.nfct = connection
  if (direction === 'reply') pkt.ctInfo = 'established-reply'
  else if (connection.seenReply) pkt.ctInfo = 'established'
  else pkt.ctInfo = connection.expected ? 'related' : 'new'
}

function markInvalid(pkt: Packet, state: HookState, why: InvalidReason): Verdict {
  pkt.nfct = null
  pkt.ctInfo = 'invalid'
  traceConntrack(pkt, state, 'invalid', why)
  return 'accept'
}

/** nf_conntrack_handle_packet */
function trackProtocol(connection: Connection, pkt: Packet, transport: number, state: HookState): TrackResult {
  switch (connection.original.protocol) {
    case ipv4.PROTOCOL.TCP:
      return trackTcp(connection, pkt, transport, state)
    case ipv4.PROTOCOL.UDP:
      return trackUdp(connection, pkt, transport, state)
    case ipv4.PROTOCOL.ICMP:
      return trackIcmp(connection, pkt)
    case ipv4.PROTOCOL.SCTP:
      return trackSctp(connection, pkt, transport, state)
    case GRE:
      return trackGre(connection, pkt)
    default:
      refresh(connection, directionOf(pkt.ctInfo), pkt, connection.table.sysctls.timeouts.generic)
      return 'accept'
  }
}

/** nf_conntrack_gre_packet */
function trackGre(connection: Connection, pkt: Packet): TrackResult {
  const { timeouts } = connection.table.sysctls
  refresh(connection, directionOf(pkt.ctInfo), pkt, connection.seenReply ? timeouts.greStream : timeouts.gre)
  if (connection.seenReply) connection.assured = true
  return 'accept'
}
