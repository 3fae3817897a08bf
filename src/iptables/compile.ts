import type { Ipv4 } from '../addr/index.js'
import type { Hook } from '../trace/index.js'
import { creditCap, creditsOf } from './limit-credits.js'
import { printRule } from './print.js'
import type { RecentList, RecentLists } from './recent.js'
import type { ChainEntry, TableEntries } from './tables.js'
import type { Match, Rule, TableName, Target } from './types.js'

/** Running state of `statistic --mode nth` (xt_statistic). */
export class NthState {
  /** Packets seen since the last match. */
  count: number

  constructor(count: number) {
    this.count = count
  }
}

/** Running state of `limit` (xt_limit): its bucket, full when made. */
export class LimitState {
  credit: number
  /** Jiffies of the last packet; null = none yet. */
  previous: number | null = null

  constructor(credit: number) {
    this.credit = credit
  }
}

/** What matches of a table keep from packet to packet; a match knows its place by `slot`. */
export interface MatchStates {
  readonly nth: NthState[]
  readonly limit: LimitState[]
  /** A list is shared by every rule that names it. */
  readonly recent: RecentList[]
}

/** `statistic --mode nth`. */
export interface NthMatch {
  readonly kind: 'nth'
  readonly every: number
  readonly invert: boolean
  readonly slot: number
}

/** `limit`, in credits. */
export interface LimitMatch {
  readonly kind: 'limit'
  readonly cost: number
  readonly cap: number
  readonly slot: number
}

/** `recent`. */
export interface RecentMatch {
  readonly kind: 'recent'
  readonly match: Extract<Match, { kind: 'recent' }>
  readonly slot: number
}

type RandomMatch = Extract<Match, { mode: 'random' }>

/** A match ready to run: those that keep state know where it is, the others are the rule's own values. */
export type CompiledMatch =
  | Exclude<Match, { kind: 'statistic' | 'limit' | 'recent' | 'comment' }>
  | RandomMatch
  | NthMatch
  | LimitMatch
  | RecentMatch

/** A target ready to run: jumps lead to the chain itself. */
export type CompiledTarget = Exclude<Target, { kind: 'jump' | 'goto' }> | ChainTarget | { readonly kind: 'none' }

/** A jump or goto. */
export interface ChainTarget {
  readonly kind: 'jump' | 'goto'
  readonly chain: CompiledChain
}

const NO_TARGET: { readonly kind: 'none' } = Object.freeze({ kind: 'none' })

/**
 * A rule as a flat record: the inline header match first, a usually short list of others after. Frozen, as its chain
 * is: what runs (counters, states of matches) is the table's, so that copies of a table share its rules.
 */
export class CompiledRule {
  readonly rule: Rule
  readonly chain: string
  /** From 1. */
  readonly number: number
  /** Place among the table's counters. */
  readonly index: number
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
  readonly target: CompiledTarget

  constructor(
    rule: Rule,
    place: { readonly chain: string; readonly number: number; readonly index: number },
    matches: readonly CompiledMatch[],
    target: CompiledTarget,
  ) {
    this.rule = rule
    this.chain = place.chain
    this.number = place.number
    this.index = place.index
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
    this.matches = matches
    this.target = target
    Object.freeze(this)
  }

  /** The rule as iptables-save prints it. */
  get text(): string {
    return printRule(this.chain, this.rule)
  }
}

/** A chain ready to walk; frozen once it has its rules. */
export class CompiledChain {
  readonly name: string
  /** null = a user chain. */
  readonly policy: 'ACCEPT' | 'DROP' | null
  /** Place of the policy among the table's counters. */
  readonly index: number
  readonly rules: readonly CompiledRule[]

  constructor(entry: ChainEntry, index: number, rules: readonly CompiledRule[]) {
    this.name = entry.name
    this.policy = entry.policy
    this.index = index
    this.rules = rules
    Object.freeze(this)
  }
}

/** Packets and bytes counted at one place. */
interface Count {
  readonly packets: number
  readonly bytes: number
}

/** A table ready to walk: immutable chains, and what runs beside them. */
export class CompiledTable {
  readonly name: TableName
  readonly chains: ReadonlyMap<string, CompiledChain>
  /** By the index of a rule or chain. */
  readonly packets: Float64Array
  readonly bytes: Float64Array
  readonly states: MatchStates

