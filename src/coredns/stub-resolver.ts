import { familyOf } from '../addr/index.js'
import { dns } from '../wire/index.js'
import type { Exchange, ExchangeOutcome, QueryStep, StubEvent } from './exchange.js'
import { GlibcExchange, type GlibcProcess } from './glibc-exchange.js'
import { lookupHosts, type PodHosts } from './hosts-file.js'
import { MuslExchange } from './musl-exchange.js'
import { withoutRoot } from './names.js'
import type { ResolvConf } from './resolv-conf.js'
import { type Flavour, resolverOptions, type ResolverOptions, searchOf, serversOf } from './resolver-options.js'
import { type Candidate, candidatesFor } from './search-list.js'

/** One query as it went out. */
export interface AskedQuery {
  readonly server: string
  readonly transport: 'udp' | 'tcp'
  readonly qname: string
  readonly qtype: 'A' | 'AAAA'
  /** The reply's rcode; `records` and `no-data` tell NOERROR apart; without a reply, what came instead. */
  readonly outcome:
    'records' | 'no-data' | 'name-error' | 'truncated' | 'server-failure' | 'rcode' | 'refused' | 'no-reply'
}

/** How the look-up ended; the errors are those of getaddrinfo: EAI_NONAME, EAI_NODATA, EAI_AGAIN. */
export type Resolution =
  | {
      readonly outcome: 'found'
      /** IPv4 first; within a family in the order of the answer. */
      readonly addresses: readonly string[]
      readonly canonicalName: string
      readonly source: 'literal' | 'hosts' | 'dns'
    }
  | { readonly outcome: 'name-not-found' | 'no-data' | 'try-again' }

/** The walk is over. */
export interface DoneStep {
  readonly kind: 'done'
  readonly result: Resolution
  /** Everything that was sent, in order. */
  readonly asked: readonly AskedQuery[]
}

/** What else a look-up depends on. */
export interface StubOptions {
  /** glibc unless told. */
  readonly flavour?: Flavour
  /** The hosts file, which is looked into first. */
  readonly hosts?: PodHosts
  /** DNS id of the first query, 16 bits; the following count up. Sample it. */
  readonly firstId?: number
}

type LookupError = Exclude<Resolution['outcome'], 'found'>

/**
 * getaddrinfo(name, AF_UNSPEC) of glibc or musl as a state machine without input or output: `start` and `receive`
 * say what to send, the caller sends it and hands back what came.
 */
export class StubResolver {
  private readonly name: string
  private readonly conf: ResolvConf
  private readonly flavour: Flavour
  private readonly hosts: PodHosts | null
  private readonly options: ResolverOptions
  private readonly process: GlibcProcess
  private readonly asked: AskedQuery[] = []
  private candidates: readonly Candidate[] = []
  private exchange: Exchange | null = null
  private exchanges = 0
  private asIsError: LookupError | null = null
  private lastError: LookupError = 'name-not-found'
  private sawNoData = false
  private sawServerFailure = false

  constructor(name: string, conf: ResolvConf, options: StubOptions = {}) {
    this.name = name
    this.conf = conf
    this.flavour = options.flavour ?? 'glibc'
    this.hosts = options.hosts ?? null
    this.options = resolverOptions(conf, this.flavour)
    const nextId = (options.firstId ?? 1) & 0xffff
    this.process = { next: 0, nextId, singleRequest: false, singleRequestReopen: false }
  }

  /** The first step. An address in text form and a name in the hosts file ask nobody. */
  start(): QueryStep | DoneStep {
    const { name } = this
    if (familyOf(name) !== undefined) return this.found([name], name, 'literal')
    const local = this.hosts === null ? [] : lookupHosts(this.hosts, withoutRoot(name))
    if (local.length > 0) return this.found(local, withoutRoot(name), 'hosts')
    this.candidates = candidatesFor(name, searchOf(this.conf, this.flavour), this.options.ndots, this.flavour)
    return this.next()
  }

  /** The next step, after what came back for the last one. */
  receive(events: readonly StubEvent[]): QueryStep | DoneStep {
    const { exchange } = this
    if (exchange === null) return this.done({ outcome: this.lastError })
    this.record(exchange.step(), events)
    const outcome = exchange.receive(events)
    if (outcome === null) return exchange.step()
    return this.flavour === 'glibc' ? this.afterGlibc(outcome) : this.afterMusl(outcome)
  }

  /** Whether the resolver goes on as soon as these events are in, without waiting for more. */
  isSettled(events: readonly StubEvent[]): boolean {
    return this.exchange === null || this.exchange.isSettled(events)
  }

