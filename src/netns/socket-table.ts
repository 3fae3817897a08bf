import type { Ipv4 } from '../addr/index.js'
import type { Packet } from '../wire/index.js'
import type { Namespace } from './namespace.js'
import type { PingSocket } from './socket/ping-probe.js'
import type { SctpEndpoint } from './socket/sctp-receive.js'
import type { TcpSocket } from './socket/tcp-socket.js'
import type { TcpListener } from './socket/tcp-types.js'
import type { UdpSocket } from './socket/udp-socket.js'

/** The sockets of one namespace, by local port. */
export class SocketTable {
  private readonly udp: Map<number, UdpSocket[]> = new Map()
  private readonly listeners: Map<number, TcpListener[]> = new Map()
  private readonly tcp: Map<number, TcpSocket[]> = new Map()
  private readonly sctp: Map<number, SctpEndpoint[]> = new Map()
  private readonly pings: PingSocket[] = []
  /** A listener for every TCP and UDP port that has none of its own: a host about which nothing is known. */
  anyTcp: TcpListener | null = null
  anyUdp: UdpSocket | null = null
  anySctp: SctpEndpoint | null = null

  addUdp(socket: UdpSocket): void {
    push(this.udp, socket.localPort, socket)
  }

  removeUdp(socket: UdpSocket): void {
    drop(this.udp, socket.localPort, socket)
  }

  /** __udp4_lib_lookup: best score wins, the first of equals. */
  findUdp(destination: Ipv4, port: number, source: Ipv4, sourcePort: number): UdpSocket | undefined {
    let best: UdpSocket | undefined
    let bestScore = -1
    for (const socket of this.udp.get(port) ?? []) {
      const score = socket.score(destination, source, sourcePort)
      if (score > bestScore) {
        best = socket
        bestScore = score
      }
    }
    return best ?? this.anyUdp ?? undefined
  }

  addListener(listener: TcpListener): void {
    push(this.listeners, listener.port, listener)
  }

  removeListener(listener: TcpListener): void {
    drop(this.listeners, listener.port, listener)
  }

  /** inet_lookup_listener: a bound address wins over any. */
  findListener(destination: Ipv4, port: number): TcpListener | undefined {
    return bestBound(this.listeners.get(port), destination) ?? this.anyTcp ?? undefined
  }

  addTcp(socket: TcpSocket): void {
    push(this.tcp, socket.localPort, socket)
  }

  removeTcp(socket: TcpSocket): void {
    drop(this.tcp, socket.localPort, socket)
  }

  /** inet_lookup_established */
  findTcp(localAddress: Ipv4, localPort: number, remoteAddress: Ipv4, remotePort: number): TcpSocket | undefined {
    const list = this.tcp.get(localPort)
    if (list === undefined) return undefined
    for (const s of list) {
      if (s.localAddress === localAddress && s.remoteAddress === remoteAddress && s.remotePort === remotePort) return s
    }
    return undefined
  }

  /** Connections of this local port. */
  tcpFrom(localPort: number): TcpSocket[] {
    return [...(this.tcp.get(localPort) ?? [])]
  }

  addSctp(endpoint: SctpEndpoint): void {
    push(this.sctp, endpoint.port, endpoint)
  }

  removeSctp(endpoint: SctpEndpoint): void {
    drop(this.sctp, endpoint.port, endpoint)
  }

  /** The endpoint on a port: a bound address wins over any. */
  findSctp(destination: Ipv4, port: number): SctpEndpoint | undefined {
    return bestBound(this.sctp.get(port), destination) ?? this.anySctp ?? undefined
  }

  addPing(socket: PingSocket): void {
    this.pings.push(socket)
  }

  removePing(socket: PingSocket): void {
    const at = this.pings.indexOf(socket)
    if (at !== -1) this.pings.splice(at, 1)
  }

  /** Gives an echo reply to whoever asked with its id; false when nobody did. */
  deliverEchoReply(ns: Namespace, pkt: Packet, at: number): boolean {
    let taken = false
    for (const socket of [...this.pings]) taken = socket.reply(ns, pkt, at) || taken
    return taken
  }

  /** The ping with this id; undefined when there is none. */
  findPing(id: number): PingSocket | undefined {
    return this.pings.find((p) => p.id === id)
  }

  /** Is a local port taken by a connection, a listener or a UDP socket? */
  portInUse(protocol: 'tcp' | 'udp', port: number): boolean {
    if (protocol === 'udp') return (this.udp.get(port)?.length ?? 0) > 0
    return (this.tcp.get(port)?.length ?? 0) > 0 || (this.listeners.get(port)?.length ?? 0) > 0
  }
}

/** The first that is bound to this address, else the first that is bound to any. */
function bestBound<T extends { readonly address: Ipv4 }>(list: readonly T[] | undefined, address: Ipv4): T | undefined {
  if (list === undefined) return undefined
  let any: T | undefined
  for (const item of list) {
    if (item.address === address) return item
    if (item.address === 0) any ??= item
  }
  return any
}

function push<T>(map: Map<number, T[]>, key: number, value: T): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}

function drop<T>(map: Map<number, T[]>, key: number, value: T): void {
  const list = map.get(key)
  const at = list?.indexOf(value) ?? -1
  if (list === undefined || at === -1) return
  list.splice(at, 1)
  if (list.length === 0) map.delete(key)
}
