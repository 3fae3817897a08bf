import { parseIpv4 } from '../addr/index.js'
import type { QueryStep, StubEvent } from '../coredns/index.js'
import {
  DEFAULT_OPTIONS,
  ephemeralPort,
  type Namespace,
  routeOutput,
  type TcpHandler,
  TcpSocket,
} from '../netns/index.js'
import { dns } from '../wire/index.js'
import { questionBytes } from './resolver-udp.js'

/** A resolver's TCP connection, for answers that did not fit into a datagram (RFC 7766: length, then message). */
export class ResolverTcp implements TcpHandler {
  readonly process: string = 'resolver'
  readonly server: string
  private readonly ns: Namespace
  private readonly step: QueryStep
  private readonly answers: StubEvent[] = []
  private socket: TcpSocket | null = null
  private received: Uint8Array = new Uint8Array(0)

  constructor(ns: Namespace, server: string, step: QueryStep) {
    this.ns = ns
    this.server = server
    this.step = step
  }

  start(): void {
    const destination = parseIpv4(this.server)
    if (destination === undefined) return
    const routed = routeOutput(this.ns, { destination, source: 0, outDevice: null, mark: 0, tos: 0, anySource: false })
    if ('errno' in routed) return
    const local = { address: routed.source, port: ephemeralPort(this.ns, 'tcp') }
    this.socket = new TcpSocket(this.ns, this, local, { address: destination, port: 53 }, DEFAULT_OPTIONS)
    this.socket.connect()
  }

  events(): StubEvent[] {
    return this.answers
  }

  close(): void {
    this.socket?.close()
  }

  connected(socket: TcpSocket): void {
    for (const query of this.step.queries) socket.write(framed(questionBytes(query)))
  }

  data(_socket: TcpSocket, bytes: Uint8Array): void {
    const { messages, rest } = unframed(joined(this.received, bytes))
    this.received = rest
    for (const bytesOfOne of messages) {
      const message = dns.parse(bytesOfOne)
      if (!('fault' in message)) this.answers.push({ kind: 'reply', server: this.server, message })
    }
  }

  peerClosed(socket: TcpSocket): void {
    socket.close()
  }

  failed(_socket: TcpSocket, errno: string): void {
    if (errno === 'ECONNREFUSED') this.answers.push({ kind: 'refused', server: this.server })
  }
}

/** A message with its length in front. */
export function framed(message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(message.length + 2)
  bytes[0] = message.length >> 8
  bytes[1] = message.length & 0xff
  bytes.set(message, 2)
  return bytes
}

/** The whole messages at the start of a stream, and what is left. */
export function unframed(stream: Uint8Array): { readonly messages: readonly Uint8Array[]; readonly rest: Uint8Array } {
  const messages: Uint8Array[] = []
  let at = 0
  while (at + 2 <= stream.length) {
    const length = (stream[at]! << 8) | stream[at + 1]!
    if (at + 2 + length > stream.length) break
    messages.push(stream.slice(at + 2, at + 2 + length))
    at += 2 + length
  }
  return { messages, rest: stream.slice(at) }
}

/** Two pieces of a stream as one. */
export function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length)
  bytes.set(a)
  bytes.set(b, a.length)
  return bytes
}
