import { invariant } from '../../base/index.js'
import type { Packet } from '../../wire/index.js'
import type { Connection } from '../conntrack/connection.js'
import { invertTuple, sameTuple } from '../conntrack/tuple.js'
import type { HookState, Verdict } from '../hooks.js'
import { type NatManip, type NatRange, rangeOf } from './range.js'
import { uniqueTuple } from './unique-tuple.js'

/** Has NAT decided about this end (nf_nat_initialized)? */
export function isNatDone(connection: Connection, manip: NatManip): boolean {
  return manip === 'source' ? connection.srcNatDone : connection.dstNatDone
}

/**
 * Decides how one end of a new connection is translated, for good (nf_nat_setup_info). The packet itself is
 * rewritten by the NAT hook. Where the range has nothing free, the connection gets a tuple all the same and fails
 * confirmation, as in the kernel.
 * @param by name of the target, for traces.
 */
export function setupNat(
  pkt: Packet,
  connection: Connection,
  range: NatRange,
  manip: NatManip,
  state: HookState,
  by: string,
): Verdict {
  if (connection.confirmed) return 'accept'
  invariant(!isNatDone(connection, manip), `${by} on packet ${pkt.id}: ${manip} NAT is decided already`)
  const current = invertTuple(connection.reply)
  invariant(current !== null, 'a connection whose reply has no answer')
  const { tuple, free } = uniqueTuple(current, range, connection, manip, state.env.sim.choices)
  if (!free) connection.natExhausted = true
  if (!sameTuple(tuple, current)) {
    connection.reply = invertTuple(tuple)!
    if (manip === 'source') {
      connection.srcNat = true
      connection.srcNatBy = by
    } else {
      connection.dstNat = true
      connection.dstNatBy = by
    }
  }
  if (manip === 'source') connection.srcNatDone = true
  else connection.dstNatDone = true
  return 'accept'
}

/** No rule wants it: the addresses stay, and so does the port unless its answers are another's. */
export function setupNullBinding(pkt: Packet, connection: Connection, manip: NatManip, state: HookState): Verdict {
  const address = manip === 'source' ? connection.reply.destination : connection.reply.source
  return setupNat(pkt, connection, rangeOf(address), manip, state, 'port clash')
}
