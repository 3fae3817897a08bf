import { assertNever } from '../../base/index.js'
import {
  type BridgeStep,
  type ConntrackStep,
  DROP_REASONS,
  type Hook,
  type NatStep,
  type RouteStep,
  type RuleStep,
  type SocketStep,
  type Step,
} from '../../trace/index.js'
import type { Style } from './style.js'

/** What a step is, in one word, and what there is to say about it. */
interface StepLine {
  readonly label: string
  readonly text: string
}

const LABEL_WIDTH = 10

/**
 * A hop's steps as lines, those of a hook under its name. Chains that return are left out unless `all`; built-in chains
 * whose policy accepted, one after another, share a line.
 */
export function renderSteps(steps: readonly Step[], all: boolean, style: Style): string[] {
  const lines: string[] = []
  let accepted: string[] = []
  let hook: Hook | null = null
  let rule: string | null = null
  const push = (made: StepLine): void => {
    lines.push(`${hook === null ? '  ' : '    '}${style.label(made.label.padEnd(LABEL_WIDTH))} ${made.text}`)
  }
  const flush = (): void => {
    if (accepted.length > 0) push({ label: 'policy', text: style.dim(`ACCEPT by ${accepted.join(', ')}`) })
    accepted = []
  }
  for (const step of steps) {
    if (!all && isQuiet(step)) continue
    if (step.kind === 'chain-end' && step.action === 'accept' && !all) {
      accepted.push(`${step.table} ${step.chain}`)
      continue
    }
    flush()
    const next: Hook | null = 'hook' in step ? step.hook : WITHIN_HOOK.has(step.kind) ? hook : null
    if (next !== null && next !== hook) lines.push(`  ${style.title(next)}`)
    hook = next
    const said = step.kind === 'drop' && step.rule === rule
    push(stepLine(said ? { ...step, rule: null } : step, style))
    if (step.kind === 'rule') rule = step.rule
  }
  flush()
  return lines
}

/** Steps without a hook of their own that belong to the one they happen in. */
const WITHIN_HOOK: ReadonlySet<Step['kind']> = new Set<Step['kind']>(['conntrack', 'drop', 'unknown', 'note'])

function isQuiet(step: Step): boolean {
  return step.kind === 'chain-end' && step.action === 'return'
}

function stepLine(step: Step, style: Style): StepLine {
  switch (step.kind) {
    case 'device': {
      const macs = style.dim(`${step.macSource} > ${step.macDestination}, ${step.length} bytes`)
      return {
        label: step.action === 'receive' ? 'in' : 'out',
        text: `${step.device} (${step.deviceKind})  ${step.packet}  ${macs}`,
      }
    }
    case 'bridge':
      return { label: 'bridge', text: bridgeText(step) }
    case 'rule':
      return { label: step.table, text: ruleText(step, style) }
    case 'chain-end':
      return { label: step.table, text: chainEndText(step.chain, step.number, step.action, style) }
    case 'conntrack':
      return { label: 'conntrack', text: conntrackText(step, style) }
    case 'nat':
      return { label: step.manip === 'source' ? 'SNAT' : 'DNAT', text: natText(step, style) }
    case 'route':
      return { label: 'route', text: routeText(step, style) }
    case 'neighbour': {
      const mac = step.mac === null ? '' : ` is at ${step.mac}`
      const paint = step.action === 'failed' ? style.bad : (text: string) => text
      return {
        label: 'neighbour',
        text: paint(`${step.address}${mac} dev ${step.device}, ${step.action} (${step.state})`),
      }
    }
    case 'encapsulation': {
      const outer = style.change(`${step.outer.source} > ${step.outer.destination}`)
      const inner = step.action === 'encapsulate' ? 'into' : 'out of'
      return {
        label: step.action === 'encapsulate' ? 'encap' : 'decap',
        text: `${step.device} vni ${step.vni}: ${step.inner} ${inner} udp ${outer}  ${style.dim(step.why)}`,
      }
    }
    case 'forward':
      return {
        label: 'forward',
        text: `${step.inDevice} → ${step.outDevice}, ttl ${step.ttlBefore} → ${step.ttlAfter}`,
      }
    case 'fragment': {
      const mtu = step.mtu === null ? '' : ` for mtu ${step.mtu}`
      return {
        label: step.action,
        text: step.action === 'queue' ? 'waits for the other fragments' : `${step.count} fragments${mtu}`,
      }
    }
    case 'socket':
      return { label: 'socket', text: socketText(step, style) }
    case 'reply':
      return { label: 'answer', text: style.warn(`${step.action}: ${step.detail}`) }
    case 'drop': {
      const rule = step.rule === null ? '' : `: ${step.rule}`
      return { label: 'DROP', text: style.bad(`${step.reason}, ${DROP_REASONS[step.reason]}; ${step.where}${rule}`) }
    }
    case 'unknown':
      return { label: 'UNKNOWN', text: style.warn(`${step.extension} is not modelled; ${step.where}: ${step.rule}`) }
    case 'note':
      return { label: 'note', text: step.detail }
    default:
      return assertNever(step)
  }
}

