import { type Packet, udp } from '../../wire/index.js'
import type { HookState } from '../hooks.js'
import { endOf, isTransportSound, verifiesChecksums } from './checksum.js'
import type { Connection } from './connection.js'
import { refresh } from './refresh.js'
import { directionOf } from './state.js'
import type { ConntrackTable } from './table.js'
import type { InvalidReason, TrackResult } from './track-result.js'

/** A flow that is still answered after this long is a stream, and ASSURED. */
const STREAM_AFTER_MS = 2000

/** nf_conntrack_udp_packet */
export function trackUdp(connection: Connection, pkt: Packet, at: number, state: HookState): TrackResult {
  const { table } = connection
  const fault = faultOf(table, pkt, at, state)
  if (fault !== null) return fault
  const direction = directionOf(pkt.ctInfo)
  const { timeouts } = table.sysctls
  if (!connection.confirmed) connection.streamFrom = table.now + STREAM_AFTER_MS
  const isStream = connection.seenReply && table.now > connection.streamFrom
  refresh(connection, direction, pkt, isStream ? timeouts.udpStream : timeouts.udp)
  if (isStream && !connection.fixedTimeout) connection.assured = true
  return 'accept'
}

/** udp_error */
function faultOf(table: ConntrackTable, pkt: Packet, at: number, state: HookState): InvalidReason | null {
  const end = endOf(pkt)
  if (end - at < udp.HEADER_LEN) return 'short packet'
  const length = udp.length(pkt.view, at)
  if (length > end - at || length < udp.HEADER_LEN) return 'truncated or malformed packet'
  if (udp.checksum(pkt.view, at) === 0 || !verifiesChecksums(table, state)) return null
  // nf_ip_checksum sums all there is, whatever the header says of the length.
  return isTransportSound(pkt, at, end) ? null : 'bad checksum'
}
