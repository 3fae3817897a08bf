import { checksum, icmpv4, ipv4, type Packet } from '../../wire/index.js'
import type { HookState } from '../hooks.js'
import { endOf, verifiesChecksums } from './checksum.js'
import { tupleAt } from './packet-tuple.js'
import type { ConntrackTable } from './table.js'
import type { InvalidReason } from './track-result.js'
import { invertTuple } from './tuple.js'
import type { Zone } from './zone.js'

/**
 * nf_conntrack_icmpv4_error: an ICMP error belongs, as RELATED, to the connection of the packet it quotes, in the
 * direction opposite to the quoted packet's. It must be addressed to whom that direction leads.
 */
export function attachIcmpError(
  table: ConntrackTable,
  pkt: Packet,
  at: number,
  state: HookState,
  zone: Zone,
): 'related' | 'not an error' | InvalidReason {
  const { view } = pkt
  const end = endOf(pkt)
  if (end - at < icmpv4.HEADER_LEN) return 'short packet'
  if (verifiesChecksums(table, state) && !checksum.isValidIcmp(pkt.bytes, at, end)) return 'bad checksum'
  const type = icmpv4.type(view, at)
  if (type > icmpv4.TYPE.ADDRESS_REPLY) return 'invalid ICMP type'
  if (!icmpv4.isError(type)) return 'not an error'
  const quoted = tupleAt(view, at + icmpv4.HEADER_LEN)
  const answer = quoted === null ? null : invertTuple(quoted)
  const entry = answer === null ? null : table.lookup(answer, zone)
  if (entry === null) return 'ICMP error quotes no known connection'
  const { connection, direction } = entry
  if (connection[direction].destination !== ipv4.destination(view, 0)) {
    return 'ICMP error is not addressed to the connection'
  }
  pkt.nfct = connection
  pkt.ctInfo = direction === 'original' ? 'related' : 'related-reply'
  return 'related'
}
