import { dns } from '../wire/index.js'
import {
  type Exchange,
  type ExchangeOutcome,
  queriesFor,
  type QueryStep,
  repliesTo,
  type Sockets,
  type StubEvent,
  type StubQuery,
} from './exchange.js'
import type { ResolverOptions } from './resolver-options.js'

/** A reply that musl takes: NOERROR or NXDOMAIN. */
interface Accepted {
  readonly query: StubQuery
  readonly message: dns.Message
  readonly server: string
}

/**
 * musl's way with one name (src/network/res_msend.c, 1.2.4): all servers at once, the first NOERROR or NXDOMAIN to
 * each query wins, SERVFAIL is answered by asking that server again at once, other rcodes and ICMP errors are not
 * looked at; everything is sent again at intervals of timeout/attempts.
 */
export class MuslExchange implements Exchange {
  private readonly servers: readonly string[]
  private readonly options: ResolverOptions
  private readonly socketOfTcp: number
  private readonly socket: number
  private readonly queries: readonly StubQuery[]
  private accepted: Accepted[] = []
  private round = 0
  /** Milliseconds of this round that are over. */
  private elapsedMs = 0
  private retriesLeft: number
  private resend: { readonly query: StubQuery; readonly server: string }[] = []
  private tcp: Accepted[] = []

  constructor(qname: string, servers: readonly string[], options: ResolverOptions, sockets: Sockets) {
    this.servers = servers
    this.options = options
    this.socket = sockets.next++
    this.socketOfTcp = sockets.next++
    this.queries = queriesFor(qname, sockets)
    this.retriesLeft = 2 * this.queries.length
  }

  step(): QueryStep {
    const [truncated] = this.tcp
    const [failed] = this.resend
    const left = Math.max(1, this.intervalMs() - this.elapsedMs)
    if (truncated !== undefined) {
      const timeoutMs = left + (this.options.attempts - 1 - this.round) * this.intervalMs()
      return this.to([truncated.server], [truncated.query], 'tcp', this.socketOfTcp, timeoutMs)
    }
    if (failed !== undefined) return this.to([failed.server], [failed.query], 'udp', this.socket, left)
    return this.to(this.servers, this.unanswered(), 'udp', this.socket, left)
  }

  isSettled(events: readonly StubEvent[]): boolean {
    const step = this.step()
    const replies = repliesTo(step, events)
    if (replies.some(({ event }) => event.message.rcode === dns.RCODE.SERVFAIL) && this.retriesLeft > 0) return true
    const done = new Set(replies.filter(({ event }) => isUsable(event.message)).map(({ query }) => query))
    return done.size === step.queries.length
  }

  receive(events: readonly StubEvent[]): ExchangeOutcome | null {
    const step = this.step()
    const replies = repliesTo(step, events)
    if (step.transport === 'tcp') return this.receiveTcp(replies)
    this.resend = this.resend.slice(1)
    for (const { query, event } of replies) {
      const known = this.accepted.some((each) => each.query === query)
      if (!known && isUsable(event.message)) this.accepted.push({ query, message: event.message, server: event.server })
      if (!known && event.message.rcode === dns.RCODE.SERVFAIL && this.retriesLeft-- > 0)
        this.resend.push({ query, server: event.server })
    }
    const answered = new Set(this.accepted.map((each) => each.query))
    this.resend = this.resend.filter((each) => !answered.has(each.query))
    if (this.unanswered().length === 0) return this.complete()
    if (this.resend.length > 0) {
      this.elapsedMs += Math.max(0, ...replies.map(({ event }) => event.afterMs ?? 0))
      return null
    }
    return this.nextRound()
  }

  private receiveTcp(replies: ReturnType<typeof repliesTo>): ExchangeOutcome | null {
    const [truncated, ...rest] = this.tcp
    this.tcp = rest
    const message = replies[0]?.event.message
    if (truncated === undefined || message === undefined) return { kind: 'timeout' }
    this.accepted = this.accepted.map((each) => (each.query === truncated.query ? { ...each, message } : each))
    return rest.length > 0 ? null : this.inOrder()
  }

  private nextRound(): ExchangeOutcome | null {
    this.round++
    this.elapsedMs = 0
    this.retriesLeft = 2 * this.queries.length
    return this.round < this.options.attempts ? null : { kind: 'timeout' }
  }

  private complete(): ExchangeOutcome | null {
    this.tcp = this.accepted.filter((each) => each.message.truncated)
    return this.tcp.length > 0 ? null : this.inOrder()
  }

  private inOrder(): ExchangeOutcome {
    const replies = this.queries.flatMap((query) => this.accepted.filter((each) => each.query === query))
    return { kind: 'replies', replies: replies.map((each) => each.message) }
  }

  private unanswered(): StubQuery[] {
    return this.queries.filter((query) => !this.accepted.some((each) => each.query === query))
  }

  private intervalMs(): number {
    return Math.floor((1000 * this.options.timeoutSeconds) / this.options.attempts)
  }

  private to(
    servers: readonly string[],
    queries: readonly StubQuery[],
    transport: 'udp' | 'tcp',
    socket: number,
    timeoutMs: number,
  ): QueryStep {
    return { kind: 'query', transport, servers, queries, socket, timeoutMs }
  }
}

function isUsable(reply: dns.Message): boolean {
  return reply.rcode === dns.RCODE.NOERROR || reply.rcode === dns.RCODE.NXDOMAIN
}
