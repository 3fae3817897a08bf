import { formatIpv4, type Ipv4 } from '../addr/index.js'
import type { NetDevice } from '../netdev/index.js'

/** Route types (RTN_*). */
export type RouteType =
  'unicast' | 'local' | 'broadcast' | 'multicast' | 'blackhole' | 'unreachable' | 'prohibit' | 'throw'

/** Scopes (RT_SCOPE_*): how far away a destination is. */
export const SCOPE = { universe: 0, site: 200, link: 253, host: 254, nowhere: 255 } as const

/** Well-known tables (RT_TABLE_*). */
export const TABLE = { default: 253, main: 254, local: 255 } as const

/** One next hop of a route. */
export interface NextHop {
  readonly device: NetDevice
  /** 0 = on link. */
  readonly gateway: Ipv4
  readonly weight: number
  readonly onlink: boolean
}

/** One route (struct fib_info with its alias). */
export interface Route {
  readonly type: RouteType
  readonly destination: Ipv4
  readonly prefix: number
  readonly table: number
  readonly tos: number
  readonly metric: number
  readonly scope: number
  /** `kernel`, `boot`, `static`, `bird` …; as `proto` shows it. */
  readonly protocol: string
  /** Preferred source; 0 = none. */
  readonly prefSrc: Ipv4
  readonly mtu: number
  readonly nextHops: readonly NextHop[]
}

/** Prints a route as `ip route show` does. */
export function printRoute(route: Route): string {
  const type = route.type === 'unicast' ? '' : `${route.type} `
  const hop = route.nextHops.length === 1 ? printHop(route.nextHops[0]!) : ''
  const proto = route.protocol === 'boot' ? '' : ` proto ${route.protocol}`
  const scope = scopeText(route)
  const src = route.prefSrc === 0 ? '' : ` src ${formatIpv4(route.prefSrc)}`
  const metric = route.metric === 0 ? '' : ` metric ${route.metric}`
  const mtu = route.mtu === 0 ? '' : ` mtu ${route.mtu}`
  const onlink = route.nextHops.length === 1 && route.nextHops[0]!.onlink ? ' onlink' : ''
  const multi =
    route.nextHops.length > 1
      ? route.nextHops.map((h) => ` nexthop${printHop(h)} weight ${h.weight}${h.onlink ? ' onlink' : ''}`).join('')
      : ''
  return `${type}${printDestination(route)}${hop}${proto}${scope}${src}${metric}${mtu}${onlink}${multi}`
}

function printHop(hop: NextHop): string {
  const via = hop.gateway === 0 ? '' : ` via ${formatIpv4(hop.gateway)}`
  return `${via} dev ${hop.device.name}`
}

/** `default`, `10.0.0.0/8`, or a bare host address. */
export function printDestination(route: { destination: Ipv4; prefix: number }): string {
  if (route.prefix === 0) return 'default'
  return route.prefix === 32 ? formatIpv4(route.destination) : `${formatIpv4(route.destination)}/${route.prefix}`
}

function scopeText(route: Route): string {
  if (route.scope === SCOPE.link) return ' scope link'
  if (route.scope === SCOPE.host) return ' scope host'
  return ''
}

/** `main`, `local`, `default`, or the number. */
export function tableName(table: number): string {
  if (table === TABLE.main) return 'main'
  if (table === TABLE.local) return 'local'
  if (table === TABLE.default) return 'default'
  return String(table)
}
