import { type InputIssue, InvalidInputError } from '../base/index.js'
import {
  type HookFunction,
  type HookState,
  NatHook,
  type Netfilter,
  type NetfilterEnv,
  type Verdict,
} from '../netfilter/index.js'
import type { Hook } from '../trace/index.js'
import type { Packet } from '../wire/index.js'
import { applyChange } from './apply.js'
import { builtinChains, TABLE_NAMES } from './builtin-chains.js'
import { checkTable } from './check.js'
import { type CompiledTable, compileTable } from './compile.js'
import { needsConntrack } from './needs-conntrack.js'
import { readRestore } from './parse.js'
import { type CounterSource, printSave, sortChains } from './print.js'
import { RecentLists } from './recent.js'
import type { SetLookups } from './set-lookups.js'
import { tablePriority } from './table-priority.js'
import { type TableEntries, tableEntries, tableValue } from './tables.js'
import type { Match, RuleSet, Target, TableName } from './types.js'
import { walk } from './walk.js'

/** Counters of one chain. */
export interface ChainListing {
  readonly chain: string
  readonly policy: 'ACCEPT' | 'DROP' | null
  readonly packets: number
  readonly bytes: number
  readonly rules: readonly { readonly packets: number; readonly bytes: number; readonly rule: string }[]
}

/** One table's function at the hooks: walks whatever the table is at the time. */
class TableHook implements HookFunction {
  readonly name: string
  readonly priority: number
  table: CompiledTable
  private readonly sets: SetLookups

  constructor(name: string, priority: number, table: CompiledTable, sets: SetLookups) {
    this.name = name
    this.priority = priority
    this.table = table
    this.sets = sets
  }

  run(pkt: Packet, state: HookState): Verdict {
    return walk(this.table, pkt, state, this.sets)
  }

  /** For the NAT hook, which asks on a connection's first packet only. */
  lookup(pkt: Packet, state: HookState): Verdict {
    return walk(this.table, pkt, state, this.sets)
  }
}

/** A table in use, with its functions at the hooks. */
interface LoadedTable {
  compiled: CompiledTable
  readonly hooks: readonly TableHook[]
}

/**
 * iptables of one namespace (the legacy, x_tables kind): its tables, hooked in once they are loaded. Rules change
 * by `restore` or `apply`, all or nothing.
 */
export class Iptables {
  private readonly netfilter: Netfilter
  private readonly env: NetfilterEnv
  private readonly sets: SetLookups
  private readonly tables: Map<TableName, LoadedTable> = new Map()
  private readonly recent: RecentLists = new RecentLists()
  private retained = false

  constructor(netfilter: Netfilter, env: NetfilterEnv, sets: SetLookups) {
    this.netfilter = netfilter
    this.env = env
    this.sets = sets
  }

  /**
   * Does what `iptables-restore` does with the text: `noflush` keeps what is there, `counters` takes the counters
   * that the text gives. Unchanged rules keep their counters; policies' counters, `nth` and `limit` start again.
   * @throws InvalidInputError with every issue; nothing has changed then.
   */
  restore(text: string, options: { noflush?: boolean; counters?: boolean; file?: string } = {}): void {
    const { change, issues } = readRestore(text, options.file === undefined ? {} : { file: options.file })
    const found: InputIssue[] = [...issues]
    const settings = { noflush: options.noflush ?? false, counters: options.counters ?? false, sets: this.sets }
    const tables = applyChange(change, this.currentEntries(), settings, found)
    if (found.length > 0) throw new InvalidInputError(found)
    this.install([...tables.values()])
  }

  /**
   * Replaces the tables that the rule set has by its own, counters at zero; other tables stay.
   * @throws InvalidInputError with every rule that the kernel would refuse; nothing has changed then.
   */
  apply(ruleSet: RuleSet): void {
    const tables = tableEntries(ruleSet)
    const issues = tables.flatMap((table) => checkTable(table, new Map(), this.sets))
    if (issues.length > 0) throw new InvalidInputError(issues)
    this.install(tables)
  }

