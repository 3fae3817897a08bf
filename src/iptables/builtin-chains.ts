import type { Hook } from '../trace/index.js'
import type { TableName } from './types.js'

/** Every table, in the order of its priority within a hook (nat comes at two priorities). */
export const TABLE_NAMES: readonly TableName[] = ['raw', 'mangle', 'nat', 'filter', 'security']

const BUILTIN: Readonly<Record<TableName, readonly Hook[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  security: ['INPUT', 'FORWARD', 'OUTPUT'],
}

/** The hooks a table has chains at, in the order iptables-save lists them. */
export function builtinChains(table: TableName): readonly Hook[] {
  return BUILTIN[table]
}

/** Whether `chain` is one of the table's own. */
export function isBuiltinChain(table: TableName, chain: string): chain is Hook {
  return (BUILTIN[table] as readonly string[]).includes(chain)
}

export function isTableName(name: string): name is TableName {
  return (TABLE_NAMES as readonly string[]).includes(name)
}
