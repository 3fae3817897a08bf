import { formatIpv4 } from '../../addr/index.js'
import { assertNever } from '../../base/index.js'
import { ipv4, type Packet, tcp } from '../../wire/index.js'
import type { Namespace } from '../namespace.js'
import { sendReset } from '../tcp-reset.js'
import { type Segment, segmentOf, traceDelivery } from './tcp-segment.js'
import { TcpSocket } from './tcp-socket.js'
import { synchronized } from './tcp-synchronized.js'
import type { TcpListener } from './tcp-types.js'

/** tcp_v4_rcv */
export function tcpReceive(ns: Namespace, pkt: Packet): void {
  const at = ipv4.headerLength(pkt.view, 0)
  const source = ipv4.source(pkt.view, 0)
  const destination = ipv4.destination(pkt.view, 0)
  if (pkt.packetType !== 'host') {
    ns.drop(pkt, 'NOT_SPECIFIED', 'tcp_v4_rcv: not addressed to this host alone')
    return
  }
  const fault = tcp.judge(pkt.bytes, pkt.view, at, pkt.bytes.length, source, destination)
  if (fault !== null) {
    ns.drop(pkt, fault, 'tcp_v4_rcv')
    return
  }
  const segment = segmentOf(pkt)
  const socket = ns.sockets.findTcp(destination, segment.destinationPort, source, segment.sourcePort)
  if (socket !== undefined) {
    toConnection(ns, socket, segment)
    return
  }
  const listener = ns.sockets.findListener(destination, segment.destinationPort)
  if (listener === undefined) {
    sendReset(ns, pkt)
    ns.drop(pkt, 'NO_SOCKET', `no TCP socket on ${formatIpv4(destination)}:${segment.destinationPort}`)
    return
  }
  toListener(ns, listener, segment)
}

/** tcp_rcv_state_process in LISTEN */
function toListener(ns: Namespace, listener: TcpListener, segment: Segment): void {
  if ((segment.flags & tcp.RST) !== 0) {
    ns.drop(segment.pkt, 'TCP_INVALID_SYN', 'RST for a listening socket')
    return
  }
  if ((segment.flags & tcp.ACK) !== 0) {
    sendReset(ns, segment.pkt)
    ns.drop(segment.pkt, 'TCP_INVALID_SYN', 'ACK for a listening socket that knows no such connection')
    return
  }
  if ((segment.flags & tcp.SYN) === 0 || (segment.flags & tcp.FIN) !== 0) {
    ns.drop(segment.pkt, 'TCP_INVALID_SYN', 'no SYN for a listening socket')
    return
  }
  traceDelivery(ns, segment, listener.acceptor.process, 'SYN: connection request')
  const socket = new TcpSocket(
    ns,
    REQUEST,
    { address: segment.destination, port: segment.destinationPort },
    { address: segment.source, port: segment.sourcePort },
    listener.options,
  )
  socket.handler = listener.acceptor.accept(socket)
  socket.because = segment.pkt.id
  socket.acceptSyn(segment.seq, segment.mss, segment.timestamp)
}

/** Stands in until the acceptor has made the connection's own handler. */
const REQUEST = Object.freeze({
  process: 'kernel',
  connected: (): void => undefined,
  data: (): void => undefined,
  peerClosed: (): void => undefined,
  failed: (): void => undefined,
})

function toConnection(ns: Namespace, socket: TcpSocket, segment: Segment): void {
  socket.because = segment.pkt.id
  switch (socket.state) {
    case 'SYN-SENT':
      inSynSent(ns, socket, segment)
      return
    case 'TIME-WAIT':
      inTimeWait(ns, socket, segment)
      return
    case 'CLOSED':
      ns.drop(segment.pkt, 'NO_SOCKET', 'closed')
      return
    case 'SYN-RECEIVED':
    case 'ESTABLISHED':
    case 'FIN-WAIT-1':
    case 'FIN-WAIT-2':
    case 'CLOSE-WAIT':
    case 'CLOSING':
    case 'LAST-ACK':
      synchronized(ns, socket, segment)
      return
    default:
      assertNever(socket.state)
  }
}

/** tcp_rcv_synsent_state_process */
function inSynSent(ns: Namespace, socket: TcpSocket, segment: Segment): void {
  const { flags } = segment
  const hasAck = (flags & tcp.ACK) !== 0
  if (hasAck && segment.ack !== socket.sndNxt) {
    sendReset(ns, segment.pkt)
    ns.drop(segment.pkt, 'TCP_INVALID_SYN', 'SYN-SENT: acknowledges what was not sent')
    return
  }
  if ((flags & tcp.RST) !== 0) {
    traceDelivery(ns, segment, socket.handler.process, 'RST: connection refused')
    if (hasAck) socket.fail('ECONNREFUSED', null)
    return
  }
  if ((flags & tcp.SYN) === 0 || !hasAck) {
    ns.drop(segment.pkt, 'TCP_INVALID_SYN', 'SYN-SENT: neither SYN-ACK nor RST')
    return
  }
  traceDelivery(ns, segment, socket.handler.process, 'SYN-ACK: connected')
  socket.rcvNxt = (segment.seq + 1) >>> 0
  socket.acknowledge(segment.ack)
  socket.noteTimestamp(segment.timestamp)
  if (segment.mss !== null) socket.limitMss(segment.mss)
  socket.state = 'ESTABLISHED'
  socket.sendAck()
  socket.handler.connected(socket)
}

function inTimeWait(ns: Namespace, socket: TcpSocket, segment: Segment): void {
  const { flags } = segment
  const isNewSyn = (flags & (tcp.SYN | tcp.RST | tcp.ACK)) === tcp.SYN
  if (isNewSyn && ((segment.seq - socket.rcvNxt) | 0) > 0) {
    // tcp_timewait_state_process: a SYN beyond the old sequence space opens a new connection.
    const listener = ns.sockets.findListener(segment.destination, segment.destinationPort)
    if (listener !== undefined) {
      socket.destroy()
      toListener(ns, listener, segment)
      return
    }
  }
  if ((flags & tcp.RST) !== 0) {
    socket.destroy()
    ns.drop(segment.pkt, 'TCP_ABORT_ON_DATA', 'RST in TIME-WAIT')
    return
  }
  if ((flags & tcp.FIN) !== 0 || segment.payload.length > 0) socket.sendAck()
  ns.drop(segment.pkt, 'TCP_ABORT_ON_DATA', 'TIME-WAIT')
}
