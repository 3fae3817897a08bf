import { type Ipv4, isLimitedBroadcast, isLoopback, isMulticast, isZeronet } from '../addr/index.js'
import type { NetDevice } from '../netdev/index.js'
import type { Packet } from '../wire/index.js'
import { Dst, type DstType } from './dst.js'
import type { FibResult, Flow } from './fib.js'
import type { Namespace } from './namespace.js'
import { SCOPE } from './route.js'
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
  if (found.error !== null || found.route === null) return unreachable(ns, ask, flow, found)
  if (found.route.type === 'local') {
    const source = ask.source !== 0 ? ask.source : localSource(found.route.prefSrc, ask.destination)
    const dst = new Dst('local', ns.loopback, 0, false, found.route, ns.loopback.mtu, false, null)
    return { dst, source, flow, found }
  }
  const device = found.hop!.device
  const source = ask.source !== 0 ? ask.source : preferredSource(ns, found)
  return mkrouteOutput(ns, ask, flow, found, device, source)
}

function flowOf(ask: OutputFlow): Flow {
  return {
    destination: ask.destination,
    source: ask.source,
    inDevice: null,
    outDevice: ask.outDevice?.name ?? null,
    mark: ask.mark,
    tos: ask.tos & 0x1c,
    protocol: 0,
  }
}

function localSource(prefSrc: Ipv4, destination: Ipv4): Ipv4 {
  return prefSrc !== 0 ? prefSrc : destination
}

/** fib_result_prefsrc: the route's own source, else the device's address towards the next hop. */
function preferredSource(ns: Namespace, found: FibResult): Ipv4 {
  const route = found.route!
  if (route.prefSrc !== 0) return route.prefSrc
  return ns.selectAddress(found.hop!.device, found.hop!.gateway, route.scope) ?? 0
}

/** No route: with a fixed device the destination is taken to be on its link. */
function unreachable(ns: Namespace, ask: OutputFlow, flow: Flow, found: FibResult): OutputRoute {
  if (ask.outDevice === null || (found.route !== null && found.error !== null)) {
    return { errno: found.error ?? 'ENETUNREACH' }
  }
  const source = ask.source !== 0 ? ask.source : (ns.selectAddress(ask.outDevice, 0, SCOPE.link) ?? 0)
  return mkrouteOutput(ns, ask, flow, found, ask.outDevice, source)
}

/** __mkroute_output */
function mkrouteOutput(
  ns: Namespace,
  ask: OutputFlow,
  flow: Flow,
  found: FibResult,
  device: NetDevice,
  source: Ipv4,
): OutputRoute {
  const { destination } = ask
  const localnet = ns.sysctls.effective('route_localnet', device.name, 'or') !== 0
  if (isLoopback(source) && !device.isLoopback && !localnet) return { errno: 'EINVAL' }
  if (isZeronet(destination)) return { errno: 'EINVAL' }
  const type: DstType = isLimitedBroadcast(destination)
    ? 'broadcast'
    : isMulticast(destination)
      ? 'multicast'
      : found.route?.type === 'broadcast'
        ? 'broadcast'
        : 'unicast'
  const learnt = found.route === null ? null : ns.routeMtu(found.route, device, destination)
  // Broadcasts, and multicasts that only a route to everything matches, have no gateway.
  const isGroup = type === 'broadcast' || (type === 'multicast' && (found.route?.prefix ?? 0) < 4)
  const gateway = isGroup ? 0 : (learnt?.gateway ?? found.hop?.gateway ?? 0)
  const dst = new Dst(
    type,
    device,
    gateway,
    false,
    found.route,
    learnt?.mtu ?? device.mtu,
    learnt?.learnt ?? false,
    null,
  )
  dst.mtuLocked = learnt?.locked ?? false
  return { dst, source, flow, found }
}

/** Records the decision for a packet of a local sender. */
export function traceOutputRoute(ns: Namespace, pkt: Packet, routed: OutputRoute, chosen: boolean): void {
  if (ns.sim.trace === null || !('dst' in routed)) return
  traceRoute(ns, pkt, 'output', routed.flow, routed.found, routed.dst, chosen ? routed.source : null)
}
