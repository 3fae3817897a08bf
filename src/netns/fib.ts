import { formatIpv4, type Ipv4, prefixMask } from '../addr/index.js'
import { type NextHop, type Route, SCOPE, TABLE, tableName } from './route.js'

/** A policy rule (struct fib4_rule). */
export interface PolicyRule {
  readonly preference: number
  readonly source: { readonly address: Ipv4; readonly prefix: number } | null
  readonly destination: { readonly address: Ipv4; readonly prefix: number } | null
  readonly inDevice: string | null
  readonly outDevice: string | null
  readonly mark: { readonly value: number; readonly mask: number } | null
  readonly tos: number
  readonly invert: boolean
  readonly action:
    { readonly kind: 'lookup'; readonly table: number } | { readonly kind: 'unreachable' | 'prohibit' | 'blackhole' }
}

/** What a look-up asks (struct flowi4). Zero means "any" for source, mark, tos; null for devices. */
export interface Flow {
  readonly destination: Ipv4
  readonly source: Ipv4
  readonly inDevice: string | null
  readonly outDevice: string | null
  readonly mark: number
  readonly tos: number
}

/** Errors of a look-up, as errno names (fib_props and fib_rule actions). */
export type FibError = 'ENETUNREACH' | 'EHOSTUNREACH' | 'EACCES' | 'EINVAL'

/** Outcome of a look-up: a route and next hop, or an error with the route that caused it. */
export interface FibResult {
  readonly route: Route | null
  readonly hop: NextHop | null
  readonly rule: PolicyRule | null
  readonly error: FibError | null
}

const DEFAULT_RULES: readonly PolicyRule[] = [
  Object.freeze(lookupRule(0, TABLE.local)),
  Object.freeze(lookupRule(32766, TABLE.main)),
  Object.freeze(lookupRule(32767, TABLE.default)),
]

/** A rule without selectors. */
export function lookupRule(preference: number, table: number): PolicyRule {
  return {
    preference,
    source: null,
    destination: null,
    inDevice: null,
    outDevice: null,
    mark: null,
    tos: 0,
    invert: false,
    action: { kind: 'lookup', table },
  }
}

/** Routes of one table: by prefix length, then network; equal prefixes sorted by TOS (longer first), then metric. */
class RouteTable {
  private readonly byPrefix: (Map<Ipv4, Route[]> | undefined)[] = new Array<Map<Ipv4, Route[]> | undefined>(33)

  add(route: Route): void {
    const level = (this.byPrefix[route.prefix] ??= new Map<Ipv4, Route[]>())
    const list = level.get(route.destination)
    if (list === undefined) {
      level.set(route.destination, [route])
      return
    }
    const at = list.findIndex((r) => r.tos < route.tos || (r.tos === route.tos && r.metric > route.metric))
    list.splice(at === -1 ? list.length : at, 0, route)
  }

  /** Removes the first route for which `which` holds; gives it back. */
  remove(which: (route: Route) => boolean): Route | undefined {
    for (const level of this.byPrefix) {
      if (level === undefined) continue
      for (const [network, list] of level) {
        const at = list.findIndex(which)
        if (at === -1) continue
        const [gone] = list.splice(at, 1)
        if (list.length === 0) level.delete(network)
        return gone
      }
    }
    return undefined
  }

  /** fib_table_lookup: longest prefix first; a dead next hop falls back to the next route. */
  lookup(flow: Flow): { route: Route; hop: NextHop | null } | null {
    for (let prefix = 32; prefix >= 0; prefix--) {
      const level = this.byPrefix[prefix]
      if (level === undefined) continue
      const list = level.get((flow.destination & prefixMask(prefix)) >>> 0)
      if (list === undefined) continue
      for (let i = 0; i < list.length; i++) {
        const route = list[i]!
        if (route.tos !== 0 && route.tos !== flow.tos) continue
        if (route.nextHops.length === 0) return { route, hop: null }
        const hop = selectHop(route, flow)
        if (hop !== null) return { route, hop }
      }
    }
    return null
  }

