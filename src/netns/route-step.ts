import { formatIpv4, type Ipv4 } from '../addr/index.js'
import type { RouteStep } from '../trace/index.js'
import type { Packet } from '../wire/index.js'
import type { Dst } from './dst.js'
import { type FibResult, type Flow, printRule } from './fib.js'
import type { Namespace } from './namespace.js'
import { printRoute, tableName } from './route.js'

/** A routing decision as the trace tells it. */
export interface RouteDecision {
  readonly flow: Flow
  readonly found: FibResult
  readonly dst: Dst
  /** The source address that routing chose; null when the sender had one. */
  readonly chosenSource: Ipv4 | null
}

/** Records a routing decision, when someone listens. */
export function traceRoute(ns: Namespace, pkt: Packet, action: RouteStep['action'], decision: RouteDecision): void {
  const trace = ns.sim.trace
  if (trace === null) return
  const { flow, found, dst, chosenSource } = decision
  trace.step(pkt.id, ns.name, {
    kind: 'route',
    action,
    destination: formatIpv4(flow.destination),
    source: formatIpv4(flow.source),
    rule: found.rule === null ? null : printRule(found.rule),
    table: found.route === null ? null : tableName(found.route.table),
    route: found.route === null ? null : printRoute(found.route),
    result: resultOf(found, dst),
    device: dst.type === 'error' ? null : dst.device.name,
    gateway: dst.gateway === 0 ? null : formatIpv4(dst.gateway),
    chosenSource: chosenSource === null ? null : formatIpv4(chosenSource),
  })
}

function resultOf(found: FibResult, dst: Dst): RouteStep['result'] {
  if (dst.type !== 'error') return dst.type
  const type = found.route?.type
  if (type === 'blackhole' || type === 'unreachable' || type === 'prohibit') return type
  return 'none'
}
