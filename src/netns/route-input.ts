import { type Ipv4, isLimitedBroadcast, isLoopback, isMulticast } from '../addr/index.js'
import type { NetDevice } from '../netdev/index.js'
import type { DropReason } from '../trace/index.js'
import { ethernet, ipv4, type Packet } from '../wire/index.js'
import { Dst } from './dst.js'
import type { FibError, FibResult, Flow } from './fib.js'
import type { Namespace } from './namespace.js'
import type { Route } from './route.js'
import { traceRoute } from './route-step.js'
import { validateSource } from './validate-source.js'

/** INADDR_ALLHOSTS_GROUP: 224.0.0.1 */
const ALL_HOSTS: Ipv4 = 0xe0000001

/** IPTOS_RT_MASK: the bits of TOS that routes and rules look at. */
const TOS_MASK = 0x1c

/** Routes a packet that came in by `dev`: {@link routeInput} with what its header says. */
export function routePacketInput(ns: Namespace, pkt: Packet, dev: NetDevice): Dst | DropReason {
  const flow: Flow = {
    destination: ipv4.destination(pkt.view, 0),
    source: ipv4.source(pkt.view, 0),
    inDevice: dev.name,
    outDevice: null,
    mark: pkt.mark,
    tos: ipv4.tos(pkt.view, 0) & TOS_MASK,
  }
  return routeInput(ns, flow, dev, pkt)
}

/** Routes two addresses as if a packet had come in by `dev`, for ARP and for rules that refuse. */
export function routeAddressesInput(ns: Namespace, destination: Ipv4, source: Ipv4, dev: NetDevice): Dst | DropReason {
  const flow: Flow = { destination, source, inDevice: dev.name, outDevice: null, mark: 0, tos: 0 }
  return routeInput(ns, flow, dev, null)
}

/**
 * ip_route_input_noref: decides what becomes of what came in by `dev`, or why it must be dropped. `pkt` gets the
 * redirect flag and the trace; null where no packet is routed.
 */
function routeInput(ns: Namespace, flow: Flow, dev: NetDevice, pkt: Packet | null): Dst | DropReason {
  const martian = weirdMartian(ns, flow, dev)
  if (martian === 'broadcast') return broadcastInput(ns, flow, dev, null)
  if (martian !== null) return martian
  if (isMulticast(flow.destination)) return multicastInput(ns, flow, dev)
  const found = ns.fib.lookup(flow)
  const dst = decide(ns, found, flow, dev, pkt)
  if (pkt !== null && ns.sim.trace !== null && dst instanceof Dst) {
    traceRoute(ns, pkt, 'input', { flow, found, dst, chosenSource: null })
  }
  return dst
}

/** The checks of ip_route_input_slow before the look-up. */
function weirdMartian(ns: Namespace, { destination, source }: Flow, dev: NetDevice): DropReason | 'broadcast' | null {
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
  if (error !== null || route === null) return noRoute(dev, route, forwards ? (error ?? 'ENETUNREACH') : 'EHOSTUNREACH')
  if (route.type === 'broadcast' && ns.sysctls.effective('bc_forwarding', dev.name, 'and') === 0) {
    return broadcastInput(ns, flow, dev, route)
  }
  if (route.type === 'local') {
    const valid = validateSource(ns, flow, dev, null)
    return typeof valid === 'string' ? valid : Dst.input('local', ns.loopback, route)
  }
  if (!forwards) return noRoute(dev, route, 'EHOSTUNREACH')
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
  const onLinkSource = validateSource(ns, flow, dev, hop.device)
  if (typeof onLinkSource === 'string') return onLinkSource
  if (pkt !== null && hop.device === dev && onLinkSource && pkt.etherType === ethernet.ETHERTYPE.IPV4) {
    const sends = ns.sysctls.effective('send_redirects', dev.name, 'or') !== 0
    const shared = ns.sysctls.effective('shared_media', dev.name, 'or') !== 0
    pkt.doRedirect = sends && (shared || ns.addresses.onLink(dev, flow.source, hop.gateway))
  }
  const dst = Dst.input('unicast', hop.device, found.route)
  const path = ns.pathMtuOf(found.route!, hop.device, flow.destination)
  dst.setNextHop(hop.gateway, path)
  return dst
}

/** No way on: the packet becomes an ip_error, answered or not by `forward`'s rules. */
function noRoute(dev: NetDevice, route: Route | null, error: FibError): Dst {
  const dst = Dst.input('error', dev, route)
  dst.error = error
  return dst
}

/** ip_route_input_mc: a host is in the group of all hosts and in no other, and routes no multicast. */
function multicastInput(ns: Namespace, flow: Flow, dev: NetDevice): Dst | DropReason {
  if (flow.destination !== ALL_HOSTS) return 'IP_INVALID_DEST'
  const valid = validateSource(ns, toNobody(flow), dev, null)
  return typeof valid === 'string' ? valid : Dst.input('multicast', dev, null)
}

function broadcastInput(ns: Namespace, flow: Flow, dev: NetDevice, route: Route | null): Dst | DropReason {
  if (flow.source !== 0) {
    const valid = validateSource(ns, toNobody(flow), dev, null)
    if (typeof valid === 'string') return valid
  }
  return Dst.input('broadcast', dev, route)
}

/** Sources of packets to a group are checked without their destination. */
function toNobody({ source, inDevice, mark, tos }: Flow): Flow {
  return { destination: 0, source, inDevice, outDevice: null, mark, tos }
}
