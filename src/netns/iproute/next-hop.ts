import type { Ipv4 } from '../../addr/index.js'
import { prefixMask } from '../../addr/index.js'
import type { NetDevice } from '../../netdev/index.js'
import type { PolicyRule } from '../fib.js'
import type { Namespace } from '../namespace.js'
import { type NextHop, type Route, SCOPE, TABLE } from '../route.js'
import type { Words } from './words.js'

/** A next hop as the command names it. */
export interface HopSpec {
  /** 0 = none given. */
  gateway: Ipv4
  device: NetDevice | null
  weight: number
  onlink: boolean
}

/**
 * Completes a next hop as the kernel does (fib_check_nh): finds the device that reaches a gateway, or refuses.
 * @param scope of the route, @param table it goes into
 * @throws InvalidInputError
 */
export function resolveHop(ns: Namespace, words: Words, spec: HopSpec, scope: number, table: number): NextHop {
  const { gateway, weight, onlink } = spec
  const device = gateway === 0 ? directDevice(words, spec) : gatewayDevice(ns, words, spec, scope, table)
  return { device, gateway, weight, onlink }
}

/** fib_check_nh_nongw */
function directDevice(words: Words, spec: HopSpec): NetDevice {
  if (spec.onlink)
    words.refuse('Invalid flags for nexthop - PERVASIVE and ONLINK can not be set', 'name a gateway: via …')
  const { device } = spec
  if (device === null) words.refuse('No such device', 'name a device (dev …) or a gateway (via …)')
  if (!device.up) words.refuse('Device for nexthop is not up')
  return device
}

/** fib_check_nh_v4_gw */
function gatewayDevice(ns: Namespace, words: Words, spec: HopSpec, scope: number, table: number): NetDevice {
  if (spec.onlink) return onlinkDevice(ns, words, spec, scope)
  if (scope >= SCOPE.link) words.refuse('Nexthop has invalid scope')
  const route = routeTo(ns, spec, Math.max(scope + 1, SCOPE.link), table)
  if (route === null || (route.type !== 'unicast' && route.type !== 'local')) {
    words.refuse('Nexthop has invalid gateway', 'the gateway must be on the link of a device, or the route onlink')
  }
  const device = spec.device ?? route.nextHops[0]!.device
  if (!device.up) words.refuse('Network is down')
  return device
}

function onlinkDevice(ns: Namespace, words: Words, spec: HopSpec, scope: number): NetDevice {
  const { device } = spec
  if (scope >= SCOPE.link) words.refuse('Nexthop has invalid scope')
  if (device === null) words.refuse('Nexthop device required for onlink')
  if (!device.up) words.refuse('Nexthop device is not up')
  if (ns.addressType(spec.gateway, device) !== 'UNICAST') words.refuse('Nexthop has invalid gateway')
  return device
}

/** The route to a gateway of at least this scope: in the route's own table first, then by the rules. */
function routeTo(ns: Namespace, spec: HopSpec, scope: number, table: number): Route | null {
  const own = table === TABLE.main ? null : inTable(ns, spec, scope, table)
  if (own !== null) return own
  for (const rule of ns.fib.policyRules()) {
    if (!applies(rule, spec.gateway) || rule.action.kind !== 'lookup') continue
    const found = inTable(ns, spec, scope, rule.action.table)
    if (found !== null) return found
  }
  return null
}

/** Whether a rule speaks of a look-up that has nothing but a destination. */
function applies(rule: PolicyRule, destination: Ipv4): boolean {
  const { destination: to } = rule
  const matches =
    rule.source === null &&
    rule.mark === null &&
    rule.tos === 0 &&
    rule.outDevice === null &&
    (rule.inDevice === null || rule.inDevice === 'lo') &&
    (to === null || ((destination ^ to.address) & prefixMask(to.prefix)) === 0)
  return matches !== rule.invert
}

function inTable(ns: Namespace, spec: HopSpec, scope: number, table: number): Route | null {
  let best: Route | null = null
  for (const route of ns.fib.routes(table)) {
    if (route.scope < scope || route.tos !== 0) continue
    if (((spec.gateway ^ route.destination) & prefixMask(route.prefix)) !== 0) continue
    if (!leavesBy(route, spec.device)) continue
    if (best === null || route.prefix > best.prefix) best = route
  }
  return best
}

function leavesBy(route: Route, device: NetDevice | null): boolean {
  if (route.nextHops.length === 0) return true
  return route.nextHops.some((hop) => hop.device.up && (device === null || hop.device === device))
}
