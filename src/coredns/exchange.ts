import { dns } from '../wire/index.js'

/** One question of a stub resolver. */
export interface StubQuery {
  readonly id: number
  /** Without the last dot. */
  readonly qname: string
  readonly qtype: 'A' | 'AAAA'
}

/** What to send now: every query to every server, from one socket. */
export interface QueryStep {
  readonly kind: 'query'
  readonly transport: 'udp' | 'tcp'
  readonly servers: readonly string[]
  readonly queries: readonly StubQuery[]
  /** Steps with the same number share the socket, and so the source port. */
  readonly socket: number
  /** How long to wait for what has not come. */
  readonly timeoutMs: number
}

/** What came back for a {@link QueryStep}, in order. What did not come in time has no event. */
export type StubEvent =
  | {
      readonly kind: 'reply'
      readonly server: string
      readonly message: dns.Message
      /** Milliseconds since the step was sent; 0 when absent. */
      readonly afterMs?: number
    }
  /** ICMP port unreachable on UDP, RST on TCP. */
  | { readonly kind: 'refused'; readonly server: string }

/** How asking for one name ended. */
export type ExchangeOutcome =
  | { readonly kind: 'replies'; readonly replies: readonly dns.Message[] }
  | { readonly kind: 'server-failure' | 'timeout' | 'refused' }

/** Asks the servers for one name, A and AAAA. */
export interface Exchange {
  /** What to send now. */
  step(): QueryStep
  /** Takes what came back. Null = there is more to send: call `step` again. */
  receive(events: readonly StubEvent[]): ExchangeOutcome | null
  /** Whether these events are all that the current step waits for. */
  isSettled(events: readonly StubEvent[]): boolean
}

/** What walks of one process share. */
export interface Sockets {
  /** Number of the next socket. */
  next: number
  /** Next DNS id, 16 bits. */
  nextId: number
}

/** The two questions about one name. */
export function queriesFor(qname: string, sockets: Sockets): StubQuery[] {
  return (['A', 'AAAA'] as const).map((qtype) => {
    const id = sockets.nextId
    sockets.nextId = (id + 1) & 0xffff
    return { id, qname, qtype }
  })
}

/** Replies among the events, each with the query it answers; others are ignored, as a resolver does. */
export function repliesTo(
  step: QueryStep,
  events: readonly StubEvent[],
): { query: StubQuery; event: Extract<StubEvent, { kind: 'reply' }> }[] {
  return events.flatMap((event) => {
    if (event.kind !== 'reply' || !step.servers.includes(event.server) || !event.message.response) return []
    const query = step.queries.find((each) => each.id === event.message.id)
    return query === undefined ? [] : [{ query, event }]
  })
}

/** Whether the reply says that the server does not know: NOERROR and nothing, neither authoritative nor recursive. */
export function isReferral(reply: dns.Message): boolean {
  const empty = reply.answers.length === 0 && reply.additionals.length === 0
  return reply.rcode === dns.RCODE.NOERROR && empty && !reply.authoritative && !reply.recursionAvailable
}