  private next(): QueryStep | DoneStep {
    const [candidate] = this.candidates
    if (candidate === undefined) return this.done({ outcome: this.finalError() })
    const { conf, options, process, flavour } = this
    const servers = serversOf(conf)
    this.exchange =
      flavour === 'glibc'
        ? new GlibcExchange(candidate.qname, rotated(servers, options, this.exchanges++), options, process)
        : new MuslExchange(candidate.qname, servers, options, process)
    return this.exchange.step()
  }

  /** glibc (resolv/res_query.c): only records end the walk; silence ends the list, refusal everything. */
  private afterGlibc(outcome: ExchangeOutcome): QueryStep | DoneStep {
    const [candidate] = this.candidates
    if (outcome.kind === 'replies' && outcome.replies.some((reply) => reply.answers.length > 0))
      return this.fromReplies(outcome.replies)
    this.lastError = errorOf(outcome)
    this.candidates = this.candidates.slice(1)
    if (candidate?.kind === 'as-is-first') this.asIsError = this.lastError
    if (candidate?.kind !== 'search') return this.next()
    if (outcome.kind === 'refused') this.candidates = []
    if (outcome.kind === 'timeout') this.candidates = this.candidates.filter((each) => each.kind !== 'search')
    if (this.lastError === 'no-data') this.sawNoData = true
    if (outcome.kind === 'server-failure') this.sawServerFailure = true
    return this.next()
  }

  /** musl (src/network/lookup_name.c): only NXDOMAIN goes on. */
  private afterMusl(outcome: ExchangeOutcome): QueryStep | DoneStep {
    if (outcome.kind !== 'replies') return this.done({ outcome: 'try-again' })
    if (outcome.replies.some((reply) => reply.rcode === dns.RCODE.NXDOMAIN)) {
      this.candidates = this.candidates.slice(1)
      return this.next()
    }
    return this.fromReplies(outcome.replies)
  }

  private fromReplies(replies: readonly dns.Message[]): DoneStep {
    const records = replies.flatMap((reply) => reply.answers)
    const dataOf = (type: 'A' | 'AAAA' | 'CNAME'): string[] =>
      records.flatMap((record) => (record.type === type ? [record.data] : []))
    const addresses = [...new Set([...dataOf('A'), ...dataOf('AAAA')])]
    if (addresses.length === 0) return this.done({ outcome: 'no-data' })
    const canonicalName = dataOf('CNAME').at(-1) ?? this.candidates[0]?.qname ?? this.name
    return this.found(addresses, canonicalName, 'dns')
  }

  private finalError(): LookupError {
    if (this.asIsError !== null) return this.asIsError
    if (this.sawNoData) return 'no-data'
    return this.sawServerFailure ? 'try-again' : this.lastError
  }

  private found(addresses: readonly string[], canonicalName: string, source: 'literal' | 'hosts' | 'dns'): DoneStep {
    return this.done({ outcome: 'found', addresses, canonicalName, source })
  }

  private done(result: Resolution): DoneStep {
    this.exchange = null
    return { kind: 'done', result, asked: this.asked }
  }

  private record(step: QueryStep, events: readonly StubEvent[]): void {
    for (const server of step.servers)
      for (const query of step.queries) {
        const { qname, qtype } = query
        this.asked.push({
          server,
          transport: step.transport,
          qname,
          qtype,
          outcome: outcomeOf(server, query.id, events),
        })
      }
  }
}

/** Starts a look-up of `name` as a program in the pod would: {@link StubResolver}. */
export function resolve(name: string, conf: ResolvConf, options: StubOptions = {}): StubResolver {
  return new StubResolver(name, conf, options)
}

function errorOf(outcome: ExchangeOutcome): LookupError {
  if (outcome.kind !== 'replies') return 'try-again'
  return outcome.replies[0]?.rcode === dns.RCODE.NXDOMAIN ? 'name-not-found' : 'no-data'
}

/** With `rotate` each name begins one server further on. */
function rotated(servers: readonly string[], options: ResolverOptions, before: number): readonly string[] {
  const by = options.rotate ? before % servers.length : 0
  return [...servers.slice(by), ...servers.slice(0, by)]
}

function outcomeOf(server: string, id: number, events: readonly StubEvent[]): AskedQuery['outcome'] {
  const mine = events.filter((event) => event.server === server)
  const reply = mine.find((event) => event.kind === 'reply' && event.message.id === id)
  if (reply?.kind !== 'reply') return mine.some((event) => event.kind === 'refused') ? 'refused' : 'no-reply'
  const { message } = reply
  if (message.truncated) return 'truncated'
  if (message.rcode === dns.RCODE.NXDOMAIN) return 'name-error'
  if (message.rcode === dns.RCODE.SERVFAIL) return 'server-failure'
  if (message.rcode !== dns.RCODE.NOERROR) return 'rcode'
  return message.answers.length > 0 ? 'records' : 'no-data'
}
