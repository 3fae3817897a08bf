import { dns } from '../wire/index.js'
import {
  type Exchange,
  type ExchangeOutcome,
  isReferral,
  queriesFor,
  type QueryStep,
  repliesTo,
  type Sockets,
  type StubEvent,
  type StubQuery,
} from './exchange.js'
import type { ResolverOptions } from './resolver-options.js'

/** Work-arounds that a glibc process switches on when one of two answers got lost, and keeps. */
export interface GlibcProcess extends Sockets {
  singleRequest: boolean
  singleRequestReopen: boolean
}

/**
 * glibc's way with one name (resolv/res_send.c): servers in order, A and AAAA back to back from one socket; bad
 * rcodes and silence move on to the next server, `attempts` times over the list.
 */
export class GlibcExchange implements Exchange {
  private readonly servers: readonly string[]
  private readonly options: ResolverOptions
  private readonly process: GlibcProcess
  private readonly queries: readonly StubQuery[]
  private turn = 0
  private transport: 'udp' | 'tcp'
  /** One UDP socket per server, kept through all attempts; opened when first used. */
  private readonly sockets: Map<number, number> = new Map()
  private tcpSocket = 0
  /** Good replies of this turn, and queries that got a bad one. */
  private good: dns.Message[] = []
  private settled: StubQuery[] = []
  private lastBad: number | null = null
  private onlyRefused = true

  constructor(qname: string, servers: readonly string[], options: ResolverOptions, process: GlibcProcess) {
    this.servers = servers
    this.options = options
    this.process = process
    this.queries = queriesFor(qname, process)
    this.transport = options.useTcp ? 'tcp' : 'udp'
    this.open()
  }

  step(): QueryStep {
    const waiting = this.queries.filter((query) => !this.settled.includes(query))
    return {
      kind: 'query',
      transport: this.transport,
      servers: [this.servers[this.serverIndex()]!],
      queries: this.isSingle() ? waiting.slice(0, 1) : waiting,
      socket: this.transport === 'tcp' ? this.tcpSocket : this.sockets.get(this.serverIndex())!,
      timeoutMs: this.timeoutMs(),
    }
  }

  isSettled(events: readonly StubEvent[]): boolean {
    const step = this.step()
    const replies = repliesTo(step, events)
    const refused = events.some((event) => event.kind === 'refused')
    const truncated = this.transport === 'udp' && replies.some(({ event }) => event.message.truncated)
    return refused || truncated || new Set(replies.map(({ query }) => query)).size === step.queries.length
  }

  receive(events: readonly StubEvent[]): ExchangeOutcome | null {
    const step = this.step()
    for (const { query, event } of repliesTo(step, events)) {
      if (this.settled.includes(query)) continue
      if (event.message.truncated && this.transport === 'udp') return this.overTcp()
      this.settled.push(query)
      if (isBad(event.message)) this.lastBad = event.message.rcode
      else this.good.push(event.message)
    }
    const refused = events.some((event) => event.kind === 'refused')
    const answered = step.queries.every((query) => this.settled.includes(query))
    if (!refused) this.onlyRefused = false
    if (answered && this.settled.length < this.queries.length) return this.secondOfTwo()
    if (answered) return this.good.length > 0 ? this.replies() : this.nextServer()
    if (this.settled.length === 0) return this.nextServer()
    return refused || this.transport === 'tcp' ? this.halfAnswered() : this.oneGotLost()
  }

  private replies(): ExchangeOutcome {
    return { kind: 'replies', replies: this.good }
  }

  private halfAnswered(): ExchangeOutcome | null {
    return this.good.length > 0 ? this.replies() : this.nextServer()
  }

  /** One answer came, the other did not: ask one after the other, then from separate sockets, then give up. */
  private oneGotLost(): ExchangeOutcome | null {
    const { process } = this
    if (this.isSingle() && this.isReopen()) return this.halfAnswered()
    this.forget()
    if (this.isSingle()) {
      process.singleRequestReopen = true
      this.reopen()
    }
    process.singleRequest = true
    return null
  }

  private secondOfTwo(): null {
    if (this.isReopen() && this.transport === 'udp') this.reopen()
    return null
  }

  private overTcp(): null {
    this.transport = 'tcp'
    this.forget()
    this.open()
    return null
  }

  private forget(): void {
    this.good = []
    this.settled = []
  }

  private open(): void {
    if (this.transport === 'tcp') this.tcpSocket = this.process.next++
    else if (!this.sockets.has(this.serverIndex())) this.reopen()
  }

  private reopen(): void {
    this.sockets.set(this.serverIndex(), this.process.next++)
  }

  private nextServer(): ExchangeOutcome | null {
    this.turn++
    this.transport = this.options.useTcp ? 'tcp' : 'udp'
    this.forget()
    if (this.turn < this.servers.length * this.options.attempts) {
      this.open()
      return null
    }
    if (this.lastBad === dns.RCODE.SERVFAIL) return { kind: 'server-failure' }
    return { kind: this.onlyRefused ? 'refused' : 'timeout' }
  }

  private serverIndex(): number {
    return this.turn % this.servers.length
  }

  private isSingle(): boolean {
    if (this.transport === 'tcp') return false
    return this.options.singleRequest || this.options.singleRequestReopen || this.process.singleRequest
  }

  private isReopen(): boolean {
    return this.options.singleRequestReopen || this.process.singleRequestReopen
  }

  /** The n-th server gets 2ⁿ times the time, shared among all servers from the second on. */
  private timeoutMs(): number {
    const index = this.serverIndex()
    const seconds = this.options.timeoutSeconds * 2 ** index
    return 1000 * (index === 0 ? seconds : Math.max(1, Math.floor(seconds / this.servers.length)))
  }
}

function isBad(reply: dns.Message): boolean {
  const { SERVFAIL, NOTIMP, REFUSED } = dns.RCODE
  return reply.rcode === SERVFAIL || reply.rcode === NOTIMP || reply.rcode === REFUSED || isReferral(reply)
}
