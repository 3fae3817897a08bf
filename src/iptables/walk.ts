import { type HookState, type Verdict } from '../netfilter/index.js'
import type { ChainEndStep, RuleStep, TraceSink } from '../trace/index.js'
import type { Packet } from '../wire/index.js'
import type { CompiledChain, CompiledRule, CompiledTable } from './compile.js'
import { describeFailure } from './describe-failure.js'
import { FAILED } from './failed.js'
import { runMatch } from './matches.js'
import type { SetLookups } from './set-lookups.js'
import { isTerminal, runTarget } from './walk-targets.js'
import { WalkContext } from './walk-context.js'

/**
 * Walks the table's chain of the packet's hook (ipt_do_table): rule by rule the header, the matches in order, the
 * counters, the target. A jump is returned from, a goto is not; a built-in chain ends in its policy.
 */
export function walk(table: CompiledTable, pkt: Packet, state: HookState, sets: SetLookups): Verdict {
  const base = table.at(state.hook)
  if (base === undefined) return 'accept'
  const context = new WalkContext(table, pkt, state, sets)
  const trace = state.env.sim.trace
  let chain = base
  let index = 0
  let returns: CompiledChain[] | null = null
  let returnIndexes: number[] | null = null
  for (;;) {
    const rule = chain.rules[index]
    let leave = rule === undefined
    if (rule === undefined) {
      if (chain === base) return policy(table, base, context, trace)
      if (trace !== null) emitReturn(chain, context, trace)
    } else {
      index++
      const failed = firstFailure(rule, context)
      if (failed >= 0) {
        if (trace !== null && trace.everyRule) emitFailed(rule, failed, context, trace)
        if (context.hotdrop) return dropMalformed(rule, context)
        continue
      }
      if (failed === FAILED.UNKNOWN) return dropUnknown(rule, unknownMatchOf(rule), context)
      table.count(rule, context.length)
      const target = rule.target
      switch (target.kind) {
        case 'jump':
        case 'goto':
          if (trace !== null) emitMatched(rule, target.kind, null, context, trace)
          if (target.kind === 'jump') {
            if (returns === null || returnIndexes === null) {
              returns = []
              returnIndexes = []
            }
            returns.push(chain)
            returnIndexes.push(index)
          }
          chain = target.chain
          index = 0
          continue
        case 'none':
          if (trace !== null) emitMatched(rule, 'continue', null, context, trace)
          continue
        case 'RETURN':
          if (trace !== null) emitMatched(rule, 'return', null, context, trace)
          leave = true
          break
        case 'ACCEPT':
          if (trace !== null) emitMatched(rule, 'accept', null, context, trace)
          return 'accept'
        case 'DROP':
          if (trace !== null) emitMatched(rule, 'drop', null, context, trace)
          return dropBy(rule, context)
        case 'unknown':
          return dropUnknown(rule, target.name, context)
        default: {
          const terminal = isTerminal(target)
          if (terminal && trace !== null)
            emitMatched(rule, target.kind === 'REJECT' ? 'drop' : 'accept', null, context, trace)
          const result = runTarget(target, rule, context)
          if (result === 'unknown') return dropUnknown(rule, target.kind, context)
          if (!terminal && trace !== null) {
            emitMatched(rule, result === 'continue' ? 'continue' : 'drop', context.effect, context, trace)
          }
          context.effect = null
          if (result !== 'continue') return result
          continue
        }
      }
    }
    if (!leave) continue
    if (returns === null || returnIndexes === null || returns.length === 0) {
      return policy(table, base, context, trace)
    }
    chain = returns.pop()!
    index = returnIndexes.pop()!
  }
}

