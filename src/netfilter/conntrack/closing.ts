import type { Packet } from '../../wire/index.js'
import { connectionOf } from './state.js'

/** A reset was sent in answer to the packet: its TCP connection counts as closed (nf_conntrack_tcp_set_closing). */
export function setClosing(pkt: Packet): void {
  const connection = connectionOf(pkt)
  if (connection === null || connection.tcp === null || !connection.confirmed) return
  const wasClosed = connection.tcp.state === 'CLOSE'
  connection.tcp.state = 'CLOSE'
  if (wasClosed || connection.fixedTimeout) return
  const { table } = connection
  connection.expires = table.now + table.sysctls.timeouts.tcp.CLOSE
}
