import type { NetDevice } from '../netdev/index.js'
import type { DropReason } from '../trace/index.js'
import type { Flow } from './fib.js'
import type { Namespace } from './namespace.js'
import type { NextHop, Route } from './route.js'

/**
 * fib_validate_source: may a packet of this source arrive on `dev` and leave by `out` (null = it stays)? True when the
 * source is directly on the link of `dev` (nhc_scope ≥ host), which makes a redirect due; a drop reason when it may not.
 */
export function validateSource(ns: Namespace, flow: Flow, dev: NetDevice, out: NetDevice | null): boolean | DropReason {
  const rpf = ns.sysctls.effective('rp_filter', dev.name, 'max')
  const acceptLocal = ns.sysctls.effective('accept_local', dev.name, 'or') !== 0
  const mayRedirect = out === dev && ns.sysctls.effective('send_redirects', dev.name, 'or') !== 0
  if (rpf === 0 && !mayRedirect) {
    if (acceptLocal) return false
    if (!ns.fib.hasCustomLocalRoutes && !ns.fib.hasCustomRules) {
      return ns.addresses.deviceOf(flow.source) === null ? false : 'IP_LOCAL_SOURCE'
    }
  }
  // __fib_validate_source: the way back by any device, and in loose mode by this one.
  const mark = ns.sysctls.effective('src_valid_mark', dev.name, 'or') !== 0 ? flow.mark : 0
  const { route, error } = ns.fib.lookup(wayBack(flow, mark, out, null))
  if (error !== null || route === null) return rpf !== 0 ? 'IP_RPFILTER' : false
  if (route.type !== 'unicast' && route.type !== 'local') return 'IP_INVALID_SOURCE'
  if (route.type === 'local' && !acceptLocal) return 'IP_LOCAL_SOURCE'
  const hop = hopThrough(route, dev)
  if (hop !== null) return isOnLink(route, hop)
  if (route.type === 'local' && dev.isLoopback) return false
  if (!ns.addresses.hasAny(dev)) return rpf !== 0 ? 'IP_RPFILTER' : false
  if (rpf === 1) return 'IP_RPFILTER'
  const here = ns.fib.lookup(wayBack(flow, mark, out, dev))
  return here.error === null && here.route?.type === 'unicast' && here.hop !== null && isOnLink(here.route, here.hop)
}

/** The packet's flow in the other direction, out of a given device or any (null). */
function wayBack(flow: Flow, mark: number, out: NetDevice | null, by: NetDevice | null): Flow {
  return {
    destination: flow.source,
    source: flow.destination,
    inDevice: out?.name ?? 'lo',
    outDevice: by?.name ?? null,
    mark,
    tos: flow.tos,
  }
}

function hopThrough(route: Route, dev: NetDevice): NextHop | null {
  for (const hop of route.nextHops) if (hop.device === dev) return hop
  return null
}

/** nhc_scope ≥ RT_SCOPE_HOST */
function isOnLink(route: Route, hop: NextHop): boolean {
  return hop.gateway === 0 || route.type === 'local'
}
