import { type Ipv4, isLimitedBroadcast, isLoopback, isMulticast } from '../addr/index.js'
import type { NetDevice } from '../netdev/index.js'
import type { DropReason } from '../trace/index.js'
import { ethernet, type Packet } from '../wire/index.js'
import { Dst } from './dst.js'
import type { FibResult, Flow } from './fib.js'
import type { Namespace } from './namespace.js'
import { SCOPE } from './route.js'
import { traceRoute } from './route-step.js'

/** INADDR_ALLHOSTS_GROUP: 224.0.0.1 */
const ALL_HOSTS: Ipv4 = 0xe0000001

/**
 * ip_route_input_noref: decides what becomes of a received packet, or why it must be dropped. `pkt` is null when ARP
 * asks; it gets the redirect flag and the trace.
 */
export function routeInput(
  ns: Namespace,
  destination: Ipv4,
  source: Ipv4,
  tos: number,
  dev: NetDevice,
  pkt: Packet | null,
): Dst | DropReason {
  const martian = weirdMartian(ns, destination, source, dev)
  if (martian === 'broadcast') return broadcastInput(ns, source, tos, dev, pkt, null)
  if (martian !== null) return martian
  if (isMulticast(destination)) return multicastInput(ns, destination, source, tos, dev, pkt)
  const flow: Flow = {
    destination,
    source,
    inDevice: dev.name,
    outDevice: null,
    mark: pkt?.mark ?? 0,
    tos,
    protocol: 0,
  }
  const found = ns.fib.lookup(flow)
  const decided = decide(ns, found, flow, dev, pkt)
  if (pkt !== null && decided instanceof Dst) traceRoute(ns, pkt, 'input', flow, found, decided, null)
  return decided
}

/** The checks of ip_route_input_slow before the look-up. */
function weirdMartian(ns: Namespace, destination: Ipv4, source: Ipv4, dev: NetDevice): DropReason | 'broadcast' | null {
  if (isMulticast(source) || isLimitedBroadcast(source)) return 'IP_INVALID_SOURCE'
  if (isLimitedBroadcast(destination) || (source === 0 && destination === 0)) return 'broadcast'
  if (source === 0) return 'IP_INVALID_SOURCE'
  if (destination === 0) return 'IP_INVALID_DEST'
  if (isLoopback(destination) || isLoopback(source)) {
    if (ns.sysctls.effective('route_localnet', dev.name, 'or') === 0) return 'IP_LOCALNET'
  }
  return null
}

function decide(ns: Namespace, found: FibResult, flow: Flow, dev: NetDevice, pkt: Packet | null): Dst | DropReason {
  const forwards = ns.sysctls.effective('forwarding', dev.name, 'device') !== 0
  const { route, hop, error } = found
  if (error !== null || route === null) return noRoute(dev, found, forwards ? (error ?? 'ENETUNREACH') : 'EHOSTUNREACH')
  if (route.type === 'broadcast' && ns.sysctls.effective('bc_forwarding', dev.name, 'and') === 0) {
    return broadcastInput(ns, flow.source, flow.tos, dev, pkt, found)
  }
  if (route.type === 'local') {
    const invalid = validateSource(ns, flow.source, flow.destination, flow.tos, null, dev, pkt)
    if (typeof invalid === 'string') return invalid
    return new Dst('local', ns.loopback, 0, true, route, ns.loopback.mtu, false, null)
  }
  if (!forwards) return noRoute(dev, found, 'EHOSTUNREACH')
  if ((route.type !== 'unicast' && route.type !== 'broadcast') || hop === null) return 'IP_INVALID_DEST'
  return mkrouteInput(ns, found, flow, dev, pkt)
}

/** __mkroute_input: checks the source and notes that a redirect is due. */
function mkrouteInput(
  ns: Namespace,
  found: FibResult,
  flow: Flow,
  dev: NetDevice,
  pkt: Packet | null,
): Dst | DropReason {
  const hop = found.hop!
  const onLinkSource = validateSource(ns, flow.source, flow.destination, flow.tos, hop.device, dev, pkt)
  if (typeof onLinkSource === 'string') return onLinkSource
  if (pkt !== null && hop.device === dev && onLinkSource && pkt.etherType === ethernet.ETHERTYPE.IPV4) {
    const sends = ns.sysctls.effective('send_redirects', dev.name, 'or') !== 0
    const shared = ns.sysctls.effective('shared_media', dev.name, 'or') !== 0
    pkt.doRedirect = sends && (shared || ns.addresses.onLink(dev, flow.source, hop.gateway))
  }
  const mtu = ns.routeMtu(found.route!, hop.device, flow.destination)
  return new Dst('unicast', hop.device, mtu.gateway ?? hop.gateway, true, found.route, mtu.mtu, mtu.learnt, null)
}

