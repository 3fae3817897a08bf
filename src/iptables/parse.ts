import { type InputIssue, InvalidInputError } from '../base/index.js'
import { applyChange } from './apply.js'
import { isTableName, TABLE_NAMES } from './builtin-chains.js'
import type { Command, Counters, RuleSetChange, TableChange } from './change.js'
import { issueAt, type LineRef, refuse, RuleFault } from './fault.js'
import { parseChainLine, parseCommand } from './parse-command.js'
import { tokenize } from './tokenize.js'
import { tableValue } from './tables.js'
import type { RuleSet, TableName } from './types.js'

/** What the text said, and what was wrong with it. */
export interface ReadRestore {
  readonly change: RuleSetChange
  readonly issues: readonly InputIssue[]
}

/** A table section that is still open. */
interface Section {
  readonly table: TableName
  readonly commands: Command[]
  readonly at: LineRef
}

/**
 * Reads `iptables-restore` text, iptables-save's output included, as strictly as version 1.8.9 does. Matches and
 * targets that are not modelled are kept with their arguments.
 * @throws InvalidInputError with one issue for every line that is wrong.
 */
export function parseRestore(text: string, options: { readonly file?: string } = {}): RuleSetChange {
  const { change, issues } = readRestore(text, options)
  if (issues.length > 0) throw new InvalidInputError(issues)
  return change
}

/** Like {@link parseRestore}, but gives the issues beside what could be read. */
export function readRestore(text: string, options: { readonly file?: string } = {}): ReadRestore {
  const file = options.file ?? 'iptables-restore'
  const lines = text.split('\n')
  const tables: TableChange[] = []
  const issues: InputIssue[] = []
  let section: Section | null = null
  lines.forEach((line, index) => {
    const at: LineRef = Object.freeze({ file, line: index + 1 })
    if (line.trim() === '' || line.startsWith('#')) return
    const place = { column: 1 }
    try {
      section = readLine(line, section, tables, at, place)
    } catch (fault) {
      if (!(fault instanceof RuleFault)) throw fault
      issues.push(issueAt(at, place.column, fault.message, fault.fix))
    }
  })
  const open = section as Section | null
  if (open !== null) issues.push(issueAt({ file, line: lines.length }, 1, `table ${open.table} has no COMMIT`))
  return { change: { tables }, issues }
}

/**
 * The rule set that `iptables-restore` would make of the text in a namespace without rules. Sets named by
 * `-m set` need not exist.
 * @throws InvalidInputError with every issue, the kernel's own checks included.
 */
export function parseRuleSet(text: string, options: { readonly file?: string } = {}): RuleSet {
  const { change, issues } = readRestore(text, options)
  const found = [...issues]
  const tables = applyChange(change, new Map(), { noflush: false, counters: false, sets: null }, found)
  if (found.length > 0) throw new InvalidInputError(found)
  const values = TABLE_NAMES.flatMap((name) => tables.get(name) ?? []).map(tableValue)
  return Object.freeze({ tables: Object.freeze(values) })
}

function readLine(
  line: string,
  section: Section | null,
  tables: TableChange[],
  at: LineRef,
  place: { column: number },
): Section | null {
  if (section === null) return openSection(line, at)
  if (line === 'COMMIT') {
    tables.push({ table: section.table, commands: section.commands, at: section.at })
    return null
  }
  const command = line.startsWith(':')
    ? parseChainLine(tokenize(line), section.table, at)
    : commandLine(line, section.table, at, place)
  if (command !== null) section.commands.push(command)
  return section
}

function openSection(line: string, at: LineRef): Section {
  const name = line.startsWith('*') ? line.slice(1).trim() : refuse('the line is outside a table', 'begin with *filter')
  if (!isTableName(name)) refuse(`table "${name}" does not exist`, `one of ${TABLE_NAMES.join(', ')}`)
  return { table: name, commands: [], at }
}

function commandLine(line: string, table: TableName, at: LineRef, place: { column: number }): Command | null {
  const { counters, from } = leadingCounters(line)
  return parseCommand(tokenize(line, from), table, counters, at, (column) => {
    place.column = column
  })
}

/** `[packets:bytes]` before a rule. */
function leadingCounters(line: string): { counters: Counters | null; from: number } {
  if (!line.startsWith('[')) return { counters: null, from: 0 }
  const end = line.indexOf(']')
  const [, packets, bytes] = /^\[(\d+):(\d+)\]/.exec(line) ?? []
  if (end < 0 || packets === undefined || bytes === undefined) {
    refuse('the counters before the rule are not [packets:bytes]')
  }
  return { counters: { packets: Number(packets), bytes: Number(bytes) }, from: end + 1 }
}
