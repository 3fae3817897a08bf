import { assertNever, type InputIssue } from '../base/index.js'
import { isBuiltinChain } from './builtin-chains.js'
import type { Command, Counters, RuleSetChange } from './change.js'
import { checkTable, type SetNames } from './check.js'
import { issueAt, type LineRef, refuse, RuleFault } from './fault.js'
import { printRule } from './print.js'
import { emptyTable, type RuleEntry, type TableEntries } from './tables.js'
import type { Rule, TableName } from './types.js'

/** How to apply a change. */
export interface ApplyOptions {
  /** Keep what is there (`--noflush`); otherwise a table mentioned begins empty, its policies kept. */
  readonly noflush: boolean
  /** Take the counters that the text gives (`-c`); otherwise they start at zero. */
  readonly counters: boolean
  /** Sets that exist, for `-m set`; null = not checked. */
  readonly sets: SetNames | null
}

interface WorkChain {
  readonly name: string
  policy: 'ACCEPT' | 'DROP' | null
  packets: number
  bytes: number
  rules: RuleEntry[]
}

/** Where rules of the change were written, for messages. */
type Places = Map<Rule, LineRef>

/**
 * The tables after a change; those it does not mention are not in the result. As iptables-restore commits a
 * table whole: rules left as they were keep their counters, and every policy's counters start again. Nothing is
 * changed when there are issues; they are added to `issues`.
 */
export function applyChange(
  change: RuleSetChange,
  current: ReadonlyMap<TableName, TableEntries>,
  options: ApplyOptions,
  issues: InputIssue[],
): Map<TableName, TableEntries> {
  const result = new Map<TableName, TableEntries>()
  const cleared = new Set<TableName>()
  for (const section of change.tables) {
    const before = result.get(section.table) ?? current.get(section.table) ?? emptyTable(section.table)
    const work = new TableWork(before, options.noflush || cleared.has(section.table), options.counters)
    cleared.add(section.table)
    for (const command of section.commands) runCommand(work, command, issues)
    const entries = work.entries()
    issues.push(...checkTable(entries, work.places, options.sets))
    result.set(section.table, entries)
  }
  return result
}

function runCommand(work: TableWork, command: Command, issues: InputIssue[]): void {
  try {
    work.run(command)
  } catch (fault) {
    if (!(fault instanceof RuleFault)) throw fault
    issues.push(issueAt(command.at, 1, fault.message, fault.fix))
  }
}

/** One table while a change is worked into it. */
class TableWork {
  readonly places: Places = new Map()
  private readonly table: TableName
  private readonly chains = new Map<string, WorkChain>()
  private readonly keep: boolean
  private readonly takeCounters: boolean

  constructor(before: TableEntries, keep: boolean, takeCounters: boolean) {
    this.table = before.name
    this.keep = keep
    this.takeCounters = takeCounters
    for (const chain of before.chains.values()) {
      if (!keep && chain.policy === null) continue
      const rules = keep ? chain.rules.map((entry) => ({ ...entry })) : []
      this.chains.set(chain.name, { name: chain.name, policy: chain.policy, packets: 0, bytes: 0, rules })
    }
  }

  entries(): TableEntries {
    return { name: this.table, chains: this.chains }
  }

  run(command: Command): void {
    switch (command.kind) {
      case 'chain':
        this.declare(command)
        return
      case 'append':
        this.chain(command.chain).rules.push(...this.newRules(command))
        return
      case 'insert':
        this.insert(command)
        return
      case 'replace': {
        const chain = this.chain(command.chain)
        this.at(chain, command.number)
        chain.rules.splice(command.number - 1, 1, ...this.newRules(command))
        return
      }
      case 'delete':
        for (const rule of command.rules) this.removeRule(this.chain(command.chain), rule)
        return
      case 'check':
        for (const rule of command.rules) this.find(this.chain(command.chain), rule)
        return
      case 'delete-number': {
        const chain = this.chain(command.chain)
        this.at(chain, command.number)
        chain.rules.splice(command.number - 1, 1)
        return
      }
      case 'flush':
        for (const chain of this.chosen(command.chain)) chain.rules = []
        return
      case 'zero':
        this.zero(command.chain, command.number)
        return
      case 'new-chain':
        this.newChain(command.chain)
        return
      case 'delete-chain':
        this.deleteChains(command.chain)
        return
      case 'rename-chain':
        this.rename(command.chain, command.to)
        return
      case 'policy':
        this.setPolicy(command.chain, command.policy)
        return
      default:
        assertNever(command)
    }
  }

  private chain(name: string): WorkChain {
    return (
      this.chains.get(name) ?? refuse(`chain ${name} does not exist in table ${this.table}`, `write :${name} - before`)
    )
  }

