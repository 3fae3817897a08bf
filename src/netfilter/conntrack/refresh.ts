import type { Millis } from '../../base/index.js'
import { ipv4, type Packet } from '../../wire/index.js'
import type { Connection } from './connection.js'
import type { Direction } from './tuple.js'

/** Renews the timeout and counts the packet (nf_ct_refresh_acct). */
export function refresh(connection: Connection, direction: Direction, pkt: Packet, timeoutMs: Millis): void {
  if (!connection.fixedTimeout) {
    connection.timeoutMs = timeoutMs
    if (connection.confirmed) connection.expires = connection.table.now + timeoutMs
  }
  account(connection, direction, pkt)
}

/** Counts the packet alone (nf_ct_acct_update). */
export function account(connection: Connection, direction: Direction, pkt: Packet): void {
  const length = ipv4.totalLength(pkt.view, 0)
  if (direction === 'original') {
    connection.originalPackets++
    connection.originalBytes += length
  } else {
    connection.replyPackets++
    connection.replyBytes += length
  }
}
