import { isBuiltinChain } from './builtin-chains.js'
import type { Command, Counters } from './change.js'
import { type LineRef, refuse } from './fault.js'
import { type ParsedRule, RuleParser } from './parse-rule.js'
import type { Token } from './tokenize.js'
import type { TableName } from './types.js'
import { integer } from './values.js'

const COMMANDS: ReadonlyMap<string, string> = new Map(
  [
    ['A', 'append'],
    ['D', 'delete'],
    ['C', 'check'],
    ['I', 'insert'],
    ['R', 'replace'],
    ['F', 'flush'],
    ['Z', 'zero'],
    ['N', 'new-chain'],
    ['X', 'delete-chain'],
    ['P', 'policy'],
    ['E', 'rename-chain'],
  ].flatMap(([letter, name]): [string, string][] => [
    [`-${letter}`, name!],
    [`--${name}`, name!],
  ]),
)

/** Options of the iptables command line that restore text may not have. */
const FORBIDDEN: ReadonlySet<string> = new Set('-t --table -w --wait -W -L --list -S --list-rules -n -x -h'.split(' '))

/** Reads a command line inside a table section. Gives null for a rule of another address family. */
export function parseCommand(
  tokens: readonly Token[],
  table: TableName,
  counters: Counters | null,
  at: LineRef,
  setColumn: (column: number) => void,
): Command | null {
  const forbidden = tokens.find((token) => FORBIDDEN.has(token.text))
  if (forbidden !== undefined && isOption(tokens, forbidden)) {
    setColumn(forbidden.column)
    refuse(`${forbidden.text} cannot stand in restore text`)
  }
  const index = tokens.findIndex((token) => COMMANDS.has(token.text))
  const first = tokens[index]
  if (first === undefined) {
    if (tokens[0]?.text.startsWith('-') !== true) refuse(`stray argument "${tokens[0]?.text ?? ''}"`)
    refuse('the line has no command', 'begin it with -A CHAIN')
  }
  setColumn(first.column)
  const rest = [...tokens.slice(0, index), ...tokens.slice(index + 1)]
  return readCommand(COMMANDS.get(first.text)!, rest, index, table, counters, at, setColumn)
}

/** An argument of -m comment and the like may look like an option: only the places of options count. */
function isOption(tokens: readonly Token[], token: Token): boolean {
  const before = tokens[tokens.indexOf(token) - 1]
  return before === undefined || !before.text.startsWith('--')
}

function readCommand(
  kind: string,
  rest: Token[],
  index: number,
  table: TableName,
  counters: Counters | null,
  at: LineRef,
  setColumn: (column: number) => void,
): Command | null {
  const operand = (what: string): string => {
    const token = rest[index]
    if (token === undefined || token.text.startsWith('-') || token.text === '!') refuse(`${what} is missing`)
    setColumn(token.column)
    rest.splice(index, 1)
    return token.text
  }
  const optional = (): string | null => (rest[index] === undefined ? null : operand('chain'))
  const done = <T>(command: T): T => {
    if (rest[index] !== undefined) refuse(`stray argument "${rest[index].text}"`)
    return command
  }
  switch (kind) {
    case 'flush':
    case 'delete-chain':
      return done({ kind, chain: optional(), at })
    case 'zero': {
      const chain = optional()
      const number = optional()
      return done({ kind, chain, number: number === null ? null : ruleNumber(number), at })
    }
    case 'new-chain':
      return done({ kind, chain: newChainName(operand('chain')), at })
    case 'rename-chain':
      return done({ kind, chain: operand('chain'), to: newChainName(operand('new name')), at })
    case 'policy':
      return done({ kind, chain: operand('chain'), policy: policyName(operand('policy')), at })
    default:
      return readRuleCommand(kind as RuleCommand, operand, rest, index, { table, counters, at, setColumn })
  }
}

type RuleCommand = 'append' | 'delete' | 'check' | 'insert' | 'replace'