/** The first condition that fails, or why none does. Matches that keep state are asked once, in order. */
export function firstFailure(rule: CompiledRule, context: WalkContext): number {
  if (((context.source & rule.sourceMask) >>> 0 === rule.source) === rule.sourceInvert) return FAILED.SOURCE
  if (((context.destination & rule.destinationMask) >>> 0 === rule.destination) === rule.destinationInvert) {
    return FAILED.DESTINATION
  }
  if (rule.inName !== null && deviceMatches(rule.inName, rule.inPrefix, context.inName) === rule.inInvert)
    return FAILED.IN
  if (rule.outName !== null && deviceMatches(rule.outName, rule.outPrefix, context.outName) === rule.outInvert) {
    return FAILED.OUT
  }
  if (rule.protocol !== -1 && (rule.protocol === context.protocol) === rule.protocolInvert) return FAILED.PROTOCOL
  if (rule.fragment !== 0 && (context.fragmentOffset !== 0) !== (rule.fragment === 1)) return FAILED.FRAGMENT
  const matches = rule.matches
  let unknown = false
  for (let i = 0; i < matches.length; i++) {
    const result = runMatch(matches[i]!, context, rule)
    if (result === false) return FAILED.FIRST_MATCH + i
    if (result === 'unknown') unknown = true
  }
  return unknown ? FAILED.UNKNOWN : FAILED.NONE
}

function deviceMatches(wanted: string, prefix: boolean, name: string): boolean {
  return prefix ? name.startsWith(wanted) : name === wanted
}

function policy(table: CompiledTable, base: CompiledChain, context: WalkContext, trace: TraceSink | null): Verdict {
  table.count(base, context.length)
  const drop = base.policy === 'DROP'
  if (trace !== null) emitEnd(base, drop ? 'drop' : 'accept', context, trace)
  if (!drop) return 'accept'
  context.state.drop = { reason: 'NETFILTER_DROP', where: `${context.table} ${base.name} policy`, rule: null }
  return 'drop'
}

/** Names the rule as `state.drop` does. */
function place(rule: CompiledRule, context: WalkContext): string {
  return `${context.table} ${rule.chain} rule ${rule.number}`
}

function dropBy(rule: CompiledRule, context: WalkContext): Verdict {
  context.state.drop = { reason: 'NETFILTER_DROP', where: place(rule, context), rule: rule.text }
  return 'drop'
}

function dropMalformed(rule: CompiledRule, context: WalkContext): Verdict {
  context.state.drop = {
    reason: 'NETFILTER_DROP',
    where: `${place(rule, context)}: malformed or truncated packet`,
    rule: rule.text,
  }
  return 'drop'
}

function unknownMatchOf(rule: CompiledRule): string {
  const match = rule.matches.find((one) => one.kind === 'unknown')
  return match !== undefined && match.kind === 'unknown' ? match.name : ''
}

function dropUnknown(rule: CompiledRule, extension: string, context: WalkContext): Verdict {
  const where = place(rule, context)
  const { env } = context.state
  const text = rule.text
  env.sim.trace?.step(context.pkt.id, env.name, { kind: 'unknown', where, rule: text, extension })
  context.state.drop = { reason: 'UNKNOWN_EXTENSION', where, rule: text }
  return 'drop'
}

function emitMatched(
  rule: CompiledRule,
  action: NonNullable<RuleStep['action']>,
  effect: string | null,
  context: WalkContext,
  trace: TraceSink,
): void {
  emitRule(rule, { matched: true, action, failed: null, effect }, context, trace)
}

function emitFailed(rule: CompiledRule, failed: number, context: WalkContext, trace: TraceSink): void {
  const reason = describeFailure(rule, failed, context)
  emitRule(rule, { matched: false, action: null, failed: reason, effect: null }, context, trace)
}

function emitRule(
  rule: CompiledRule,
  outcome: Pick<RuleStep, 'matched' | 'action' | 'failed' | 'effect'>,
  context: WalkContext,
  trace: TraceSink,
): void {
  trace.step(context.pkt.id, context.state.env.name, {
    kind: 'rule',
    hook: context.state.hook,
    table: context.table,
    chain: rule.chain,
    number: rule.number,
    rule: rule.text,
    matched: outcome.matched,
    action: outcome.action,
    failed: outcome.failed,
    effect: outcome.effect,
  })
}

function emitReturn(chain: CompiledChain, context: WalkContext, trace: TraceSink): void {
  emitEnd(chain, 'return', context, trace)
}

function emitEnd(chain: CompiledChain, action: ChainEndStep['action'], context: WalkContext, trace: TraceSink): void {
  trace.step(context.pkt.id, context.state.env.name, {
    kind: 'chain-end',
    hook: context.state.hook,
    table: context.table,
    chain: chain.name,
    action,
    number: chain.rules.length + 1,
  })
}