/** No way on: the packet becomes an ip_error, answered or not by `forward`'s rules. */
function noRoute(dev: NetDevice, found: FibResult, error: NonNullable<FibResult['error']>): Dst {
  return new Dst('error', dev, 0, true, found.route, dev.mtu, false, error)
}

/** ip_route_input_mc: a host is in the group of all hosts and in no other, and routes no multicast. */
function multicastInput(
  ns: Namespace,
  destination: Ipv4,
  source: Ipv4,
  tos: number,
  dev: NetDevice,
  pkt: Packet | null,
): Dst | DropReason {
  if (destination !== ALL_HOSTS) return 'IP_INVALID_DEST'
  const invalid = validateSource(ns, source, 0, tos, null, dev, pkt)
  if (typeof invalid === 'string') return invalid
  return new Dst('multicast', dev, 0, true, null, dev.mtu, false, null)
}

function broadcastInput(
  ns: Namespace,
  source: Ipv4,
  tos: number,
  dev: NetDevice,
  pkt: Packet | null,
  found: FibResult | null,
): Dst | DropReason {
  if (source !== 0) {
    const invalid = validateSource(ns, source, 0, tos, null, dev, pkt)
    if (typeof invalid === 'string') return invalid
  }
  return new Dst('broadcast', dev, 0, true, found?.route ?? null, dev.mtu, false, null)
}

/**
 * fib_validate_source: may this source arrive here? True when the source is directly on the link of `dev`
 * (nhc_scope ≥ host), which makes a redirect due; a drop reason when it may not.
 */
export function validateSource(
  ns: Namespace,
  source: Ipv4,
  destination: Ipv4,
  tos: number,
  out: NetDevice | null,
  dev: NetDevice,
  pkt: Packet | null,
): boolean | DropReason {
  const rpf = ns.sysctls.effective('rp_filter', dev.name, 'max')
  const acceptLocal = ns.sysctls.effective('accept_local', dev.name, 'or') !== 0
  const mayRedirect = out === dev && ns.sysctls.effective('send_redirects', dev.name, 'or') !== 0
  if (rpf === 0 && !mayRedirect) {
    if (acceptLocal) return false
    if (!ns.fib.hasCustomLocalRoutes && !ns.fib.hasCustomRules) {
      return ns.addresses.deviceOf(source) === null ? false : 'IP_LOCAL_SOURCE'
    }
  }
  return fullCheck(ns, source, destination, tos, out, dev, pkt, rpf, acceptLocal)
}

/** __fib_validate_source */
function fullCheck(
  ns: Namespace,
  source: Ipv4,
  destination: Ipv4,
  tos: number,
  out: NetDevice | null,
  dev: NetDevice,
  pkt: Packet | null,
  rpf: number,
  acceptLocal: boolean,
): boolean | DropReason {
  const mark = ns.sysctls.effective('src_valid_mark', dev.name, 'or') !== 0 ? (pkt?.mark ?? 0) : 0
  const flow: Flow = {
    destination: source,
    source: destination,
    inDevice: out?.name ?? 'lo',
    outDevice: null,
    mark,
    tos,
    protocol: 0,
  }
  const back = ns.fib.lookup(flow)
  if (back.error !== null || back.route === null) return rpf !== 0 ? 'IP_RPFILTER' : false
  const type = back.route.type
  if (type !== 'unicast' && type !== 'local') return 'IP_INVALID_SOURCE'
  if (type === 'local' && !acceptLocal) return 'IP_LOCAL_SOURCE'
  const uses = back.route.nextHops.find((h) => h.device === dev)
  if (uses !== undefined || (type === 'local' && dev.isLoopback)) return uses !== undefined && isOnLink(uses, type)
  if (!ns.addresses.hasAny(dev)) return rpf !== 0 ? 'IP_RPFILTER' : false
  if (rpf === 1) return 'IP_RPFILTER'
  const here = ns.fib.lookup(flowOn(flow, dev))
  return here.error === null && here.route?.type === 'unicast' && here.hop !== null && isOnLink(here.hop, 'unicast')
}

function flowOn(flow: Flow, dev: NetDevice): Flow {
  return {
    destination: flow.destination,
    source: flow.source,
    inDevice: flow.inDevice,
    outDevice: dev.name,
    mark: flow.mark,
    tos: flow.tos,
    protocol: flow.protocol,
  }
}

/** nhc_scope ≥ RT_SCOPE_HOST: the next hop has no gateway. */
function isOnLink(hop: { gateway: Ipv4 }, type: string): boolean {
  const scope = hop.gateway === 0 || type === 'local' ? SCOPE.host : SCOPE.link
  return scope >= SCOPE.host
}
