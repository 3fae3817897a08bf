import type { Chain, Rule, TableName } from '../../iptables/index.js'
import { byText } from '../model/ip-text.js'

/** Collects rules by table and chain; chains are made by their first mention. */
export class ChainWriter {
  private readonly tables = new Map<TableName, Map<string, Rule[]>>()

  /** Makes a chain, perhaps to stay empty. */
  declare(table: TableName, chain: string): void {
    this.rulesOf(table, chain)
  }

  /** Appends rules to a chain. */
  append(table: TableName, chain: string, ...rules: readonly Rule[]): void {
    this.rulesOf(table, chain).push(...rules)
  }

  /** The chains of a table, by name. */
  chains(table: TableName): readonly Chain[] {
    const chains = [...(this.tables.get(table) ?? [])].sort(([a], [b]) => byText(a, b))
    return Object.freeze(
      chains.map(([name, rules]) => Object.freeze({ name, policy: null, rules: Object.freeze([...rules]) })),
    )
  }

  private rulesOf(table: TableName, chain: string): Rule[] {
    const chains = this.tables.get(table) ?? new Map<string, Rule[]>()
    this.tables.set(table, chains)
    const rules = chains.get(chain) ?? []
    chains.set(chain, rules)
    return rules
  }
}
