import { formatIpv4 } from '../addr/index.js'
import { attachConntrack } from '../netfilter/index.js'
import { icmpv4, ipv4, type Packet } from '../wire/index.js'
import type { Dst } from './dst.js'
import { ipLocalOut, makePacket } from './ip-output.js'
import type { Namespace } from './namespace.js'
import { SCOPE } from './route.js'
import { routeOutput, traceOutputRoute } from './route-output.js'

/** An ICMP error quotes no more than fits into 576 bytes (RFC 1812 4.3.2.3). */
const ROOM = 576
/** IPTOS_PREC_INTERNETCONTROL: precedence of errors. */
const PRECEDENCE = 0xc0

/** icmp_send: tells the sender of `pkt` what became of it, unless it must not be told (RFC 1122 3.2.2). */
export function icmpSend(ns: Namespace, pkt: Packet, type: number, code: number, rest: number): void {
  const dst = pkt.dst as Dst | null
  if (dst === null || !mayAnswer(pkt, dst, type)) return
  const to = ipv4.source(pkt.view, 0)
  if (!withinLimits(ns, pkt, type, code)) return
  const tos = icmpv4.isError(type) ? (ipv4.tos(pkt.view, 0) & 0x1e) | PRECEDENCE : ipv4.tos(pkt.view, 0)
  const mark = ns.sysctls.value('net/ipv4/fwmark_reflect') !== 0 ? pkt.mark : 0
  const source = errorSource(ns, pkt, dst)
  const routed = routeOutput(ns, { destination: to, source, outDevice: null, mark, tos, anySource: false })
  if ('errno' in routed) return
  if (!ns.icmpLimitsAllow(to, type, code, routed.dst)) return
  const room = Math.min(routed.dst.mtu, ROOM) - ipv4.HEADER_LEN - icmpv4.HEADER_LEN
  const quote = pkt.bytes.subarray(0, Math.min(pkt.bytes.length, room))
  const made = makePacket(ns, {
    source: routed.source,
    destination: to,
    protocol: ipv4.PROTOCOL.ICMP,
    payload: icmpv4.emitError({ type, code, rest, quote }),
    ttl: ns.sysctls.value('net/ipv4/ip_default_ttl'),
    tos,
    df: false,
    ignoreDf: true,
    id: ns.nextIpId(),
  })
  made.dst = routed.dst
  made.mark = mark
  if (icmpv4.isError(type)) attachConntrack(made, pkt)
  const trace = ns.sim.trace
  if (trace !== null) {
    const detail = `ICMP ${icmpv4.describe(type, code)} to ${formatIpv4(to)} from ${formatIpv4(routed.source)}`
    trace.step(pkt.id, ns.name, { kind: 'reply', action: 'icmp-error', detail })
    trace.packet(made, ns.name, `ICMP ${icmpv4.describe(type, code)}`, pkt.id)
  }
  traceOutputRoute(ns, made, routed, source === 0)
  ipLocalOut(ns, made)
}

/** The rules of __icmp_send about what is never answered. */
function mayAnswer(pkt: Packet, dst: Dst, type: number): boolean {
  if (pkt.packetType !== 'host') return false
  if (dst.type === 'broadcast' || dst.type === 'multicast') return false
  if (ipv4.fragmentOffset(pkt.view, 0) !== 0) return false
  if (!icmpv4.isError(type) || ipv4.protocol(pkt.view, 0) !== ipv4.PROTOCOL.ICMP) return true
  const at = ipv4.headerLength(pkt.view, 0)
  return pkt.bytes.length > at && !icmpv4.isError(pkt.bytes[at]!)
}

/** icmp_global_allow: only for the types of icmp_ratemask, and never about what came in on loopback. */
function withinLimits(ns: Namespace, pkt: Packet, type: number, code: number): boolean {
  if (!ns.icmpLimited(type, code) || pkt.inDev?.name === 'lo') return true
  const perSecond = ns.sysctls.value('net/ipv4/icmp_msgs_per_sec')
  const burst = ns.sysctls.value('net/ipv4/icmp_msgs_burst')
  return ns.icmpLimits.allowGlobal(perSecond, burst, ns.sim.queue.now)
}

/** The address it was sent to if it is ours; else the route back decides (0), or the incoming device. */
function errorSource(ns: Namespace, pkt: Packet, dst: Dst): number {
  if (dst.type === 'local') return ipv4.destination(pkt.view, 0)
  const inbound = ns.sysctls.value('net/ipv4/icmp_errors_use_inbound_ifaddr') !== 0
  const dev = pkt.inDev === null ? undefined : ns.device(pkt.inDev.name)
  if (!inbound || !dst.isInput || dev === undefined) return 0
  return ns.selectAddress(dev, ipv4.source(pkt.view, 0), SCOPE.link) ?? 0
}