  private at(chain: WorkChain, number: number): RuleEntry {
    const entry = chain.rules[number - 1]
    return entry ?? refuse(`chain ${chain.name} has no rule ${number}`, `it has ${chain.rules.length}`)
  }

  private chosen(name: string | null): WorkChain[] {
    return name === null ? [...this.chains.values()] : [this.chain(name)]
  }

  private newRules(command: { rules: readonly Rule[]; counters: Counters | null; at: LineRef }): RuleEntry[] {
    return command.rules.map((rule) => {
      this.places.set(rule, command.at)
      const counters = this.takeCounters ? command.counters : null
      return { rule, packets: counters?.packets ?? 0, bytes: counters?.bytes ?? 0 }
    })
  }

  private declare(command: Extract<Command, { kind: 'chain' }>): void {
    const existing = this.chains.get(command.chain)
    if (!isBuiltinChain(this.table, command.chain)) {
      if (existing !== undefined && this.keep) existing.rules = []
      else this.newChain(command.chain)
      return
    }
    if (command.policy === null) return
    const chain = this.chain(command.chain)
    chain.policy = command.policy
    if (this.takeCounters && command.counters !== null) {
      chain.packets = command.counters.packets
      chain.bytes = command.counters.bytes
    }
  }

  private insert(command: Extract<Command, { kind: 'insert' | 'replace' }>): void {
    const chain = this.chain(command.chain)
    if (command.number > chain.rules.length + 1) {
      refuse(`cannot insert as rule ${command.number}: chain ${chain.name} has ${chain.rules.length}`)
    }
    chain.rules.splice(command.number - 1, 0, ...this.newRules(command).reverse())
  }

  private find(chain: WorkChain, rule: Rule): number {
    const text = printRule(chain.name, rule)
    const index = chain.rules.findIndex((entry) => printRule(chain.name, entry.rule) === text)
    return index >= 0 ? index : refuse(`chain ${chain.name} has no such rule: ${text}`)
  }

  private removeRule(chain: WorkChain, rule: Rule): void {
    chain.rules.splice(this.find(chain, rule), 1)
  }

  private zero(name: string | null, number: number | null): void {
    const chains = this.chosen(name)
    const entries = number === null ? chains.flatMap((chain) => chain.rules) : [this.at(chains[0]!, number)]
    for (const entry of entries) {
      entry.packets = 0
      entry.bytes = 0
    }
  }

  private newChain(name: string): void {
    const taken = ['ACCEPT', 'DROP', 'QUEUE', 'RETURN'].includes(name)
    if (taken) refuse(`chain name ${name} is a target's`, 'use another name')
    if (this.chains.has(name)) refuse(`chain ${name} exists already in table ${this.table}`)
    this.chains.set(name, { name, policy: null, packets: 0, bytes: 0, rules: [] })
  }

  private deleteChains(name: string | null): void {
    const chains =
      name === null ? [...this.chains.values()].filter((chain) => chain.policy === null) : [this.chain(name)]
    for (const chain of chains) {
      if (chain.policy !== null) refuse(`chain ${chain.name} is built in and cannot be deleted`)
      if (chain.rules.length > 0) refuse(`chain ${chain.name} is not empty`, `write -F ${chain.name} before`)
      if (this.isReferred(chain.name)) refuse(`chain ${chain.name} is still jumped to`, 'delete those rules before')
    }
    for (const chain of chains) this.chains.delete(chain.name)
  }

  private isReferred(name: string): boolean {
    return [...this.chains.values()].some((chain) => chain.rules.some((entry) => jumpsTo(entry.rule) === name))
  }

  private rename(from: string, to: string): void {
    const chain = this.chain(from)
    if (chain.policy !== null) refuse(`chain ${from} is built in and cannot be renamed`)
    this.newChain(to)
    this.chains.get(to)!.rules = chain.rules
    this.chains.delete(from)
    for (const other of this.chains.values()) {
      other.rules = other.rules.map((entry) => ({ ...entry, rule: redirected(entry.rule, from, to) }))
    }
  }

  private setPolicy(name: string, policy: 'ACCEPT' | 'DROP'): void {
    const chain = this.chain(name)
    if (chain.policy === null) refuse(`chain ${name} is not built in and has no policy`)
    if (this.table === 'nat' && policy === 'DROP')
      refuse('table nat is not for filtering: policy DROP cannot be used in it')
    chain.policy = policy
  }
}

/** The chain a rule jumps or goes to, or null. */
export function jumpsTo(rule: Rule): string | null {
  const target = rule.target
  return target !== null && (target.kind === 'jump' || target.kind === 'goto') ? target.chain : null
}

function redirected(rule: Rule, from: string, to: string): Rule {
  const target = rule.target
  if (target === null || (target.kind !== 'jump' && target.kind !== 'goto') || target.chain !== from) return rule
  return Object.freeze({ ...rule, target: Object.freeze({ kind: target.kind, chain: to }) })
}