  constructor(name: TableName, chains: ReadonlyMap<string, CompiledChain>, places: number, states: MatchStates) {
    this.name = name
    this.chains = chains
    this.packets = new Float64Array(places)
    this.bytes = new Float64Array(places)
    this.states = states
  }

  /** The built-in chain of a hook; undefined where the table has none. */
  at(hook: Hook): CompiledChain | undefined {
    return this.chains.get(hook)
  }

  /** One more packet for a rule, or for a chain's policy. */
  count(counted: { readonly index: number }, length: number): void {
    this.packets[counted.index]! += 1
    this.bytes[counted.index]! += length
  }

  /** What a rule, or a chain's policy, has counted. */
  countOf(counted: { readonly index: number }): Count {
    return { packets: this.packets[counted.index]!, bytes: this.bytes[counted.index]! }
  }

  /** The configuration with the counters as they are now. */
  entries(): TableEntries {
    const chains = [...this.chains.values()].map((chain): [string, ChainEntry] => [
      chain.name,
      {
        name: chain.name,
        policy: chain.policy,
        ...this.countOf(chain),
        rules: chain.rules.map((compiled) => ({ rule: compiled.rule, ...this.countOf(compiled) })),
      },
    ])
    return { name: this.name, chains: new Map(chains) }
  }

  /** Takes the counters of the configuration that the table was made of. */
  takeCounts(entries: TableEntries): void {
    for (const chain of this.chains.values()) {
      const entry = entries.chains.get(chain.name)!
      this.set(chain, entry)
      chain.rules.forEach((rule, i) => this.set(rule, entry.rules[i]!))
    }
  }

  private set(counted: { readonly index: number }, { packets, bytes }: Count): void {
    this.packets[counted.index] = packets
    this.bytes[counted.index] = bytes
  }
}

/** Makes a table ready. Every match starts afresh, as when the kernel takes a new table. */
export function compileTable(entries: TableEntries, recent: RecentLists): CompiledTable {
  const states: MatchStates = { nth: [], limit: [], recent: [] }
  const rulesOf = new Map([...entries.chains.keys()].map((name): [string, CompiledRule[]] => [name, []]))
  const chains = new Map<string, CompiledChain>()
  let places = 0
  for (const entry of entries.chains.values()) {
    chains.set(entry.name, new CompiledChain(entry, places++, rulesOf.get(entry.name)!))
  }
  for (const entry of entries.chains.values()) {
    const rules = rulesOf.get(entry.name)!
    for (const { rule } of entry.rules) {
      const place = { chain: entry.name, number: rules.length + 1, index: places++ }
      const matches = rule.matches.flatMap((match) => compileMatch(match, recent, states) ?? [])
      rules.push(new CompiledRule(rule, place, Object.freeze(matches), compileTarget(rule.target, chains)))
    }
    Object.freeze(rules)
  }
  const table = new CompiledTable(entries.name, Object.freeze(chains), places, states)
  table.takeCounts(entries)
  return table
}

function compileTarget(target: Target | null, chains: ReadonlyMap<string, CompiledChain>): CompiledTarget {
  if (target === null) return NO_TARGET
  if (target.kind !== 'jump' && target.kind !== 'goto') return target
  return Object.freeze({ kind: target.kind, chain: chains.get(target.chain)! })
}

function compileMatch(match: Match, recent: RecentLists, states: MatchStates): CompiledMatch | null {
  switch (match.kind) {
    case 'comment':
      return null
    case 'statistic': {
      if (match.mode === 'random') return match
      const slot = states.nth.push(new NthState(match.every - 1 - match.packet)) - 1
      return Object.freeze({ kind: 'nth', every: match.every, invert: match.invert, slot })
    }
    case 'limit': {
      const cap = creditCap(match.average, match.burst)
      const slot = states.limit.push(new LimitState(cap)) - 1
      return Object.freeze({ kind: 'limit', cost: creditsOf(match.average), cap, slot })
    }
    case 'recent': {
      const slot = states.recent.push(recent.use(match.name, match.hitcount)) - 1
      return Object.freeze({ kind: 'recent', match, slot })
    }
    default:
      return match
  }
}
