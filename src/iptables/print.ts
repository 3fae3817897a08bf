import { formatIpv4 } from '../addr/index.js'
import { builtinChains } from './builtin-chains.js'
import type { Counters } from './change.js'
import { printMatch } from './print-match.js'
import { printTarget } from './print-target.js'
import { printProtocol } from './protocols.js'
import type { AddressMatch, Chain, InterfaceMatch, Rule, RuleSet, Table, TableName } from './types.js'
import { printMask } from './values.js'

/** Counters of a chain: its policy's (user chains: zero) and its rules', in order. */
export interface ChainCounters {
  readonly policy: Counters
  readonly rules: readonly Counters[]
}

/** Where {@link printSave} takes counters from. */
export type CounterSource = (table: TableName, chain: string) => ChainCounters | undefined

/**
 * Prints rules as `iptables-save` 1.8.9 does, without its comment lines: built-in chains first, then the others
 * by name. With `counters`, rules begin with `[packets:bytes]` as under `-c`;
 * policies' counters are always printed, zero where none are given.
 */
export function printSave(
  ruleSet: RuleSet,
  options: { readonly counters?: CounterSource; readonly policyCounters?: CounterSource } = {},
): string {
  const policies = options.policyCounters ?? options.counters
  return ruleSet.tables.map((table) => printTable(table, options.counters, policies)).join('')
}

function printTable(table: Table, counters: CounterSource | undefined, policies: CounterSource | undefined): string {
  const chains = sortChains(table)
  const lines = [`*${table.name}`]
  for (const chain of chains) {
    const { packets, bytes } = policies?.(table.name, chain.name)?.policy ?? { packets: 0, bytes: 0 }
    lines.push(`:${chain.name} ${chain.policy ?? '-'} [${packets}:${bytes}]`)
  }
  for (const chain of chains) {
    const rules = counters?.(table.name, chain.name)?.rules
    chain.rules.forEach((rule, i) => {
      const count = rules?.[i]
      const prefix = counters === undefined ? '' : `[${count?.packets ?? 0}:${count?.bytes ?? 0}] `
      lines.push(prefix + printRule(chain.name, rule))
    })
  }
  lines.push('COMMIT', '')
  return lines.join('\n')
}

/** Built-in chains in the order of the hooks, then user chains by name. */
export function sortChains(table: Table): Chain[] {
  const order = builtinChains(table.name) as readonly string[]
  const rank = (chain: Chain): number => (chain.policy === null ? order.length : order.indexOf(chain.name))
  return [...table.chains].sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}

/** Prints `-A CHAIN …`, one line, as iptables-save does. */
export function printRule(chain: string, rule: Rule): string {
  return [
    `-A ${chain}`,
    printAddress('-s', rule.source),
    printAddress('-d', rule.destination),
    printInterface('-i', rule.inInterface),
    printInterface('-o', rule.outInterface),
    rule.protocol && `${rule.protocol.invert ? '! ' : ''}-p ${printProtocol(rule.protocol.protocol)}`,
    rule.fragment && `${rule.fragment.invert ? '! ' : ''}-f`,
    ...rule.matches.map(printMatch),
    rule.target && printTarget(rule.target),
  ]
    .filter((part) => part !== null && part !== '')
    .join(' ')
}

function printAddress(option: string, match: AddressMatch): string {
  if (match.mask === 0 && !match.invert) return ''
  return `${match.invert ? '! ' : ''}${option} ${formatIpv4(match.address)}${printMask(match.mask)}`
}

function printInterface(option: string, match: InterfaceMatch | null): string {
  if (match === null || match.name === '') return ''
  return `${match.invert ? '! ' : ''}${option} ${match.name}${match.prefix ? '+' : ''}`
}
