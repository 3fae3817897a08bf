import type { Ipv4 } from '../../addr/index.js'
import { ipv4, type Packet, udp } from '../../wire/index.js'
import type { Namespace } from '../namespace.js'
import { routeOutput } from '../route-output.js'
import { type SocketOptions, socketSend } from './send.js'
import type { IcmpError, PmtuMode } from './types.js'

/** Who gets a socket's datagrams and errors. */
export interface UdpReceiver {
  datagram(socket: UdpSocket, pkt: Packet, at: number): void
  error(socket: UdpSocket, error: IcmpError): void
  /** For traces: the process behind the socket. */
  readonly process: string
  /** A tunnel device takes the packet over: it is not at its destination yet. */
  readonly isTunnel?: boolean
}

/** A UDP socket. A connected one takes datagrams of its peer only. */
export class UdpSocket {
  readonly ns: Namespace
  readonly receiver: UdpReceiver
  readonly options: SocketOptions
  readonly pmtu: PmtuMode
  /** 0 = every address. */
  localAddress: Ipv4
  localPort: number
  remoteAddress: Ipv4 = 0
  remotePort = 0

  constructor(
    ns: Namespace,
    receiver: UdpReceiver,
    localAddress: Ipv4,
    localPort: number,
    options: SocketOptions,
    pmtu: PmtuMode = 'want',
  ) {
    this.ns = ns
    this.receiver = receiver
    this.localAddress = localAddress
    this.localPort = localPort
    this.options = options
    this.pmtu = pmtu
  }

  get connected(): boolean {
    return this.remotePort !== 0
  }

  /** connect(2): fixes the peer and, by route, the own address. Gives errno or null. */
  connect(address: Ipv4, port: number): string | null {
    const routed = routeOutput(this.ns, {
      destination: address,
      source: this.localAddress,
      outDevice: this.options.device,
      mark: this.options.mark,
      tos: this.options.tos,
      anySource: false,
    })
    if ('errno' in routed) return routed.errno
    this.localAddress = routed.source
    this.remoteAddress = address
    this.remotePort = port
    return null
  }

  /** sendto(2). Gives errno or null. */
  send(payload: Uint8Array, address: Ipv4, port: number, because: number | null): string | null {
    return socketSend(this.ns, {
      source: this.localAddress,
      destination: address,
      protocol: ipv4.PROTOCOL.UDP,
      payload: (source) => udp.emit({ sourcePort: this.localPort, destinationPort: port, payload }, source, address),
      pmtu: this.pmtu,
      options: this.options,
      maker: this.receiver.process,
      because,
    })
  }

  /** How well the socket fits a datagram (compute_score); −1 = not at all. */
  score(destination: Ipv4, source: Ipv4, sourcePort: number): number {
    let score = 0
    if (this.localAddress !== 0) {
      if (this.localAddress !== destination) return -1
      score += 4
    }
    if (this.connected) {
      if (this.remoteAddress !== source || this.remotePort !== sourcePort) return -1
      score += 8
    }
    return score
  }
}