  *routes(): IterableIterator<Route> {
    for (let prefix = 0; prefix <= 32; prefix++) {
      const level = this.byPrefix[prefix]
      if (level === undefined) continue
      const networks = [...level.keys()].sort((a, b) => a - b)
      for (const network of networks) yield* level.get(network)!
    }
  }
}

/** First usable next hop on the wanted device; of several (multipath) the one the flow hashes to. */
function selectHop(route: Route, flow: Flow): NextHop | null {
  let only: NextHop | null = null
  let total = 0
  for (let i = 0; i < route.nextHops.length; i++) {
    const hop = route.nextHops[i]!
    if (!isAlive(route, hop)) continue
    if (flow.outDevice !== null && hop.device.name !== flow.outDevice) continue
    only ??= hop
    total += hop.weight
  }
  if (only === null || route.nextHops.length === 1) return only
  return multipathHop(route, flow, total)
}

/** A device that is down takes its routes with it, but not those to the host's own addresses (fib_sync_down_dev). */
function isAlive(route: Route, hop: NextHop): boolean {
  return hop.device.up || route.scope === SCOPE.host
}

/** Layer-3 multipath (fib_multipath_hash_policy 0): the same pair of addresses always takes the same next hop. */
function multipathHop(route: Route, flow: Flow, total: number): NextHop | null {
  let x = Math.imul(flow.source ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(flow.destination, 0xc2b2ae35)
  x ^= x >>> 15
  let slot = (Math.imul(x, 0x27d4eb2f) >>> 1) % total
  for (const hop of route.nextHops) {
    if (!isAlive(route, hop) || (flow.outDevice !== null && hop.device.name !== flow.outDevice)) continue
    slot -= hop.weight
    if (slot < 0) return hop
  }
  return null
}

/** The forwarding information base of one namespace: policy rules and tables. */
export class Fib {
  private rules: PolicyRule[] = [...DEFAULT_RULES]
  private readonly tables: Map<number, RouteTable> = new Map()

  addRoute(route: Route): void {
    let table = this.tables.get(route.table)
    if (table === undefined) {
      table = new RouteTable()
      this.tables.set(route.table, table)
    }
    table.add(route)
  }

  /** Removes the first matching route of a table; undefined when there is none (ESRCH). */
  removeRoute(table: number, which: (route: Route) => boolean): Route | undefined {
    return this.tables.get(table)?.remove(which)
  }

  /** Removes every route over a device, as the kernel does when it goes away. */
  removeDevice(device: string): void {
    for (const table of this.tables.values()) {
      while (table.remove((r) => r.nextHops.some((h) => h.device.name === device)) !== undefined);
    }
  }

  routes(table: number): Route[] {
    return [...(this.tables.get(table)?.routes() ?? [])]
  }

  policyRules(): readonly PolicyRule[] {
    return this.rules
  }

  addRule(rule: PolicyRule): void {
    const at = this.rules.findIndex((r) => r.preference > rule.preference)
    this.rules.splice(at === -1 ? this.rules.length : at, 0, Object.freeze(rule))
  }

  /** Removes the first rule for which `which` holds; false when there is none. */
  removeRule(which: (rule: PolicyRule) => boolean): boolean {
    const at = this.rules.findIndex(which)
    if (at !== -1) this.rules.splice(at, 1)
    return at !== -1
  }

  /** Rules other than the three that every namespace has (fib4_has_custom_rules). */
  get hasCustomRules(): boolean {
    return this.rules.length !== DEFAULT_RULES.length || this.rules.some((r, i) => r !== DEFAULT_RULES[i])
  }

  /** Someone added a route of type local outside of an address (fib_has_custom_local_routes). */
  hasCustomLocalRoutes = false

  /** fib_lookup: rules in order of preference; `throw` and "nothing found" go on with the next rule. */
  lookup(flow: Flow): FibResult {
    for (let i = 0; i < this.rules.length; i++) {
      const rule = this.rules[i]!
      if (!ruleMatches(rule, flow)) continue
      if (rule.action.kind !== 'lookup') return { route: null, hop: null, rule, error: ruleError(rule.action.kind) }
      const found = this.tables.get(rule.action.table)?.lookup(flow)
      if (found === undefined || found === null || found.route.type === 'throw') continue
      return { route: found.route, hop: found.hop, rule, error: routeError(found.route) }
    }
    return { route: null, hop: null, rule: null, error: 'ENETUNREACH' }
  }

  /** Looks up one table only. */
  lookupTable(table: number, flow: Flow): Route | null {
    return this.tables.get(table)?.lookup(flow)?.route ?? null
  }
}

/** fib_props[].error */
function routeError(route: Route): FibError | null {
  switch (route.type) {
    case 'blackhole':
      return 'EINVAL'
    case 'unreachable':
      return 'EHOSTUNREACH'
    case 'prohibit':
      return 'EACCES'
    default:
      return null
  }
}

/** fib4_rule_action: the errors of rules are not those of routes. */
function ruleError(kind: 'unreachable' | 'prohibit' | 'blackhole'): FibError {
  if (kind === 'unreachable') return 'ENETUNREACH'
  return kind === 'prohibit' ? 'EACCES' : 'EINVAL'
}

function ruleMatches(rule: PolicyRule, flow: Flow): boolean {
  return selectorsMatch(rule, flow) !== rule.invert
}

function selectorsMatch(rule: PolicyRule, flow: Flow): boolean {
  if (rule.source !== null && !within(rule.source, flow.source)) return false
  if (rule.destination !== null && !within(rule.destination, flow.destination)) return false
  if (rule.tos !== 0 && rule.tos !== flow.tos) return false
  if (rule.mark !== null && ((flow.mark ^ rule.mark.value) & rule.mark.mask) !== 0) return false
  // A locally made packet comes "from" lo (iif LOOPBACK_IFINDEX).
  if (rule.inDevice !== null && rule.inDevice !== (flow.inDevice ?? 'lo')) return false
  return rule.outDevice === null || rule.outDevice === flow.outDevice
}

function within(net: { address: Ipv4; prefix: number }, address: Ipv4): boolean {
  return ((address ^ net.address) & prefixMask(net.prefix)) === 0
}

/** Prints a rule as `ip rule` does: `32766: from all lookup main`. */
export function printRule(rule: PolicyRule): string {
  const not = rule.invert ? 'not ' : ''
  const from = `from ${printNet(rule.source)}`
  const to = rule.destination === null ? '' : ` to ${printNet(rule.destination)}`
  const tos = rule.tos === 0 ? '' : ` tos 0x${rule.tos.toString(16)}`
  const mark = rule.mark === null ? '' : ` fwmark ${printMark(rule.mark)}`
  const iif = rule.inDevice === null ? '' : ` iif ${rule.inDevice}`
  const oif = rule.outDevice === null ? '' : ` oif ${rule.outDevice}`
  const action = rule.action.kind === 'lookup' ? `lookup ${tableName(rule.action.table)}` : rule.action.kind
  return `${rule.preference}: ${not}${from}${to}${tos}${mark}${iif}${oif} ${action}`
}

function printNet(net: { address: Ipv4; prefix: number } | null): string {
  if (net === null) return 'all'
  return net.prefix === 32 ? formatIpv4(net.address) : `${formatIpv4(net.address)}/${net.prefix}`
}

function printMark(mark: { value: number; mask: number }): string {
  const value = `0x${mark.value.toString(16)}`
  return mark.mask === 0xffffffff ? value : `${value}/0x${mark.mask.toString(16)}`
}
