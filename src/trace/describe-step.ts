import { assertNever } from '../base/index.js'
import { DROP_REASONS } from './drop-reason.js'
import type {
  BridgeStep,
  ConntrackStep,
  FragmentStep,
  NeighbourStep,
  RouteStep,
  RuleStep,
  SocketStep,
  Step,
} from './step.js'

/** A step in one line of plain words. */
export function describeStep(step: Step): string {
  switch (step.kind) {
    case 'device':
      return `${step.action === 'receive' ? 'in' : 'out'} ${step.device}: ${step.packet}`
    case 'bridge':
      return describeBridge(step)
    case 'rule':
      return describeRule(step)
    case 'chain-end':
      return `${step.table} ${step.chain} end (${step.number}): ${step.action === 'return' ? 'return' : `policy ${step.action.toUpperCase()}`}`
    case 'conntrack':
      return describeConntrack(step)
    case 'nat':
      return `${step.why}: ${step.before.source} > ${step.before.destination} becomes ${step.after.source} > ${step.after.destination}`
    case 'route':
      return describeRoute(step)
    case 'neighbour':
      return describeNeighbour(step)
    case 'encapsulation':
      return `${step.action} ${step.device} vni ${step.vni}: ${step.outer.source} > ${step.outer.destination} (${step.why})`
    case 'forward':
      return `forward ${step.inDevice} to ${step.outDevice}, ttl ${step.ttlBefore} -> ${step.ttlAfter}`
    case 'fragment':
      return describeFragment(step)
    case 'socket':
      return describeSocket(step)
    case 'reply':
      return `${step.action}: ${step.detail}`
    case 'drop':
      return `DROP ${step.reason}: ${DROP_REASONS[step.reason]} (${step.where})${step.rule === null ? '' : ` by ${step.rule}`}`
    case 'unknown':
      return `UNKNOWN: ${step.extension} is not modelled (${step.where}): ${step.rule}`
    case 'note':
      return step.detail
    default:
      return assertNever(step)
  }
}

function describeBridge(step: BridgeStep): string {
  const from = step.inPort === null ? '' : ` from ${step.inPort}`
  const to = step.outPorts.length === 0 ? '' : ` to ${step.outPorts.join(', ')}`
  return `bridge ${step.bridge} ${step.action}${from}${to} (${step.why})`
}

function describeRule(step: RuleStep): string {
  const outcome = step.matched ? [step.action, step.effect] : [`no match: ${step.failed ?? 'condition failed'}`]
  const said = outcome.filter((part) => part !== null)
  return `${step.table} ${step.chain} ${step.number}: ${step.rule}${said.length === 0 ? '' : ` (${said.join(', ')})`}`
}

function describeConntrack(step: ConntrackStep): string {
  const tuples = [
    step.original === null ? null : `original ${step.original}`,
    step.reply === null ? null : `reply ${step.reply}`,
    step.protocolState,
    step.detail,
  ].filter((part) => part !== null)
  return `conntrack ${step.action} ${step.state}${tuples.length === 0 ? '' : `: ${tuples.join(', ')}`}`
}

function describeRoute(step: RouteStep): string {
  const how = step.route ?? 'no route'
  const table = step.table === null ? '' : ` table ${step.table}`
  const source = step.chosenSource === null ? '' : `, source ${step.chosenSource}`
  return `route ${step.action} ${step.destination}: ${step.result}${table}: ${how}${source}`
}

function describeNeighbour(step: NeighbourStep): string {
  const mac = step.mac === null ? '' : ` is ${step.mac}`
  return `neighbour ${step.address} dev ${step.device}${mac}: ${step.action} (${step.state})`
}

function describeFragment(step: FragmentStep): string {
  const mtu = step.mtu === null ? '' : ` for mtu ${step.mtu}`
  return `${step.action}${step.action === 'queue' ? '' : ` ${step.count} fragments`}${mtu}`
}

function describeSocket(step: SocketStep): string {
  const peer = step.peer === null ? '' : ` peer ${step.peer}`
  const process = step.process === null ? '' : ` (${step.process})`
  const detail = step.detail === null ? '' : `: ${step.detail}`
  return `socket ${step.action} ${step.protocol} ${step.local}${peer}${process}${detail}`
}
