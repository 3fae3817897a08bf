import { formatIpv4 } from '../../addr/index.js'
import { assertNever } from '../../base/index.js'
import { ipv4, type Packet, tcp } from '../../wire/index.js'
import type { Dst } from '../dst.js'
import { ipLocalOut, makePacket } from '../ip-output.js'
import type { Namespace } from '../namespace.js'
import { routeOutput, traceOutputRoute } from '../route-output.js'
import { resetFor } from '../tcp-reset.js'
import type { TcpListener } from './tcp-types.js'
import { TcpSocket } from './tcp-socket.js'

/** The fields of a received segment that decide. */
interface Segment {
  readonly source: number
  readonly destination: number
  readonly sourcePort: number
  readonly destinationPort: number
  readonly seq: number
  readonly ack: number
  readonly flags: number
  readonly payload: Uint8Array
  readonly mss: number | null
  readonly timestamp: number
}

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
  const segment = read(pkt, at, source, destination)
  const socket = ns.sockets.findTcp(destination, segment.destinationPort, source, segment.sourcePort)
  if (socket !== undefined) {
    toConnection(ns, pkt, socket, segment)
    return
  }
  const listener = ns.sockets.findListener(destination, segment.destinationPort)
  if (listener === undefined) {
    sendReset(ns, pkt, segment)
    ns.drop(pkt, 'NO_SOCKET', `no TCP socket on ${formatIpv4(destination)}:${segment.destinationPort}`)
    return
  }
  toListener(ns, pkt, listener, segment)
}

function read(pkt: Packet, at: number, source: number, destination: number): Segment {
  const { view } = pkt
  const parsed = tcp.parseOptions(pkt.bytes.subarray(at + tcp.HEADER_LEN, at + tcp.dataOffset(view, at)))
  return {
    source,
    destination,
    sourcePort: tcp.sourcePort(view, at),
    destinationPort: tcp.destinationPort(view, at),
    seq: tcp.seq(view, at),
    ack: tcp.ack(view, at),
    flags: tcp.flags(view, at),
    payload: pkt.bytes.subarray(at + tcp.dataOffset(view, at)),
    mss: parsed.mss ?? null,
    timestamp: parsed.timestamps?.value ?? 0,
  }
}

