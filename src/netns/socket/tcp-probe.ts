import type { Event } from '../../base/index.js'
import type { Namespace } from '../namespace.js'
import { routeOutput } from '../route-output.js'
import { ephemeralPort, failure, probePayload, type ProbeSpec, ProbeTimeout, verdictOf } from './probe.js'
import { socketOptions, type SocketOptions } from './send.js'
import { TcpSocket } from './tcp-socket.js'
import type { TcpHandler } from './tcp-types.js'
import type { IcmpError, ProbeResult } from './types.js'

/** A client that connects, sends a request, reads the answer and closes. */
export class TcpProbe implements TcpHandler {
  readonly process: string
  result: ProbeResult | null = null
  private readonly ns: Namespace
  private readonly spec: ProbeSpec
  private readonly options: SocketOptions
  private socket: TcpSocket | null = null
  private awaited = 0
  private established = false
  private deadline = 0

  constructor(ns: Namespace, spec: ProbeSpec) {
    this.ns = ns
    this.spec = spec
    this.process = spec.name ?? 'client'
    this.options = socketOptions(spec.ttl, spec.mark, spec.recvErr)
  }

  /** connect(2); the result comes with the packets that follow. */
  start(): void {
    const source = this.spec.source ?? 0
    const routed = routeOutput(this.ns, {
      destination: this.spec.destination,
      source,
      outDevice: null,
      mark: this.options.mark,
      tos: 0,
      anySource: false,
    })
    if ('errno' in routed || routed.dst.type === 'broadcast') {
      this.result = failure('local error', 'errno' in routed ? routed.errno : 'ENETUNREACH', null, null)
      return
    }
    const port = this.spec.sourcePort ?? 0
    const local = { address: routed.source, port: port === 0 ? ephemeralPort(this.ns, 'tcp') : port }
    const remote = { address: this.spec.destination, port: this.spec.destinationPort }
    if (this.ns.sockets.findTcp(local.address, local.port, remote.address, remote.port) !== undefined) {
      // __inet_check_established: the connection exists, be it in TIME-WAIT.
      this.result = failure('local error', 'EADDRNOTAVAIL', null, null)
      return
    }
    this.socket = new TcpSocket(this.ns, this, local, remote, this.options)
    this.wait(this.spec.timeoutMs)
    this.socket.connect()
  }

  /** Another request on a held connection; the client waits `timeoutMs` for the answer. */
  send(timeoutMs: number = this.spec.timeoutMs): void {
    this.result = null
    const { socket } = this
    if (socket === null || socket.state === 'CLOSED') {
      this.result = failure('closed', 'EPIPE', null, this.client)
      return
    }
    this.wait(timeoutMs)
    this.request(socket)
  }

  /** Ends a held connection. */
  close(): void {
    this.socket?.close()
  }

  /** The process wakes when no packet is under way any more: a reset or error on the heels of the SYN-ACK comes first. */
  connected(socket: TcpSocket): void {
    this.ns.sim.queue.wake(new Connected(this, socket))
  }

  /** connect(2) returns. */
  goOn(socket: TcpSocket): void {
    if (this.result !== null || socket.state === 'CLOSED') return
    this.established = true
    if (this.spec.size !== 0) this.request(socket)
    else this.answered('connected', socket)
  }

  data(socket: TcpSocket, bytes: Uint8Array): void {
    this.awaited -= bytes.length
    if (this.awaited > 0 || this.result !== null) return
    this.answered('answered', socket)
  }

  peerClosed(socket: TcpSocket): void {
    if (this.result === null) this.finish(failure('closed', null, null, this.client))
    socket.close()
  }

  failed(socket: TcpSocket, errno: string, icmp: IcmpError | null): void {
    if (this.result !== null) return
    const client = this.established ? this.client : null
    this.finish(failure(verdictOf(errno, icmp), errno, icmp, client))
    if (this.spec.hold !== true) socket.close()
  }

  expire(): void {
    // An earlier request's wait says nothing about this one.
    if (this.result !== null || this.ns.sim.queue.now < this.deadline) return
    this.finish(
      this.established
        ? failure('connected, no answer', null, null, this.client)
        : failure('timeout', null, null, null),
    )
    if (this.spec.hold !== true) this.socket?.close()
  }

  private answered(verdict: 'answered' | 'connected', socket: TcpSocket): void {
    this.finish({ verdict, errno: null, icmp: null, client: this.client, from: socket.remoteAddress, ttl: null })
    if (this.spec.hold !== true) socket.close()
  }

  private wait(timeoutMs: number): void {
    this.deadline = this.ns.sim.queue.now + timeoutMs
    this.ns.sim.queue.schedule(timeoutMs, new ProbeTimeout(this))
  }

  private request(socket: TcpSocket): void {
    const payload = probePayload(this.spec.size ?? 32)
    this.awaited = payload.length
    // send(2) returns when the packet, and what it leads to at once, has gone its way.
    socket.ownedByUser = true
    this.ns.sim.queue.wake(new SystemCallEnd(socket))
    socket.write(payload)
  }

  private finish(result: ProbeResult): void {
    this.result = result
  }

  private get client(): ProbeResult['client'] {
    return this.socket === null ? null : { address: this.socket.localAddress, port: this.socket.localPort }
  }
}

/** The wake-up of a process that waits in connect(2). */
class Connected implements Event {
  private readonly probe: TcpProbe
  private readonly socket: TcpSocket
  private readonly because: number | null

  constructor(probe: TcpProbe, socket: TcpSocket) {
    this.probe = probe
    this.socket = socket
    this.because = socket.because
  }

  fire(): void {
    this.socket.because = this.because
    this.probe.goOn(this.socket)
  }
}

class SystemCallEnd implements Event {
  private readonly socket: TcpSocket

  constructor(socket: TcpSocket) {
    this.socket = socket
  }

  fire(): void {
    this.socket.ownedByUser = false
  }
}
