import { type Ipv4, isLimitedBroadcast, isLoopback, isMulticast, isZeronet } from '../addr/index.js'
import type { NetDevice } from '../netdev/index.js'
import type { Packet } from '../wire/index.js'
import { Dst, type DstType } from './dst.js'
import type { FibResult, Flow } from './fib.js'
import type { Namespace } from './namespace.js'
import { type Route, SCOPE } from './route.js'
import { traceRoute } from './route-step.js'

/** What a local sender asks (struct flowi4). */
export interface OutputFlow {
  readonly destination: Ipv4
  /** 0 = choose. */
  readonly source: Ipv4
  readonly outDevice: NetDevice | null
  readonly mark: number
  readonly tos: number
  /** The source need not be ours (FLOWI_FLAG_ANYSRC). */
  readonly anySource: boolean
}

/** A decision with the source it chose, or the errno of the system call. */
export type OutputRoute =
  | { readonly dst: Dst; readonly source: Ipv4; readonly flow: Flow; readonly found: FibResult }
  | { readonly errno: string }

/** ip_route_output_key_hash_rcu. */
export function routeOutput(ns: Namespace, ask: OutputFlow): OutputRoute {
  if (ask.source !== 0) {
    if (isMulticast(ask.source) || isLimitedBroadcast(ask.source) || isZeronet(ask.source)) return { errno: 'EINVAL' }
    if (!ask.anySource && ns.addressType(ask.source, null) !== 'LOCAL') return { errno: 'EINVAL' }
  }
  const flow = flowOf(ask)
  const found = ns.fib.lookup(flow)
  const { route, error } = found
  // Without a route, but with a fixed device, the destination is taken to be on its link.
  const assumed = route === null ? ask.outDevice : null
  if (assumed === null && (error !== null || route === null)) return { errno: error ?? 'ENETUNREACH' }
  if (route?.type === 'local') {
    const source = ask.source !== 0 ? ask.source : localSource(route.prefSrc, ask.destination)
    return { dst: Dst.output('local', ns.loopback, route), source, flow, found }
  }
  const device = assumed ?? found.hop!.device
  const source = ask.source !== 0 ? ask.source : sourceFor(ns, found, device)
  if (!mayLeave(ns, source, ask.destination, device)) return { errno: 'EINVAL' }
  return { dst: mkrouteOutput(ns, ask.destination, found, device), source, flow, found }
}

function flowOf(ask: OutputFlow): Flow {
  return {
    destination: ask.destination,
    source: ask.source,
    inDevice: null,
    outDevice: ask.outDevice?.name ?? null,
    mark: ask.mark,
    tos: ask.tos & 0x1c,
  }
}

function localSource(prefSrc: Ipv4, destination: Ipv4): Ipv4 {
  return prefSrc !== 0 ? prefSrc : destination
}

/** fib_result_prefsrc: the route's own source, else the device's address towards the next hop. */
function sourceFor(ns: Namespace, { route, hop }: FibResult, device: NetDevice): Ipv4 {
  if (route === null) return ns.selectAddress(device, 0, SCOPE.link) ?? 0
  if (route.prefSrc !== 0) return route.prefSrc
  return ns.selectAddress(device, hop!.gateway, route.scope) ?? 0
}

/** The checks of __mkroute_output. */
function mayLeave(ns: Namespace, source: Ipv4, destination: Ipv4, device: NetDevice): boolean {
  if (isZeronet(destination)) return false
  if (!isLoopback(source) || device.isLoopback) return true
  return ns.sysctls.effective('route_localnet', device.name, 'or') !== 0
}

/** __mkroute_output */
function mkrouteOutput(ns: Namespace, destination: Ipv4, { route, hop }: FibResult, device: NetDevice): Dst {
  const type = outputType(destination, route)
  const dst = Dst.output(type, device, route)
  if (route === null) return dst
  const path = ns.pathMtuOf(route, device, destination)
  dst.setNextHop(hop?.gateway ?? 0, path)
  // Broadcasts, and multicasts that only a route to everything matches, have no gateway.
  if (type === 'broadcast' || (type === 'multicast' && route.prefix < 4)) dst.gateway = 0
  return dst
}

function outputType(destination: Ipv4, route: Route | null): DstType {
  if (isLimitedBroadcast(destination)) return 'broadcast'
  if (isMulticast(destination)) return 'multicast'
  return route?.type === 'broadcast' ? 'broadcast' : 'unicast'
}

/** Records the decision for a packet of a local sender. */
export function traceOutputRoute(ns: Namespace, pkt: Packet, routed: OutputRoute, chosen: boolean): void {
  if (ns.sim.trace === null || !('dst' in routed)) return
  const { flow, found, dst, source } = routed
  traceRoute(ns, pkt, 'output', { flow, found, dst, chosenSource: chosen ? source : null })
}
