import { ipv4, sctp } from '../../wire/index.js'
import type { Namespace } from '../namespace.js'
import { routeOutput } from '../route-output.js'
import { failure, type ProbeSpec, ProbeTimeout } from './probe.js'
import { initOf, SctpEndpoint } from './sctp-receive.js'
import { socketOptions, socketSend } from './send.js'
import type { ProbeResult } from './types.js'

const EPHEMERAL_FIRST = 32768
const EPHEMERAL_COUNT = 28232

/** A client that sends an SCTP INIT and waits for INIT-ACK or ABORT. */
export class SctpProbe {
  result: ProbeResult | null = null
  private readonly ns: Namespace
  private readonly spec: ProbeSpec
  private endpoint: SctpEndpoint | null = null

  constructor(ns: Namespace, spec: ProbeSpec) {
    this.ns = ns
    this.spec = spec
  }

  start(): void {
    const { ns, spec } = this
    const { destination, destinationPort } = spec
    const source = spec.source ?? 0
    const routed = routeOutput(ns, { destination, source, outDevice: null, mark: 0, tos: 0, anySource: false })
    if ('errno' in routed) {
      this.result = failure('local error', routed.errno, null, null)
      return
    }
    const wanted = spec.sourcePort ?? 0
    const port = wanted === 0 ? EPHEMERAL_FIRST + ns.sim.choices.sample(EPHEMERAL_COUNT) : wanted
    const name = spec.name ?? 'client'
    this.endpoint = new SctpEndpoint(ns, routed.source, port, name, [])
    this.endpoint.peer = { address: destination, port: destinationPort, probe: this }
    ns.sockets.addSctp(this.endpoint)
    ns.sim.queue.schedule(spec.timeoutMs, new ProbeTimeout(this))
    const payload = sctp.emit({
      sourcePort: port,
      destinationPort,
      verificationTag: 0,
      chunks: [sctp.initChunk(initOf(ns))],
    })
    const errno = socketSend(ns, {
      source: routed.source,
      destination,
      protocol: ipv4.PROTOCOL.SCTP,
      payload: () => payload,
      pmtu: 'want',
      options: socketOptions(spec.ttl, spec.mark),
      maker: name,
      because: null,
    })
    if (errno !== null && errno !== 'EPERM') this.finish(failure('local error', errno, null, null))
  }

  /** The peer's first chunk: INIT-ACK or ABORT. */
  answered(accepted: boolean): void {
    if (this.result !== null) return
    const client = { address: this.endpoint!.address, port: this.endpoint!.port }
    if (!accepted) this.finish(failure('refused', 'ECONNREFUSED', null, client))
    else
      this.finish({
        verdict: 'connected',
        errno: null,
        icmp: null,
        client,
        from: this.spec.destination,
        ttl: null,
      })
  }

  expire(): void {
    if (this.result === null) this.finish(failure('timeout', null, null, null))
  }

  private finish(result: ProbeResult): void {
    this.result = result
    if (this.endpoint !== null) this.ns.sockets.removeSctp(this.endpoint)
  }
}
