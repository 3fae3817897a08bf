import { icmpv4, type Packet } from '../../wire/index.js'
import type { Connection } from './connection.js'
import { refresh } from './refresh.js'
import { directionOf } from './state.js'
import type { TrackResult } from './track-result.js'

/** nf_conntrack_icmp_packet: only questions begin an entry. */
export function trackIcmp(connection: Connection, pkt: Packet): TrackResult {
  if (!isQuestion(connection.original.destinationPort >>> 8)) return 'ICMP message cannot begin a connection'
  refresh(connection, directionOf(pkt.ctInfo), pkt, connection.table.sysctls.timeouts.icmp)
  return 'accept'
}

function isQuestion(type: number): boolean {
  switch (type) {
    case icmpv4.TYPE.ECHO_REQUEST:
    case icmpv4.TYPE.TIMESTAMP:
    case icmpv4.TYPE.INFO_REQUEST:
    case icmpv4.TYPE.ADDRESS:
      return true
    default:
      return false
  }
}
