import type { Chain, Rule, RuleSet, Table, TableName } from '../../iptables/index.js'
import { byText } from '../model/ip-text.js'
import { isServiceChain } from './chain-names.js'
import type { DesiredRules } from './desired-state.js'
import type { Jump } from './jumps.js'

const TABLES: readonly TableName[] = ['raw', 'mangle', 'nat', 'filter', 'security']
const BUILT_IN: Readonly<Record<TableName, readonly string[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  security: ['INPUT', 'FORWARD', 'OUTPUT'],
}

/**
 * The tables after kube-proxy's sync: its chains hold what is desired, each missing jump stands first in its
 * built-in chain (the later ensured above the earlier), its stale per-service chains are gone, and everything else
 * is as it was. Jumps already present stay where they are. Chains come in a fixed order: built-in ones in the
 * kernel's, then the others by name.
 */
export function applyTo(existing: RuleSet, desired: DesiredRules): RuleSet {
  const names = new Set([...existing.tables, ...desired.chains.tables].map((table) => table.name))
  const tables = TABLES.filter((name) => names.has(name)).map((name) => {
    const before = existing.tables.find((table) => table.name === name)
    const wanted = desired.chains.tables.find((table) => table.name === name)
    if (wanted === undefined) return before!
    return applyToTable(before ?? { name, chains: [] }, wanted, desired.jumps)
  })
  return Object.freeze({ tables: Object.freeze(tables) })
}

function applyToTable(before: Table, wanted: Table, jumps: readonly Jump[]): Table {
  const chains = new Map<string, Chain>(BUILT_IN[before.name].map((name) => [name, builtIn(name)]))
  for (const chain of before.chains) if (!isStale(before.name, chain)) chains.set(chain.name, chain)
  for (const chain of wanted.chains) chains.set(chain.name, chain)
  for (const jump of jumps) {
    if (jump.table !== before.name) continue
    const chain = chains.get(jump.chain) ?? builtIn(jump.chain)
    chains.set(jump.chain, ensured(chain, jump.rule))
  }
  const isUser = ([, chain]: [string, Chain]): boolean => chain.policy === null
  const user = [...chains].filter(isUser).sort(([a], [b]) => byText(a, b))
  const ordered = [...[...chains].filter((entry) => !isUser(entry)), ...user].map(([, chain]) => chain)
  return Object.freeze({ name: before.name, chains: Object.freeze(ordered) })
}

function builtIn(name: string): Chain {
  return Object.freeze({ name, policy: 'ACCEPT', rules: Object.freeze([]) })
}

/** Per-service chains live in nat only; wanted ones are set again after stale ones fell away. */
function isStale(table: TableName, chain: Chain): boolean {
  return table === 'nat' && isServiceChain(chain.name)
}

function ensured(chain: Chain, wanted: Rule): Chain {
  if (chain.rules.some((rule) => sameValue(rule, wanted))) return chain
  return Object.freeze({ ...chain, rules: Object.freeze([wanted, ...chain.rules]) })
}

/** Structural equality of plain values, whatever the order of their keys. */
function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every((key) => sameValue((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]))
}