/** tcp_rcv_state_process in LISTEN */
function toListener(ns: Namespace, pkt: Packet, listener: TcpListener, segment: Segment): void {
  if ((segment.flags & tcp.RST) !== 0) {
    ns.drop(pkt, 'TCP_INVALID_SYN', 'RST for a listening socket')
    return
  }
  if ((segment.flags & tcp.ACK) !== 0) {
    sendReset(ns, pkt, segment)
    ns.drop(pkt, 'TCP_INVALID_SYN', 'ACK for a listening socket that knows no such connection')
    return
  }
  if ((segment.flags & tcp.SYN) === 0 || (segment.flags & tcp.FIN) !== 0) {
    ns.drop(pkt, 'TCP_INVALID_SYN', 'no SYN for a listening socket')
    return
  }
  delivered(ns, pkt, segment, listener.acceptor.process, 'SYN: connection request')
  const socket = new TcpSocket(
    ns,
    REQUEST,
    { address: segment.destination, port: segment.destinationPort },
    { address: segment.source, port: segment.sourcePort },
    listener.options,
  )
  socket.handler = listener.acceptor.accept(socket)
  socket.because = pkt.id
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

function toConnection(ns: Namespace, pkt: Packet, socket: TcpSocket, segment: Segment): void {
  socket.because = pkt.id
  switch (socket.state) {
    case 'SYN-SENT':
      inSynSent(ns, pkt, socket, segment)
      return
    case 'TIME-WAIT':
      inTimeWait(ns, pkt, socket, segment)
      return
    case 'CLOSED':
      ns.drop(pkt, 'NO_SOCKET', 'closed')
      return
    case 'SYN-RECEIVED':
    case 'ESTABLISHED':
    case 'FIN-WAIT-1':
    case 'FIN-WAIT-2':
    case 'CLOSE-WAIT':
    case 'CLOSING':
    case 'LAST-ACK':
      synchronized(ns, pkt, socket, segment)
      return
    default:
      assertNever(socket.state)
  }
}

/** tcp_rcv_synsent_state_process */
function inSynSent(ns: Namespace, pkt: Packet, socket: TcpSocket, segment: Segment): void {
  const { flags } = segment
  const hasAck = (flags & tcp.ACK) !== 0
  if (hasAck && segment.ack !== socket.sndNxt) {
    sendReset(ns, pkt, segment)
    ns.drop(pkt, 'TCP_INVALID_SYN', 'SYN-SENT: acknowledges what was not sent')
    return
  }
  if ((flags & tcp.RST) !== 0) {
    delivered(ns, pkt, segment, socket.handler.process, 'RST: connection refused')
    if (hasAck) socket.fail('ECONNREFUSED', null)
    return
  }
  if ((flags & tcp.SYN) === 0 || !hasAck) {
    ns.drop(pkt, 'TCP_INVALID_SYN', 'SYN-SENT: neither SYN-ACK nor RST')
    return
  }
  delivered(ns, pkt, segment, socket.handler.process, 'SYN-ACK: connected')
  socket.rcvNxt = (segment.seq + 1) >>> 0
  socket.acknowledge(segment.ack)
  socket.noteTimestamp(segment.timestamp)
  if (segment.mss !== null) socket.limitMss(segment.mss)
  socket.state = 'ESTABLISHED'
  socket.sendAck()
  socket.handler.connected(socket)
}

function inTimeWait(ns: Namespace, pkt: Packet, socket: TcpSocket, segment: Segment): void {
  const { flags } = segment
  const isNewSyn = (flags & (tcp.SYN | tcp.RST | tcp.ACK)) === tcp.SYN
  if (isNewSyn && ((segment.seq - socket.rcvNxt) | 0) > 0) {
    // tcp_timewait_state_process: a SYN beyond the old sequence space opens a new connection.
    const listener = ns.sockets.findListener(segment.destination, segment.destinationPort)
    if (listener !== undefined) {
      socket.destroy()
      toListener(ns, pkt, listener, segment)
      return
    }
  }
  if ((flags & tcp.RST) !== 0) {
    socket.destroy()
    ns.drop(pkt, 'TCP_ABORT_ON_DATA', 'RST in TIME-WAIT')
    return
  }
  if ((flags & tcp.FIN) !== 0 || segment.payload.length > 0) socket.sendAck()
  ns.drop(pkt, 'TCP_ABORT_ON_DATA', 'TIME-WAIT')
}

function synchronized(ns: Namespace, pkt: Packet, socket: TcpSocket, segment: Segment): void {
  const { flags } = segment
  const isOldSyn = (flags & tcp.SYN) !== 0
  const inWindow = ((segment.seq - socket.rcvNxt) | 0) >= 0 && ((segment.seq - socket.rcvNxt) | 0) < 65536 * 128
  if ((flags & tcp.RST) !== 0) {
    reset(ns, pkt, socket, segment, inWindow)
    return
  }
  if (socket.state === 'SYN-RECEIVED' && isOldSyn && (flags & tcp.ACK) === 0) {
    socket.acceptAgain()
    ns.drop(pkt, 'TCP_INVALID_SYN', 'SYN repeated')
    return
  }
  if (segment.seq !== socket.rcvNxt || isOldSyn) {
    // Old or out of order: the peer is told what is expected (a challenge or duplicate ACK).
    const keepAliveOnly = segment.payload.length === 0 && (flags & tcp.FIN) === 0 && !isOldSyn && inWindow
    if (!keepAliveOnly) socket.sendAck()
    ns.drop(pkt, 'TCP_ABORT_ON_DATA', 'sequence number is not the expected one')
    return
  }
  if ((flags & tcp.ACK) === 0) {
    ns.drop(pkt, 'TCP_INVALID_SYN', 'no ACK flag')
    return
  }
  accept(ns, pkt, socket, segment)
}

function reset(ns: Namespace, pkt: Packet, socket: TcpSocket, segment: Segment, inWindow: boolean): void {
  if (segment.seq === socket.rcvNxt) {
    delivered(ns, pkt, segment, socket.handler.process, 'RST: connection reset')
    if (socket.state === 'SYN-RECEIVED') socket.destroy()
    else socket.fail(socket.state === 'CLOSE-WAIT' ? 'EPIPE' : 'ECONNRESET', null)
    return
  }
  if (inWindow) socket.sendAck()
  ns.drop(pkt, 'TCP_ABORT_ON_DATA', 'RST outside of the expected sequence number')
}

/** In order: acknowledgement, data, FIN. */
function accept(ns: Namespace, pkt: Packet, socket: TcpSocket, segment: Segment): void {
  const hasFin = (segment.flags & tcp.FIN) !== 0
  delivered(ns, pkt, segment, socket.handler.process, detailOf(segment))
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

function delivered(ns: Namespace, pkt: Packet, segment: Segment, process: string, detail: string): void {
  const trace = ns.sim.trace
  if (trace === null) return
  trace.step(pkt.id, ns.name, {
    kind: 'socket',
    action: 'deliver',
    protocol: 'tcp',
    local: `${formatIpv4(segment.destination)}:${segment.destinationPort}`,
    peer: `${formatIpv4(segment.source)}:${segment.sourcePort}`,
    process,
    detail,
  })
}

/** tcp_v4_send_reset: nobody here knows the connection. Never answers a RST. */
function sendReset(ns: Namespace, pkt: Packet, segment: Segment): void {
  if ((segment.flags & tcp.RST) !== 0 || (pkt.dst as Dst).type !== 'local') return
  const routed = routeOutput(ns, {
    destination: segment.source,
    source: segment.destination,
    outDevice: null,
    mark: 0,
    tos: 0,
    anySource: false,
  })
  if ('errno' in routed) return
  const made = makePacket(ns, {
    source: segment.destination,
    destination: segment.source,
    protocol: ipv4.PROTOCOL.TCP,
    payload: tcp.emit(resetFor(pkt), segment.destination, segment.source),
    ttl: ns.sysctls.value('net/ipv4/ip_default_ttl'),
    tos: 0,
    df: true,
    ignoreDf: false,
    id: 0,
  })
  made.dst = routed.dst
  const trace = ns.sim.trace
  if (trace !== null) {
    trace.step(pkt.id, ns.name, {
      kind: 'reply',
      action: 'tcp-reset',
      detail: 'RST: nothing listens or knows the connection',
    })
    trace.packet(made, ns.name, 'kernel, TCP reset', pkt.id)
  }
  traceOutputRoute(ns, made, routed, false)
  ipLocalOut(ns, made)
}
