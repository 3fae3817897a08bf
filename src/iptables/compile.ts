import type { Ipv4 } from '../addr/index.js'
import type { Hook } from '../trace/index.js'
import { creditCap, creditsOf } from './limit-credits.js'
import { printRule } from './print.js'
import type { RecentList, RecentLists } from './recent.js'
import type { ChainEntry, TableEntries } from './tables.js'
import type { Match, Rule, TableName, Target } from './types.js'

/** `statistic --mode nth` with its counter (xt_statistic). */
export class NthMatch {
  readonly kind = 'nth'
  readonly every: number
  readonly invert: boolean
  /** Packets seen since the last match. */
  count: number

  constructor(every: number, packet: number, invert: boolean) {
    this.every = every
    this.invert = invert
    this.count = every - 1 - packet
  }
}

/** `limit` with its bucket (xt_limit); full when made. */
export class LimitMatch {
  readonly kind = 'limit'
  readonly cost: number
  readonly cap: number
  credit: number
  /** Jiffies of the last packet; null = none yet. */
  previous: number | null = null

  constructor(average: number, burst: number) {
    this.cost = creditsOf(average)
    this.cap = creditCap(average, burst)
    this.credit = this.cap
  }
}

/** `recent` with its list, shared by every rule that names it. */
export class RecentMatch {
  readonly kind = 'recent'
  readonly match: Extract<Match, { kind: 'recent' }>
  readonly list: RecentList

  constructor(match: Extract<Match, { kind: 'recent' }>, list: RecentList) {
    this.match = match
    this.list = list
  }
}

type RandomMatch = Extract<Match, { mode: 'random' }>

/** A match ready to run: those with running state are objects of ours, the others the rule's own values. */
export type CompiledMatch =
  | Exclude<Match, { kind: 'statistic' | 'limit' | 'recent' | 'comment' }>
  | RandomMatch
  | NthMatch
  | LimitMatch
  | RecentMatch

/** A target ready to run: jumps lead to the chain itself. */
export type CompiledTarget = Exclude<Target, { kind: 'jump' | 'goto' }> | ChainTarget | { readonly kind: 'none' }

/** A jump or goto. */
export class ChainTarget {
  readonly kind: 'jump' | 'goto'
  readonly chain: CompiledChain

  constructor(kind: 'jump' | 'goto', chain: CompiledChain) {
    this.kind = kind
    this.chain = chain
  }
}

const NO_TARGET: { readonly kind: 'none' } = Object.freeze({ kind: 'none' })

/** A rule as a flat record: the inline header match first, a usually short list of others after. */
export class CompiledRule {
  readonly rule: Rule
  readonly chain: string
  /** From 1. */
  readonly number: number
  packets: number
  bytes: number
  readonly source: Ipv4
  readonly sourceMask: Ipv4
  readonly sourceInvert: boolean
  readonly destination: Ipv4
  readonly destinationMask: Ipv4
  readonly destinationInvert: boolean
  /** null = any. */
  readonly inName: string | null
  readonly inPrefix: boolean
  readonly inInvert: boolean
  readonly outName: string | null
  readonly outPrefix: boolean
  readonly outInvert: boolean
  /** -1 = any. */
  readonly protocol: number
  readonly protocolInvert: boolean
  /** 0 = any, 1 = only further fragments, -1 = none of them. */
  readonly fragment: number
  readonly matches: readonly CompiledMatch[]
  /** Set once all chains are there. */
  target: CompiledTarget = NO_TARGET

  constructor(rule: Rule, chain: string, number: number, packets: number, bytes: number, recent: RecentLists) {
    this.rule = rule
    this.chain = chain
    this.number = number
    this.packets = packets
    this.bytes = bytes
    this.source = rule.source.address
    this.sourceMask = rule.source.mask
    this.sourceInvert = rule.source.invert
    this.destination = rule.destination.address
    this.destinationMask = rule.destination.mask
    this.destinationInvert = rule.destination.invert
    this.inName = rule.inInterface?.name ?? null
    this.inPrefix = rule.inInterface?.prefix ?? false
    this.inInvert = rule.inInterface?.invert ?? false
    this.outName = rule.outInterface?.name ?? null
    this.outPrefix = rule.outInterface?.prefix ?? false
    this.outInvert = rule.outInterface?.invert ?? false
    this.protocol = rule.protocol?.protocol ?? -1
    this.protocolInvert = rule.protocol?.invert ?? false
    this.fragment = rule.fragment === null ? 0 : rule.fragment.invert ? -1 : 1
    this.matches = rule.matches.flatMap((match) => compileMatch(match, recent) ?? [])
  }

  /** The rule as iptables-save prints it. */
  get text(): string {
    return printRule(this.chain, this.rule)
  }
}

/** A chain ready to walk. */
export class CompiledChain {
  readonly name: string
  /** null = a user chain. */
  readonly policy: 'ACCEPT' | 'DROP' | null
  /** Of the policy. */
  packets: number
  bytes: number
  rules: CompiledRule[] = []

  constructor(entry: ChainEntry) {
    this.name = entry.name
    this.policy = entry.policy
    this.packets = entry.packets
    this.bytes = entry.bytes
  }
}

/** A table ready to walk. */
export class CompiledTable {
  readonly name: TableName
  readonly chains: Map<string, CompiledChain> = new Map()

  constructor(name: TableName) {
    this.name = name
  }

  /** The built-in chain of a hook; undefined where the table has none. */
  at(hook: Hook): CompiledChain | undefined {
    return this.chains.get(hook)
  }

  /** The configuration with the counters as they are now. */
  entries(): TableEntries {
    const chains = [...this.chains.values()].map((chain): [string, ChainEntry] => [
      chain.name,
      {
        name: chain.name,
        policy: chain.policy,
        packets: chain.packets,
        bytes: chain.bytes,
        rules: chain.rules.map(({ rule, packets, bytes }) => ({ rule, packets, bytes })),
      },
    ])
    return { name: this.name, chains: new Map(chains) }
  }
}

/** Makes a table ready. Every match starts afresh, as when the kernel takes a new table. */
export function compileTable(entries: TableEntries, recent: RecentLists): CompiledTable {
  const table = new CompiledTable(entries.name)
  for (const entry of entries.chains.values()) table.chains.set(entry.name, new CompiledChain(entry))
  for (const entry of entries.chains.values()) {
    table.chains.get(entry.name)!.rules = entry.rules.map(({ rule, packets, bytes }, i) => {
      const compiled = new CompiledRule(rule, entry.name, i + 1, packets, bytes, recent)
      compiled.target = compileTarget(rule.target, table)
      return compiled
    })
  }
  return table
}

function compileTarget(target: Target | null, table: CompiledTable): CompiledTarget {
  if (target === null) return NO_TARGET
  if (target.kind !== 'jump' && target.kind !== 'goto') return target
  return new ChainTarget(target.kind, table.chains.get(target.chain)!)
}

function compileMatch(match: Match, recent: RecentLists): CompiledMatch | null {
  switch (match.kind) {
    case 'comment':
      return null
    case 'statistic':
      return match.mode === 'random' ? match : new NthMatch(match.every, match.packet, match.invert)
    case 'limit':
      return new LimitMatch(match.average, match.burst)
    case 'recent':
      return new RecentMatch(match, recent.use(match.name, match.hitcount))
    default:
      return match
  }
}
