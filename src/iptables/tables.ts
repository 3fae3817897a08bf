import { builtinChains } from './builtin-chains.js'
import type { Rule, RuleSet, Table, TableName } from './types.js'

/** A rule with its counters. Mutable: the counters run. */
export interface RuleEntry {
  readonly rule: Rule
  packets: number
  bytes: number
}

/** A chain with its counters; the policy's are zero in user chains. */
export interface ChainEntry {
  readonly name: string
  readonly policy: 'ACCEPT' | 'DROP' | null
  readonly packets: number
  readonly bytes: number
  readonly rules: readonly RuleEntry[]
}

/** A table with its counters: chains by name. */
export interface TableEntries {
  readonly name: TableName
  readonly chains: ReadonlyMap<string, ChainEntry>
}

/** The table as it is when its module is loaded: empty chains that accept. */
export function emptyTable(name: TableName): TableEntries {
  const chains = builtinChains(name).map((hook): [string, ChainEntry] => [
    hook,
    { name: hook, policy: 'ACCEPT', packets: 0, bytes: 0, rules: [] },
  ])
  return { name, chains: new Map(chains) }
}

/** The table without its counters. */
export function tableValue(entries: TableEntries): Table {
  const chains = [...entries.chains.values()].map((chain) =>
    Object.freeze({
      name: chain.name,
      policy: chain.policy,
      rules: Object.freeze(chain.rules.map((entry) => entry.rule)),
    }),
  )
  return Object.freeze({ name: entries.name, chains: Object.freeze(chains) })
}

/** Tables of a rule set with all counters at zero. Built-in chains that are not mentioned accept. */
export function tableEntries(ruleSet: RuleSet): TableEntries[] {
  return ruleSet.tables.map((table) => {
    const chains = new Map(emptyTable(table.name).chains)
    for (const chain of table.chains) {
      const rules = chain.rules.map((rule): RuleEntry => ({ rule, packets: 0, bytes: 0 }))
      chains.set(chain.name, { name: chain.name, policy: chain.policy, packets: 0, bytes: 0, rules })
    }
    return { name: table.name, chains }
  })
}