function bridgeText(step: BridgeStep): string {
  const from = step.inPort === null ? '' : ` ${step.inPort}`
  const to = step.outPorts.length === 0 ? '' : ` → ${step.outPorts.join(', ')}`
  return `${step.bridge} ${step.action}:${from}${to}  (${step.why})`
}

function ruleText(step: RuleStep, style: Style): string {
  const where = `${step.chain} ${step.number}`.padEnd(28)
  if (!step.matched) return style.dim(`${where} ${step.rule}  ✗ ${step.failed ?? 'does not match'}`)
  const effect = step.effect === null ? '' : `  ${style.change(step.effect)}`
  const final = step.action === 'drop' ? style.bad('  drop') : step.action === 'accept' ? style.good('  accept') : ''
  return `${style.place(where)} ${step.rule}${effect}${final}`
}

function chainEndText(chain: string, number: number, action: 'return' | 'accept' | 'drop', style: Style): string {
  const where = `${chain} ${number}`.padEnd(28)
  if (action === 'return') return style.dim(`${where} end of chain, back to the caller`)
  const text = `${where} policy ${action.toUpperCase()}`
  return action === 'drop' ? style.bad(text) : style.dim(text)
}

function conntrackText(step: ConntrackStep, style: Style): string {
  const tuples = step.original === null ? '' : `  ${step.original}${step.reply === null ? '' : `, reply ${step.reply}`}`
  const direction = step.direction === null ? '' : ` ${step.direction}`
  const rest = [step.protocolState, step.detail].filter((part) => part !== null)
  const more = rest.length === 0 ? '' : `  ${style.dim(rest.join(', '))}`
  const state = step.state === 'INVALID' ? style.bad(step.state) : step.state
  return `${step.action}, ${state}${direction}${tuples}${more}`
}

function natText(step: NatStep, style: Style): string {
  const end = step.manip === 'source' ? 'source' : 'destination'
  const { before, after } = step
  const change = style.change(`${before[end]} → ${after[end]}`)
  return `${change}  ${step.why}`
}

function routeText(step: RouteStep, style: Style): string {
  const rule = step.rule === null ? '' : `  ${style.dim(`rule ${step.rule}`)}`
  const source = step.chosenSource === null ? '' : `, source ${style.change(step.chosenSource)}`
  const how = step.route === null ? style.bad('no route') : `${step.route}`
  const table = step.table === null ? '' : ` (table ${step.table})`
  return `${step.action} ${step.destination}: ${step.result}, ${how}${table}${source}${rule}`
}

function socketText(step: SocketStep, style: Style): string {
  const process = step.process === null ? '' : `  ${step.process}`
  const detail = step.detail === null ? '' : `  ${step.detail}`
  const peer = step.peer === null ? '' : ` ← ${step.peer}`
  const pair = step.action === 'send' && step.peer !== null ? `${step.local} → ${step.peer}` : `${step.local}${peer}`
  const paint = step.action === 'deliver' ? style.good : step.action === 'send' ? (text: string) => text : style.bad
  return `${paint(step.action)} ${step.protocol} ${pair}${process}${detail}`
}