  /** All loaded tables as configured. */
  ruleSet(): RuleSet {
    const tables = TABLE_NAMES.flatMap((name) => this.tables.get(name) ?? [])
    return Object.freeze({ tables: Object.freeze(tables.map((table) => tableValue(table.compiled.entries()))) })
  }

  /** What `iptables-save` prints, with `counters` as under `-c`. Policies' counters are always printed. */
  save(options: { counters?: boolean } = {}): string {
    const counters: CounterSource = (table, name) => {
      const compiled = this.tables.get(table)?.compiled
      const chain = compiled?.chains.get(name)
      if (compiled === undefined || chain === undefined) return undefined
      return { policy: compiled.countOf(chain), rules: chain.rules.map((rule) => compiled.countOf(rule)) }
    }
    if (options.counters === true) return printSave(this.ruleSet(), { counters })
    return printSave(this.ruleSet(), { policyCounters: counters })
  }

  /** Counters of a table's chains, in iptables-save's order; empty while the table is not loaded. */
  counters(table: TableName): ChainListing[] {
    const loaded = this.tables.get(table)
    if (loaded === undefined) return []
    const { compiled } = loaded
    return sortChains(tableValue(compiled.entries())).map(({ name }) => {
      const chain = compiled.chains.get(name)!
      const rules = chain.rules.map((rule) => ({ ...compiled.countOf(rule), rule: rule.text }))
      return { chain: name, policy: chain.policy, ...compiled.countOf(chain), rules }
    })
  }

  /** Names of the lists of the recent match, and what /proc/net/xt_recent/NAME shows. */
  recentLists(): { readonly name: string; readonly text: string }[] {
    return this.recent.names.map((name) => ({ name, text: this.recent.get(name)!.print() }))
  }

  private currentEntries(): Map<TableName, TableEntries> {
    return new Map([...this.tables].map(([name, table]) => [name, table.compiled.entries()]))
  }

  private install(tables: readonly TableEntries[]): void {
    const before = this.setsUsed()
    for (const entries of tables) {
      const compiled = compileTable(entries, this.recent)
      const loaded = this.tables.get(entries.name)
      if (loaded === undefined) this.load(compiled)
      else {
        loaded.compiled = compiled
        for (const hook of loaded.hooks) hook.table = compiled
      }
    }
    for (const name of this.setsUsed()) this.sets.retain(name)
    for (const name of before) this.sets.release(name)
    this.recent.keepOnly(new Set(this.matches().flatMap((match) => (match.kind === 'recent' ? [match.name] : []))))
    this.followConntrack()
  }

  private load(compiled: CompiledTable): void {
    const hooks = builtinChains(compiled.name).map((hook) => this.hookIn(compiled, hook))
    this.tables.set(compiled.name, { compiled, hooks })
  }

  private hookIn(compiled: CompiledTable, hook: Hook): TableHook {
    const name = `iptable_${compiled.name}`
    const fn = new TableHook(name, tablePriority(compiled.name, hook), compiled, this.sets)
    this.netfilter.hooks.register(hook, compiled.name === 'nat' ? new NatHook(name, fn.priority, fn) : fn)
    return fn
  }

  private *rules(): Generator<{ readonly matches: readonly Match[]; readonly target: Target | null }> {
    for (const { compiled } of this.tables.values()) {
      for (const chain of compiled.chains.values()) for (const { rule } of chain.rules) yield rule
    }
  }

  private matches(): Match[] {
    return [...this.rules()].flatMap((rule) => rule.matches)
  }

  /** Names of sets, once for every use. */
  private setsUsed(): string[] {
    return [...this.rules()].flatMap(({ matches, target }) => {
      const matched = matches.flatMap((match) => (match.kind === 'set' ? [match.set] : []))
      if (target?.kind !== 'SET') return matched
      return [...matched, ...[target.add, target.del, target.map].flatMap((reference) => reference?.set ?? [])]
    })
  }

  /** Connections are tracked while some rule needs it. */
  private followConntrack(): void {
    const needed = [...this.rules()].some(needsConntrack)
    if (needed === this.retained) return
    this.retained = needed
    if (needed) this.netfilter.retainConntrack()
    else this.netfilter.releaseConntrack()
  }
}
