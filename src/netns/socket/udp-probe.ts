import { ipv4, type Packet, udp } from '../../wire/index.js'
import type { Namespace } from '../namespace.js'
import { ephemeralPort, failure, icmpFailure, type ProbeSpec, ProbeTimeout } from './probe.js'
import { socketOptions } from './send.js'
import type { IcmpError, PmtuMode, ProbeResult } from './types.js'
import { type UdpReceiver, UdpSocket } from './udp-socket.js'

/** What a UDP client asks; `payload` in place of `size` bytes of letters. */
export interface UdpProbeSpec extends ProbeSpec {
  readonly pmtu?: PmtuMode
  readonly payload?: Uint8Array
}

/** A client that sends one datagram from a connected socket and waits for one back. */
export class UdpProbe implements UdpReceiver {
  readonly process: string
  result: ProbeResult | null = null
  /** Payload of the answer. */
  answer: Uint8Array | null = null
  private readonly ns: Namespace
  private readonly spec: UdpProbeSpec
  private readonly socket: UdpSocket
  private open = false
  private deadline = 0
  /** An error that came while nobody waited (sk_err): the next system call gives it. */
  private pending: IcmpError | null = null

  constructor(ns: Namespace, spec: UdpProbeSpec) {
    this.ns = ns
    this.spec = spec
    this.process = spec.name ?? 'client'
    const options = socketOptions(spec.ttl, spec.mark)
    const wanted = spec.sourcePort ?? 0
    const port = wanted === 0 ? ephemeralPort(ns, 'udp') : wanted
    this.socket = new UdpSocket(ns, this, spec.source ?? 0, port, options, spec.pmtu ?? 'want')
  }

  /** connect(2) and send(2). */
  start(): void {
    const errno = this.socket.connect(this.spec.destination, this.spec.destinationPort)
    if (errno !== null) {
      this.result = failure('local error', errno, null, null)
      return
    }
    this.open = true
    this.ns.sockets.addUdp(this.socket)
    this.send()
  }

  /** Another datagram from a held socket; the client waits `timeoutMs` for the answer. */
  send(timeoutMs: number = this.spec.timeoutMs): void {
    if (this.pending !== null) {
      this.finish(icmpFailure(this.pending, this.client))
      this.pending = null
      return
    }
    this.result = null
    this.deadline = this.ns.sim.queue.now + timeoutMs
    this.ns.sim.queue.schedule(timeoutMs, new ProbeTimeout(this))
    // Zeros read as an empty message to DNS and its like; letters would be malformed there.
    const payload = this.spec.payload ?? new Uint8Array(this.spec.size ?? 32)
    const errno = this.socket.send(payload, this.spec.destination, this.spec.destinationPort, null)
    if (errno !== null && this.result === null) this.finish(failure('local error', errno, null, this.client))
  }

  /** Closes a held socket. */
  close(): void {
    if (!this.open) return
    this.open = false
    this.ns.sockets.removeUdp(this.socket)
  }

  datagram(_socket: UdpSocket, pkt: Packet, at: number): void {
    if (this.result !== null) return
    this.answer = pkt.bytes.slice(at + udp.HEADER_LEN, at + udp.length(pkt.view, at))
    this.finish({
      verdict: 'answered',
      errno: null,
      icmp: null,
      client: this.client,
      from: ipv4.source(pkt.view, 0),
      ttl: ipv4.ttl(pkt.view, 0),
    })
  }

  error(_socket: UdpSocket, error: IcmpError): void {
    if (this.result === null) this.finish(icmpFailure(error, this.client))
    else if (this.result.verdict === 'local error') this.result = withIcmp(this.result, error)
    else this.pending = error
  }

  expire(): void {
    // An earlier request's wait says nothing about this one.
    if (this.ns.sim.queue.now < this.deadline) return
    if (this.result === null) this.finish(failure('timeout', null, null, this.client))
    if (this.spec.hold !== true) this.close()
  }

  private finish(result: ProbeResult): void {
    this.result = result
    // After EPERM the error queue may still tell why (a REJECT of our own OUTPUT).
    if (this.spec.hold !== true && result.verdict !== 'local error') this.close()
  }

  private get client(): ProbeResult['client'] {
    return { address: this.socket.localAddress, port: this.socket.localPort }
  }
}

function withIcmp(result: ProbeResult, icmp: IcmpError): ProbeResult {
  const { verdict, errno, client, from, ttl } = result
  return { verdict, errno, icmp: result.icmp ?? icmp, client, from, ttl }
}
