import type { Ipv4 } from '../../addr/index.js'
import type { Event } from '../../base/index.js'
import { ipv4, type Packet, udp } from '../../wire/index.js'
import type { Namespace } from '../namespace.js'
import { SctpEndpoint } from './sctp-receive.js'
import { DEFAULT_OPTIONS, type SocketOptions } from './send.js'
import type { TcpSocket } from './tcp-socket.js'
import { type TcpAcceptor, type TcpHandler, TcpListener } from './tcp-types.js'
import type { IcmpError, Received } from './types.js'
import { type UdpReceiver, UdpSocket } from './udp-socket.js'

/** Where and as whom to listen. */
export interface ServerSpec {
  readonly protocol: 'tcp' | 'udp' | 'sctp'
  readonly port: number
  /** 0 = every address. */
  readonly address: Ipv4
  /** Name in traces and results. */
  readonly name: string
  readonly options?: SocketOptions
}

/**
 * A server that answers each request with as many bytes. A UDP server bound to no address answers from whatever
 * address the route back prefers, as the kernel's does.
 */
export class EchoServer implements TcpAcceptor, TcpHandler, UdpReceiver {
  readonly process: string
  /** Requests seen, in order: a TCP connection counts once, when its first data arrives. */
  readonly received: Received[] = []
  private readonly seen: Set<TcpSocket> = new Set()
  private readonly ns: Namespace
  private readonly socket: TcpListener | UdpSocket | SctpEndpoint

  constructor(ns: Namespace, spec: ServerSpec) {
    this.process = spec.name
    this.ns = ns
    this.socket = this.listen(spec)
  }

  private listen(spec: ServerSpec): TcpListener | UdpSocket | SctpEndpoint {
    const { ns } = this
    const options = spec.options ?? DEFAULT_OPTIONS
    switch (spec.protocol) {
      case 'tcp': {
        const listener = new TcpListener(ns, spec.address, spec.port, this, options)
        ns.sockets.addListener(listener)
        return listener
      }
      case 'udp': {
        const socket = new UdpSocket(ns, this, spec.address, spec.port, options)
        ns.sockets.addUdp(socket)
        return socket
      }
      case 'sctp': {
        const endpoint = new SctpEndpoint(ns, spec.address, spec.port, spec.name, this.received)
        ns.sockets.addSctp(endpoint)
        return endpoint
      }
    }
  }

  /** The process ends; connections it has accepted go on without it. */
  close(): void {
    const { ns, socket } = this
    if (socket instanceof TcpListener) ns.sockets.removeListener(socket)
    else if (socket instanceof UdpSocket) ns.sockets.removeUdp(socket)
    else ns.sockets.removeSctp(socket)
  }

  /** A server for every port that has none of its own: a host about which nothing is known but that it answers. */
  static everyPort(ns: Namespace, name: string): EchoServer {
    const server = new EchoServer(ns, { protocol: 'sctp', port: 0, address: 0, name })
    ns.sockets.anyTcp = new TcpListener(ns, 0, 0, server, DEFAULT_OPTIONS)
    ns.sockets.anyUdp = new UdpSocket(ns, server, 0, 0, DEFAULT_OPTIONS)
    ns.sockets.anySctp = ns.sockets.findSctp(0, 0) ?? null
    return server
  }

  accept(): TcpHandler {
    return this
  }

  connected(): void {
    // The accept queue holds it until data comes.
  }

  data(socket: TcpSocket, bytes: Uint8Array): void {
    if (!this.seen.has(socket)) {
      this.seen.add(socket)
      this.received.push({
        local: socket.localAddress,
        localPort: socket.localPort,
        peer: socket.remoteAddress,
        peerPort: socket.remotePort,
        replyError: null,
      })
    }
    socket.write(bytes.slice())
  }

  peerClosed(socket: TcpSocket): void {
    this.seen.delete(socket)
    socket.close()
  }

  failed(socket: TcpSocket): void {
    this.seen.delete(socket)
  }

  datagram(socket: UdpSocket, pkt: Packet, at: number): void {
    const peer = ipv4.source(pkt.view, 0)
    const peerPort = udp.sourcePort(pkt.view, at)
    const local = ipv4.destination(pkt.view, 0)
    const localPort = udp.destinationPort(pkt.view, at)
    const seen: Received = { local, localPort, peer, peerPort, replyError: null }
    this.received.push(seen)
    const payload = pkt.bytes.slice(at + udp.HEADER_LEN, at + udp.length(pkt.view, at))
    const answerer = this.answerer(socket, localPort, local)
    socket.ns.sim.queue.wake(new UdpAnswer(answerer, payload, pkt.id, seen))
  }

  /** The every-port server answers from the port and address that were asked. */
  private answerer(socket: UdpSocket, localPort: number, local: Ipv4): UdpSocket {
    if (socket.localPort !== 0) return socket
    return new UdpSocket(socket.ns, this, local, localPort, socket.options)
  }

  error(_socket: UdpSocket, _error: IcmpError): void {
    // A server's unconnected socket does not hear of errors.
  }
}

/** The server process, woken by a datagram: it sends the answer. */
class UdpAnswer implements Event {
  private readonly socket: UdpSocket
  private readonly payload: Uint8Array
  private readonly because: number
  private readonly seen: Received

  constructor(socket: UdpSocket, payload: Uint8Array, because: number, seen: Received) {
    this.socket = socket
    this.payload = payload
    this.because = because
    this.seen = seen
  }

  fire(): void {
    const { peer, peerPort } = this.seen
    this.seen.replyError = this.socket.send(this.payload, peer, peerPort, this.because)
  }
}
