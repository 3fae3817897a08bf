import { type Ipv4, networkOf } from '../../addr/index.js'
import { assertNever } from '../../base/index.js'
import type { Namespace } from '../namespace.js'
import { type NextHop, type Route, type RouteType, SCOPE, TABLE } from '../route.js'
import { readScope, readTable } from './names.js'
import { type HopSpec, resolveHop } from './next-hop.js'
import type { Prefix, Words } from './words.js'

const TYPES: readonly RouteType[] = [
  'unicast',
  'local',
  'broadcast',
  'multicast',
  'blackhole',
  'unreachable',
  'prohibit',
  'throw',
]

/** A route as the words of the command describe it; null = not said. */
interface RouteSpec {
  type: RouteType | null
  to: Prefix
  tos: number
  table: number | null
  metric: number
  scope: number | null
  protocol: string | null
  source: Ipv4
  mtu: number
  hop: HopSpec
  more: HopSpec[]
}

type Verb = 'add' | 'append' | 'replace' | 'change' | 'del'

/**
 * `ip route add|append|replace|change|del [TYPE] PREFIX …`, `ip route flush cache|table T|dev D`.
 * @throws InvalidInputError
 */
export function routeCommand(ns: Namespace, words: Words): void {
  const verb = words.takeIf('add', 'append', 'replace', 'change', 'del', 'delete', 'flush')
  if (verb === undefined)
    words.refuse(`"${words.take('command')}" is not a command of ip route`, 'say add, replace, del or flush')
  if (verb === 'flush') {
    flush(ns, words)
    return
  }
  const spec = readRoute(words)
  words.check()
  if (networkOf(spec.to.address, spec.to.prefix) !== spec.to.address)
    words.refuse('Invalid prefix for given prefix length')
  if (verb === 'del' || verb === 'delete') remove(ns, words, spec)
  else put(ns, words, spec, verb as Verb)
}

function readRoute(words: Words): RouteSpec {
  const type = words.takeIf(...TYPES) as RouteType | undefined
  const hop: HopSpec = { gateway: 0, device: null, weight: 1, onlink: false }
  const spec: RouteSpec = {
    type: type ?? null,
    to: { address: 0, prefix: 0 },
    tos: 0,
    table: null,
    metric: 0,
    scope: null,
    protocol: null,
    source: 0,
    mtu: 0,
    hop,
    more: [],
  }
  words.takeIf('to')
  spec.to = words.prefix('destination')
  while (words.peek() !== undefined) readRouteOption(words, spec)
  return spec
}

function readRouteOption(words: Words, spec: RouteSpec): void {
  const { hop } = spec
  if (readHopOption(words, hop)) return
  if (words.takeIf('src')) spec.source = words.address('source')
  else if (words.takeIf('tos', 'dsfield')) spec.tos = words.number('tos', 255)
  else if (words.takeIf('table')) spec.table = readTable(words)
  else if (words.takeIf('metric', 'preference', 'priority')) spec.metric = words.number('metric', 0xffff_ffff)
  else if (words.takeIf('scope')) spec.scope = readScope(words)
  else if (words.takeIf('proto', 'protocol')) spec.protocol = words.take('protocol')
  else if (words.takeIf('mtu')) spec.mtu = readMtu(words)
  else if (words.takeIf('nexthop')) spec.more.push(readNextHop(words))
  else words.stray()
}

function readMtu(words: Words): number {
  words.takeIf('lock')
  return words.number('mtu', 65535)
}

function readHopOption(words: Words, hop: HopSpec): boolean {
  if (words.takeIf('via')) {
    words.takeIf('inet')
    hop.gateway = words.address('gateway')
  } else if (words.takeIf('dev')) hop.device = words.device()
  else if (words.takeIf('onlink')) hop.onlink = true
  else return false
  return true
}

function readNextHop(words: Words): HopSpec {
  const hop: HopSpec = { gateway: 0, device: null, weight: 1, onlink: false }
  for (;;) {
    if (readHopOption(words, hop)) continue
    if (!words.takeIf('weight')) return hop
    hop.weight = Math.max(words.number('weight', 256), 1)
  }
}

// ------------------------------------------------------------------------ put

function put(ns: Namespace, words: Words, spec: RouteSpec, verb: Verb): void {
  const route = completeRoute(ns, words, spec)
  const known = ns.fib.routes(route.table).filter((other) => sameKey(other, route))
  const first = known[0]
  switch (verb) {
    case 'add':
      if (first !== undefined) words.refuse('File exists', 'replace or append it, or give it another metric')
      break
    case 'append':
      if (known.some((other) => sameRoute(other, route))) words.refuse('File exists')
      break
    case 'change':
      if (first === undefined) words.refuse('No such file or directory')
      ns.fib.removeRoute(route.table, (other) => other === first)
      break
    case 'replace':
      if (first !== undefined) ns.fib.removeRoute(route.table, (other) => other === first)
      break
    case 'del':
      break
    default:
      assertNever(verb)
  }
  ns.addRoute(route)
}

