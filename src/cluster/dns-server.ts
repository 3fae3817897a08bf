import type { ClusterDns, Upstream } from '../coredns/index.js'
import {
  DEFAULT_OPTIONS,
  type IcmpError,
  type Namespace,
  type TcpAcceptor,
  type TcpHandler,
  TcpListener,
  type TcpSocket,
  UdpSocket,
  type UdpReceiver,
} from '../netns/index.js'
import { dns, ipv4, type Packet, udp } from '../wire/index.js'
import { framed, joined, unframed } from './resolver-tcp.js'

/**
 * A DNS server on UDP and TCP port 53: CoreDNS in its pod, or a resolver outside that knows a table of hosts. What is
 * not DNS is answered with the same bytes, so that a bare datagram shows that the server was reached.
 */
export class DnsServer implements UdpReceiver, TcpAcceptor {
  readonly process: string
  private readonly ns: Namespace
  private readonly dns: ClusterDns | null
  private readonly upstream: Upstream | null
  private readonly udp: UdpSocket
  private readonly tcp: TcpListener

  constructor(ns: Namespace, process: string, cluster: ClusterDns | null, upstream: Upstream | null) {
    this.ns = ns
    this.process = process
    this.dns = cluster
    this.upstream = upstream
    this.udp = new UdpSocket(ns, this, 0, 53, DEFAULT_OPTIONS)
    this.tcp = new TcpListener(ns, 0, 53, this, DEFAULT_OPTIONS)
    ns.sockets.addUdp(this.udp)
    ns.sockets.addListener(this.tcp)
  }

  /** The process ends. */
  close(): void {
    this.ns.sockets.removeUdp(this.udp)
    this.ns.sockets.removeListener(this.tcp)
  }

  datagram(socket: UdpSocket, pkt: Packet, at: number): void {
    const payload = pkt.bytes.slice(at + udp.HEADER_LEN, at + udp.length(pkt.view, at))
    const reply = this.answer(payload) ?? payload
    const peer = ipv4.source(pkt.view, 0)
    // A resolver outside has many addresses: it answers from the one that was asked.
    const from =
      this.dns === null ? new UdpSocket(this.ns, this, ipv4.destination(pkt.view, 0), 53, DEFAULT_OPTIONS) : socket
    from.send(reply, peer, udp.sourcePort(pkt.view, at), pkt.id)
  }

  accept(): TcpHandler {
    return new DnsConnection(this)
  }

  /** The reply to a message, or null for what is no query. */
  answer(payload: Uint8Array, transport: 'udp' | 'tcp' = 'udp'): Uint8Array | null {
    if (this.dns !== null) return this.dns.answerBytes(payload, { transport, choices: this.ns.sim.choices })
    const query = dns.parse(payload)
    if ('fault' in query || query.response) return null
    const [question] = query.questions
    const found = question === undefined ? null : (this.upstream?.(question) ?? null)
    return dns.emit({
      ...query,
      response: true,
      recursionAvailable: true,
      rcode: found?.rcode ?? dns.RCODE.SERVFAIL,
      answers: found?.answers ?? [],
      authorities: [],
      additionals: [],
    })
  }

  error(_socket: UdpSocket, _error: IcmpError): void {
    // An unconnected socket does not hear of errors.
  }
}

/** One TCP connection to a DNS server. */
class DnsConnection implements TcpHandler {
  readonly process: string
  private readonly server: DnsServer
  private received: Uint8Array = new Uint8Array(0)

  constructor(server: DnsServer) {
    this.server = server
    this.process = server.process
  }

  connected(): void {
    // The client speaks first.
  }

  data(socket: TcpSocket, bytes: Uint8Array): void {
    const { messages, rest } = unframed(joined(this.received, bytes))
    this.received = rest
    for (const message of messages) {
      const reply = this.server.answer(message, 'tcp')
      if (reply !== null) socket.write(framed(reply))
    }
  }

  peerClosed(socket: TcpSocket): void {
    socket.close()
  }

  failed(): void {
    // Nothing is kept beyond the connection.
  }
}
