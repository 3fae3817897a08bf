import { assertNever } from '../base/index.js'
import { ipv4, type Packet } from '../wire/index.js'
import type { Dst } from './dst.js'
import { icmpSend } from './icmp-send.js'
import { ipOutput } from './ip-output.js'
import type { Namespace } from './namespace.js'
import { runHook } from './run-hook.js'

/** ip_forward: TTL, MTU, redirect, FORWARD hook. */
export function ipForward(ns: Namespace, pkt: Packet): void {
  const dst = pkt.dst as Dst
  const inDev = pkt.inDev
  if (pkt.packetType !== 'host') {
    ns.drop(pkt, 'OTHERHOST', 'ip_forward: not addressed to this host')
    return
  }
  const ttl = ipv4.ttl(pkt.view, 0)
  if (ttl <= 1) {
    icmpSend(ns, pkt, 11, 0, 0)
    ns.drop(pkt, 'IP_TTL_EXCEEDED', 'ip_forward')
    return
  }
  const mtu = forwardMtu(ns, dst)
  if (exceedsMtu(pkt, mtu)) {
    icmpSend(ns, pkt, 3, 4, mtu)
    ns.drop(pkt, 'PKT_TOO_BIG', `ip_forward: ${pkt.bytes.length} bytes, MTU ${mtu} of ${dst.device.name}, DF set`)
    return
  }
  ipv4.decrementTtl(pkt.view, 0)
  const trace = ns.sim.trace
  if (trace !== null) {
    trace.step(pkt.id, ns.name, {
      kind: 'forward',
      inDevice: inDev?.name ?? '',
      outDevice: dst.device.name,
      ttlBefore: ttl,
      ttlAfter: ttl - 1,
    })
  }
  if (pkt.doRedirect && ipv4.headerLength(pkt.view, 0) === ipv4.HEADER_LEN) sendRedirect(ns, pkt, dst)
  if (runHook(ns, 'FORWARD', pkt, inDev, dst.device)) ipOutput(ns, pkt)
}

/** ip_dst_mtu_maybe_forward: learnt path MTUs count on forwarded packets only with ip_forward_use_pmtu. */
function forwardMtu(ns: Namespace, dst: Dst): number {
  if (ns.sysctls.value('net/ipv4/ip_forward_use_pmtu') !== 0 || !dst.pmtuLearnt) return dst.mtu
  const routeMtu = dst.route?.mtu ?? 0
  return routeMtu === 0 ? dst.device.mtu : Math.min(routeMtu, dst.device.mtu)
}

/** ip_exceeds_mtu */
function exceedsMtu(pkt: Packet, mtu: number): boolean {
  if (pkt.bytes.length <= mtu || !ipv4.df(pkt.view, 0)) return false
  return pkt.fragMaxSize > mtu || !pkt.ignoreDf
}

/** ip_rt_send_redirect */
function sendRedirect(ns: Namespace, pkt: Packet, dst: Dst): void {
  if (ns.sysctls.effective('send_redirects', dst.device.name, 'or') === 0) return
  const now = ns.sim.queue.now
  if (!ns.icmpLimits.allowRedirect(ipv4.source(pkt.view, 0), now)) return
  const gateway = dst.gateway === 0 ? ipv4.destination(pkt.view, 0) : dst.gateway
  icmpSend(ns, pkt, 5, 1, gateway)
}

/** ip_error: what a packet without a way on gets. */
export function ipError(ns: Namespace, pkt: Packet, dst: Dst): void {
  const error = dst.error!
  const where = dst.route === null ? 'no route' : `route of type ${dst.route.type}`
  const forwards = ns.sysctls.effective('forwarding', dst.device.name, 'device') !== 0
  if (!forwards) {
    const reason = error === 'EHOSTUNREACH' ? 'IP_INADDRERRORS' : 'IP_INNOROUTES'
    ns.drop(pkt, reason, `not for this host, and ${dst.device.name} does not forward`)
    return
  }
  const code = errorCode(error)
  if (code !== null && ns.icmpLimits.allowRouteError(ipv4.source(pkt.view, 0), ns.sim.queue.now)) {
    icmpSend(ns, pkt, 3, code, 0)
  }
  ns.drop(pkt, errorReason(dst), where)
}

function errorReason(dst: Dst): 'IP_ROUTE_BLACKHOLE' | 'IP_ROUTE_UNREACHABLE' | 'IP_ROUTE_PROHIBIT' | 'IP_INNOROUTES' {
  switch (dst.route?.type) {
    case 'blackhole':
      return 'IP_ROUTE_BLACKHOLE'
    case 'unreachable':
      return 'IP_ROUTE_UNREACHABLE'
    case 'prohibit':
      return 'IP_ROUTE_PROHIBIT'
    default:
      return 'IP_INNOROUTES'
  }
}

/** Code of the "destination unreachable" for a routing error; null = silence. */
function errorCode(error: NonNullable<Dst['error']>): number | null {
  switch (error) {
    case 'EHOSTUNREACH':
      return 1
    case 'ENETUNREACH':
      return 0
    case 'EACCES':
      return 13
    case 'EINVAL':
      return null
    default:
      return assertNever(error)
  }
}
