import { checksum, ipv4, type Packet } from '../../wire/index.js'
import type { HookState } from '../hooks.js'
import type { ConntrackTable } from './table.js'

/** Are checksums looked at here? Only on arrival, and only while nf_conntrack_checksum is on. */
export function verifiesChecksums(table: ConntrackTable, state: HookState): boolean {
  return state.hook === 'PREROUTING' && table.sysctls.checksum
}

/** Where the IP packet's bytes end: what lies behind is no part of it. */
export function endOf(pkt: Packet): number {
  return Math.min(ipv4.totalLength(pkt.view, 0), pkt.bytes.length)
}

/** Is the TCP or UDP checksum of `bytes[transport, end)` right? */
export function isTransportSound(pkt: Packet, transport: number, end: number): boolean {
  const { view } = pkt
  const source = ipv4.source(view, 0)
  const destination = ipv4.destination(view, 0)
  return checksum.isValidTransport(pkt.bytes, transport, end, source, destination, ipv4.protocol(view, 0))
}