/** iproute2's defaults, then the checks of fib_create_info. */
function completeRoute(ns: Namespace, words: Words, spec: RouteSpec): Route {
  const type = spec.type ?? 'unicast'
  const table = spec.table ?? (type === 'local' || type === 'broadcast' ? TABLE.local : TABLE.main)
  const scope = spec.scope ?? defaultScope(type, spec)
  if (scope > SCOPE.host) words.refuse('Invalid scope')
  if (spec.source !== 0 && !isValidSource(ns, type, spec)) words.refuse('Invalid prefsrc address')
  // Not frozen: a route refers to devices, and the cloner shares what is frozen.
  return {
    type,
    destination: spec.to.address,
    prefix: spec.to.prefix,
    table,
    tos: spec.tos,
    metric: spec.metric,
    scope,
    protocol: spec.protocol ?? 'boot',
    prefSrc: spec.source,
    mtu: spec.mtu,
    nextHops: hopsOf(ns, words, spec, type, scope, table),
  }
}

function defaultScope(type: RouteType, spec: RouteSpec): number {
  if (type === 'local') return SCOPE.host
  if (type === 'broadcast' || type === 'multicast') return SCOPE.link
  const direct = type === 'unicast' && spec.hop.gateway === 0 && spec.more.length === 0
  return direct ? SCOPE.link : SCOPE.universe
}

/** fib_valid_prefsrc */
function isValidSource(ns: Namespace, type: RouteType, spec: RouteSpec): boolean {
  if (type === 'local' && spec.to.prefix === 32 && spec.to.address === spec.source) return true
  return ns.addressType(spec.source, null) === 'LOCAL'
}

function hopsOf(
  ns: Namespace,
  words: Words,
  spec: RouteSpec,
  type: RouteType,
  scope: number,
  table: number,
): readonly NextHop[] {
  const { hop, more } = spec
  const given = hop.gateway !== 0 || hop.device !== null || more.length > 0
  if (type === 'blackhole' || type === 'unreachable' || type === 'prohibit' || type === 'throw') {
    if (given) words.refuse('Gateway, device and multipath can not be specified for this route type')
    return []
  }
  const specs = more.length === 0 ? [hop] : more
  if (scope === SCOPE.host) {
    if (specs.length !== 1) words.refuse('Route with host scope can not have multiple nexthops')
    if (specs[0]!.gateway !== 0) words.refuse('Route with host scope can not have a gateway')
  }
  return specs.map((one) => resolveHop(ns, words, one, scope, table))
}

/** What `add` takes for the same route: prefix, TOS and metric. */
function sameKey(a: Route, b: Route): boolean {
  return a.destination === b.destination && a.prefix === b.prefix && a.tos === b.tos && a.metric === b.metric
}

function sameRoute(a: Route, b: Route): boolean {
  const hop = (route: Route): string =>
    route.nextHops.map((h) => `${h.gateway} ${h.device.name} ${h.weight} ${h.onlink}`).join(', ')
  return a.type === b.type && a.scope === b.scope && a.prefSrc === b.prefSrc && hop(a) === hop(b)
}

// --------------------------------------------------------------------- remove

/** fib_table_delete: the first route that has everything the command names. */
function remove(ns: Namespace, words: Words, spec: RouteSpec): void {
  const table = spec.table ?? (spec.type === 'local' || spec.type === 'broadcast' ? TABLE.local : TABLE.main)
  const gone = ns.fib.removeRoute(table, (route) => isMeant(route, spec))
  if (gone === undefined) words.refuse('No such process', 'there is no such route')
}

function isMeant(route: Route, spec: RouteSpec): boolean {
  if (route.destination !== spec.to.address || route.prefix !== spec.to.prefix || route.tos !== spec.tos) return false
  if (spec.type !== null && route.type !== spec.type) return false
  if (spec.metric !== 0 && route.metric !== spec.metric) return false
  if (spec.scope !== null && route.scope !== spec.scope) return false
  if (spec.protocol !== null && route.protocol !== spec.protocol) return false
  if (spec.source !== 0 && route.prefSrc !== spec.source) return false
  const wanted = spec.more.length === 0 ? [spec.hop] : spec.more
  return wanted.every((hop, i) => {
    const has = route.nextHops[i]
    if (hop.gateway !== 0 && has?.gateway !== hop.gateway) return false
    return hop.device === null || has?.device === hop.device
  })
}

function flush(ns: Namespace, words: Words): void {
  if (words.takeIf('cache')) {
    words.check()
    ns.exceptions.flush()
    return
  }
  let table: number = TABLE.main
  let device: string | undefined
  if (words.peek() === undefined) words.refuse('"ip route flush" requires arguments', 'say cache, table T or dev D')
  while (words.peek() !== undefined) {
    if (words.takeIf('table')) table = readTable(words)
    else if (words.takeIf('dev')) device = words.device()?.name
    else words.stray()
  }
  words.check()
  const meant = (route: Route): boolean => device === undefined || route.nextHops.some((h) => h.device.name === device)
  while (ns.fib.removeRoute(table, meant) !== undefined);
}
