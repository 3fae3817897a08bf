import { parseIpv4 } from '../addr/index.js'
import type { QueryStep, StubEvent, StubQuery } from '../coredns/index.js'
import { DEFAULT_OPTIONS, type IcmpError, type Namespace, UdpSocket, type UdpReceiver } from '../netns/index.js'
import { dns, type Packet, udp } from '../wire/index.js'

/** One UDP socket of a resolver: its queries leave back to back from one port. */
export class ResolverUdp implements UdpReceiver {
  readonly process: string = 'resolver'
  readonly server: string
  private readonly ns: Namespace
  private readonly step: QueryStep
  private readonly socket: UdpSocket
  private readonly answers: StubEvent[] = []

  constructor(ns: Namespace, server: string, step: QueryStep, port: number) {
    this.ns = ns
    this.server = server
    this.step = step
    this.socket = new UdpSocket(ns, this, 0, port, DEFAULT_OPTIONS)
  }

  start(): void {
    const address = parseIpv4(this.server)
    if (address === undefined || this.socket.connect(address, 53) !== null) return
    this.ns.sockets.addUdp(this.socket)
    for (const query of this.step.queries) this.socket.send(questionBytes(query), address, 53, null)
  }

  events(): StubEvent[] {
    return this.answers
  }

  close(): void {
    this.ns.sockets.removeUdp(this.socket)
  }

  datagram(_socket: UdpSocket, pkt: Packet, at: number): void {
    const message = dns.parse(pkt.bytes.slice(at + udp.HEADER_LEN, at + udp.length(pkt.view, at)))
    if (!('fault' in message)) this.answers.push({ kind: 'reply', server: this.server, message })
  }

  error(_socket: UdpSocket, error: IcmpError): void {
    if (error.type === 3 && error.code === 3) this.answers.push({ kind: 'refused', server: this.server })
  }
}

/** A resolver's question on the wire. */
export function questionBytes(query: StubQuery): Uint8Array {
  return dns.emit({
    id: query.id,
    recursionDesired: true,
    questions: [{ name: query.qname, type: query.qtype, class: 'IN' }],
  })
}
