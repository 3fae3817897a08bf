import { networkOf } from '../../addr/index.js'
import type { PolicyRule } from '../fib.js'
import type { Namespace } from '../namespace.js'
import { TABLE } from '../route.js'
import { readTable } from './names.js'
import type { Prefix, Words } from './words.js'

type Action = PolicyRule['action']

/** A rule as the words of the command describe it; null = not said. */
interface RuleSpec {
  preference: number | null
  source: Prefix | null
  destination: Prefix | null
  inDevice: string | null
  outDevice: string | null
  mark: { readonly value: number; readonly mask: number } | null
  tos: number
  invert: boolean
  action: Action | null
}

/**
 * `ip rule add|del [not] [from P] [to P] [iif D] [oif D] [fwmark M[/M]] [tos N] [pref N] [lookup T | unreachable |
 * prohibit | blackhole]`, `ip rule flush`.
 * @throws InvalidInputError
 */
export function ruleCommand(ns: Namespace, words: Words): void {
  const verb = words.takeIf('add', 'del', 'delete', 'flush')
  if (verb === undefined)
    words.refuse(`"${words.take('command')}" is not a command of ip rule`, 'say add, del or flush')
  if (verb === 'flush') {
    while (words.peek() !== undefined) words.stray()
    words.check()
    while (ns.fib.removeRule((rule) => rule.preference !== 0));
    return
  }
  const spec = readRule(words)
  words.check()
  if (verb === 'add') add(ns, words, spec)
  else if (!ns.fib.removeRule((rule) => isMeant(rule, spec))) words.refuse('No such file or directory')
}

function readRule(words: Words): RuleSpec {
  const spec: RuleSpec = {
    preference: null,
    source: null,
    destination: null,
    inDevice: null,
    outDevice: null,
    mark: null,
    tos: 0,
    invert: false,
    action: null,
  }
  while (words.peek() !== undefined) readRuleOption(words, spec)
  return spec
}

function readRuleOption(words: Words, spec: RuleSpec): void {
  const action = words.takeIf('unreachable', 'prohibit', 'blackhole')
  if (action !== undefined) spec.action = { kind: action as 'unreachable' | 'prohibit' | 'blackhole' }
  else if (words.takeIf('not')) spec.invert = true
  else if (words.takeIf('from')) spec.source = readNet(words, 'source')
  else if (words.takeIf('to')) spec.destination = readNet(words, 'destination')
  else if (words.takeIf('iif', 'dev')) spec.inDevice = words.take('device')
  else if (words.takeIf('oif')) spec.outDevice = words.take('device')
  else if (words.takeIf('fwmark')) spec.mark = readMark(words)
  else if (words.takeIf('tos', 'dsfield')) spec.tos = words.number('tos', 255)
  else if (words.takeIf('pref', 'preference', 'priority', 'order')) spec.preference = words.number('pref', 0xffff_ffff)
  else if (words.takeIf('lookup', 'table')) spec.action = { kind: 'lookup', table: readTable(words) }
  else words.stray()
}

/** `all` and the like are no selector. */
function readNet(words: Words, what: string): Prefix | null {
  const net = words.prefix(what)
  if (networkOf(net.address, net.prefix) !== net.address) words.note('Invalid prefix for given prefix length')
  return net.prefix === 0 ? null : Object.freeze(net)
}

function readMark(words: Words): { value: number; mask: number } {
  const word = words.take('mark')
  const parts = /^(0x[0-9a-f]{1,8}|\d+)(?:\/(0x[0-9a-f]{1,8}|\d+))?$/i.exec(word)
  if (parts === null) {
    if (word !== '') words.note(`fwmark value "${word}" is invalid`, 'write it as in 0x1/0xff')
    return { value: 0, mask: 0 }
  }
  return Object.freeze({ value: Number(parts[1]), mask: parts[2] === undefined ? 0xffff_ffff : Number(parts[2]) })
}

function add(ns: Namespace, words: Words, spec: RuleSpec): void {
  const action = spec.action ?? { kind: 'lookup', table: TABLE.main }
  const preference = spec.preference ?? defaultPreference(ns)
  if (spec.preference !== null && ns.fib.policyRules().some((rule) => isMeant(rule, { ...spec, action }))) {
    words.refuse('File exists')
  }
  ns.fib.addRule({ ...spec, preference, action: Object.freeze(action) })
}

/** fib_default_rule_pref: one before the second rule. */
function defaultPreference(ns: Namespace): number {
  const second = ns.fib.policyRules()[1]
  return second === undefined || second.preference === 0 ? 0 : second.preference - 1
}

/** rule_find: everything the command names is the rule's. */
function isMeant(rule: PolicyRule, spec: RuleSpec): boolean {
  if (spec.preference !== null && rule.preference !== spec.preference) return false
  if (spec.action !== null && !sameAction(rule.action, spec.action)) return false
  if (spec.source !== null && !samePrefix(rule.source, spec.source)) return false
  if (spec.destination !== null && !samePrefix(rule.destination, spec.destination)) return false
  if (spec.inDevice !== null && rule.inDevice !== spec.inDevice) return false
  if (spec.outDevice !== null && rule.outDevice !== spec.outDevice) return false
  if (spec.tos !== 0 && rule.tos !== spec.tos) return false
  if (spec.invert && !rule.invert) return false
  return spec.mark === null || (rule.mark?.value === spec.mark.value && rule.mark.mask === spec.mark.mask)
}

function sameAction(a: Action, b: Action): boolean {
  if (a.kind !== b.kind) return false
  return a.kind !== 'lookup' || b.kind !== 'lookup' || a.table === b.table
}

function samePrefix(a: Prefix | null, b: Prefix): boolean {
  return a !== null && a.address === b.address && a.prefix === b.prefix
}
