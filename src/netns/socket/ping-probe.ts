import { formatIpv4, type Ipv4 } from '../../addr/index.js'
import { icmpv4, ipv4, type Packet } from '../../wire/index.js'
import type { Namespace } from '../namespace.js'
import { failure, ProbeTimeout } from './probe.js'
import { socketOptions, socketSend } from './send.js'
import type { IcmpError, ProbeResult } from './types.js'

/** Who waits for echo replies of an id. */
export interface PingSocket {
  readonly id: number
  /** True when the reply was taken. */
  reply(ns: Namespace, pkt: Packet, at: number): boolean
  error(error: IcmpError): void
}

/** What a ping asks. */
export interface PingSpec {
  readonly source?: Ipv4
  readonly destination: Ipv4
  readonly id: number
  readonly sequence: number
  /** Payload bytes; 56 unless given. */
  readonly size?: number
  readonly df?: boolean
  readonly ttl?: number
  readonly mark?: number
  readonly timeoutMs: number
  readonly name?: string
}

/** One echo request and its reply. */
export class PingProbe implements PingSocket {
  readonly id: number
  result: ProbeResult | null = null
  private readonly ns: Namespace
  private readonly spec: PingSpec

  constructor(ns: Namespace, spec: PingSpec) {
    this.ns = ns
    this.spec = spec
    this.id = spec.id
  }

  start(): void {
    const { spec } = this
    this.ns.sockets.addPing(this)
    this.ns.sim.queue.schedule(spec.timeoutMs, new ProbeTimeout(this))
    const payload = icmpv4.emitEcho({
      type: 8,
      id: spec.id,
      sequence: spec.sequence,
      payload: new Uint8Array(spec.size ?? 56),
    })
    const errno = socketSend(this.ns, {
      source: spec.source ?? 0,
      destination: spec.destination,
      protocol: ipv4.PROTOCOL.ICMP,
      payload: () => payload,
      pmtu: spec.df === true ? 'probe' : 'dont',
      options: socketOptions(spec.ttl, spec.mark),
      maker: spec.name ?? 'ping',
      because: null,
    })
    if (errno !== null && this.result === null) this.finish(failure('local error', errno, null, null))
  }

  reply(ns: Namespace, pkt: Packet, at: number): boolean {
    const matches = icmpv4.id(pkt.view, at) === this.id && icmpv4.sequence(pkt.view, at) === this.spec.sequence
    if (!matches || this.result !== null) return false
    const from = ipv4.source(pkt.view, 0)
    ns.sim.trace?.step(pkt.id, ns.name, {
      kind: 'socket',
      action: 'deliver',
      protocol: 'icmp',
      local: formatIpv4(ipv4.destination(pkt.view, 0)),
      peer: formatIpv4(from),
      process: this.spec.name ?? 'ping',
      detail: `echo reply id ${this.id}`,
    })
    const client = { address: ipv4.destination(pkt.view, 0), port: this.id }
    this.finish({ verdict: 'answered', errno: null, icmp: null, client, from, ttl: ipv4.ttl(pkt.view, 0) })
    return true
  }

  error(error: IcmpError): void {
    if (this.result === null) this.finish(failure('unreachable', null, error, null))
  }

  expire(): void {
    if (this.result === null) this.finish(failure('timeout', null, null, null))
  }

  private finish(result: ProbeResult): void {
    this.result = result
    this.ns.sockets.removePing(this)
  }
}