interface RuleContext {
  readonly table: TableName
  readonly counters: Counters | null
  readonly at: LineRef
  readonly setColumn: (column: number) => void
}

function readRuleCommand(
  kind: RuleCommand,
  operand: (what: string) => string,
  rest: Token[],
  index: number,
  context: RuleContext,
): Command | null {
  const { table, at } = context
  const chain = operand('chain')
  const hasNumber = rest[index] !== undefined && !/^[-!]/.test(rest[index].text)
  if (kind === 'delete' && hasNumber) {
    const number = ruleNumber(operand('rule number'))
    if (rest.length > 0) refuse(`stray argument "${rest[0]!.text}"`)
    return { kind: 'delete-number', chain, number, at }
  }
  const number = (kind === 'insert' && hasNumber) || kind === 'replace' ? ruleNumber(operand('rule number')) : 1
  const again = rest.find((token) => COMMANDS.has(token.text) && token.text.length === 2 && isOption(rest, token))
  if (again !== undefined) refuse(`${again.text} is a second command in the line`)
  const parsed = readRule(rest, context.setColumn)
  if (parsed.otherFamily) return null
  refuseInChain(parsed, table, chain)
  if (kind === 'replace' && parsed.rules.length !== 1) refuse('-R replaces one rule by one', 'write one -s and one -d')
  const counters = parsed.counters ?? context.counters
  if (kind === 'insert' || kind === 'replace') return { kind, chain, number, rules: parsed.rules, counters, at }
  return { kind, chain, rules: parsed.rules, counters, at }
}

function readRule(tokens: readonly Token[], setColumn: (column: number) => void): ParsedRule {
  const parser = new RuleParser(tokens)
  try {
    return parser.parse()
  } finally {
    setColumn(parser.column)
  }
}

/** What iptables itself refuses for a chain by name, before the kernel sees the rule. */
function refuseInChain(parsed: ParsedRule, table: TableName, chain: string): void {
  const rule = parsed.rules[0]!
  if (rule.inInterface !== null && ['OUTPUT', 'POSTROUTING'].includes(chain)) refuse(`-i cannot be used in ${chain}`)
  if (rule.outInterface !== null && ['INPUT', 'PREROUTING'].includes(chain)) refuse(`-o cannot be used in ${chain}`)
  if (table === 'nat' && rule.target?.kind === 'DROP') {
    refuse('table nat is not for filtering: DROP cannot be used in it', 'use table filter or raw')
  }
}

function ruleNumber(text: string): number {
  return integer('rule number', text, 1, 0xffff_ffff)
}

function policyName(text: string): 'ACCEPT' | 'DROP' {
  if (text === 'ACCEPT' || text === 'DROP') return text
  return refuse(`"${text}" is not a policy`, 'write ACCEPT or DROP')
}

/** Refuses what cannot be the name of a user chain. */
export function newChainName(text: string): string {
  if (text === '' || text.length > 28) refuse(`chain name "${text}" is not of 1 to 28 characters`)
  if (/^[-!]/.test(text) || /\s/.test(text)) refuse(`chain name "${text}" begins with - or ! or contains a blank`)
  return text
}

const COUNTERS = /^\[(\d+):(\d+)\]$/

/** `:CHAIN POLICY [packets:bytes]`. */
export function parseChainLine(tokens: readonly Token[], table: TableName, at: LineRef): Command {
  const chain = newChainName((tokens[0]?.text ?? '').slice(1))
  const policy = tokens[1]?.text ?? refuse(`the policy of chain ${chain} is missing`, 'write ACCEPT, DROP or -')
  const builtin = isBuiltinChain(table, chain)
  if (policy !== '-' && !builtin) refuse(`chain ${chain} is not built in and has no policy`, 'write - instead')
  const counters = COUNTERS.exec(tokens[2]?.text ?? '')
  return {
    kind: 'chain',
    chain,
    policy: policy === '-' ? null : policyName(policy),
    counters: counters === null ? null : { packets: Number(counters[1]), bytes: Number(counters[2]) },
    at,
  }
}
