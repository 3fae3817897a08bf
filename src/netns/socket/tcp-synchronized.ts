import { tcp } from '../../wire/index.js'
import type { Namespace } from '../namespace.js'
import { type Segment, traceDelivery } from './tcp-segment.js'
import type { TcpSocket } from './tcp-socket.js'

/** 65536 bytes at a window scale of 7. */
const RECEIVE_WINDOW = 65536 * 128

/** tcp_rcv_state_process once both sides have agreed on sequence numbers: resets, old segments, then what is in order. */
export function synchronized(ns: Namespace, socket: TcpSocket, segment: Segment): void {
  const { flags } = segment
  const isOldSyn = (flags & tcp.SYN) !== 0
  if ((flags & tcp.RST) !== 0) {
    reset(ns, socket, segment)
    return
  }
  if (socket.state === 'SYN-RECEIVED' && isOldSyn && (flags & tcp.ACK) === 0) {
    socket.acceptAgain()
    ns.drop(segment.pkt, 'TCP_INVALID_SYN', 'SYN repeated')
    return
  }
  if (segment.seq !== socket.rcvNxt || isOldSyn) {
    // Old or out of order: the peer is told what is expected (a challenge or duplicate ACK).
    const keepAliveOnly =
      segment.payload.length === 0 && (flags & tcp.FIN) === 0 && !isOldSyn && isInWindow(socket, segment)
    if (!keepAliveOnly) socket.sendAck()
    ns.drop(segment.pkt, 'TCP_ABORT_ON_DATA', 'sequence number is not the expected one')
    return
  }
  if ((flags & tcp.ACK) === 0) {
    ns.drop(segment.pkt, 'TCP_INVALID_SYN', 'no ACK flag')
    return
  }
  accept(ns, socket, segment)
}

function reset(ns: Namespace, socket: TcpSocket, segment: Segment): void {
  if (segment.seq === socket.rcvNxt) {
    traceDelivery(ns, segment, socket.handler.process, 'RST: connection reset')
    if (socket.state === 'SYN-RECEIVED') socket.destroy()
    else socket.fail(socket.state === 'CLOSE-WAIT' ? 'EPIPE' : 'ECONNRESET', null)
    return
  }
  if (isInWindow(socket, segment)) socket.sendAck()
  ns.drop(segment.pkt, 'TCP_ABORT_ON_DATA', 'RST outside of the expected sequence number')
}

/** tcp_sequence: at or beyond the expected number, and within the window offered. */
function isInWindow(socket: TcpSocket, segment: Segment): boolean {
  const ahead = (segment.seq - socket.rcvNxt) | 0
  return ahead >= 0 && ahead < RECEIVE_WINDOW
}

/** In order: acknowledgement, data, FIN. */
function accept(ns: Namespace, socket: TcpSocket, segment: Segment): void {
  const hasFin = (segment.flags & tcp.FIN) !== 0
  traceDelivery(ns, segment, socket.handler.process, detailOf(segment))
  socket.noteTimestamp(segment.timestamp)
  socket.acknowledge(segment.ack)
  if (socket.state === 'SYN-RECEIVED') {
    socket.state = 'ESTABLISHED'
    socket.handler.connected(socket)
  }
  if (socket.finAcknowledged && !afterFin(socket)) return
  if (segment.payload.length > 0) {
    socket.rcvNxt = (socket.rcvNxt + segment.payload.length) >>> 0
    if (!hasFin) socket.acknowledgeData()
    socket.handler.data(socket, segment.payload)
  }
  if (hasFin) peerFin(socket)
}

/** Our FIN has arrived. False when the connection is over. */
function afterFin(socket: TcpSocket): boolean {
  if (socket.state === 'LAST-ACK') {
    socket.destroy()
    return false
  }
  if (socket.state === 'FIN-WAIT-1') socket.state = 'FIN-WAIT-2'
  if (socket.state === 'CLOSING') socket.enterTimeWait()
  return true
}

function peerFin(socket: TcpSocket): void {
  socket.rcvNxt = (socket.rcvNxt + 1) >>> 0
  switch (socket.state) {
    case 'FIN-WAIT-1':
      socket.state = 'CLOSING'
      socket.sendAck()
      return
    case 'FIN-WAIT-2':
      socket.sendAck()
      socket.enterTimeWait()
      return
    case 'ESTABLISHED': {
      socket.state = 'CLOSE-WAIT'
      const before = socket.sndNxt
      socket.handler.peerClosed(socket)
      // A process that closes at once sends FIN-ACK; else the ACK goes alone.
      if (socket.sndNxt === before) socket.sendAck()
      return
    }
    default:
      socket.sendAck()
  }
}

function detailOf(segment: Segment): string {
  const size = segment.payload.length
  return size > 0 ? `${size} bytes` : tcp.flagText(segment.flags)
}
