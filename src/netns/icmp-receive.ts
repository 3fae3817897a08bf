import { formatIpv4 } from '../addr/index.js'
import { icmpv4, ipv4, type Packet, viewOf } from '../wire/index.js'
import type { Dst } from './dst.js'
import { ipLocalOut, makePacket } from './ip-output.js'
import type { Namespace } from './namespace.js'
import { neighProbe } from './neigh-output.js'
import { routeOutput, traceOutputRoute } from './route-output.js'
import { deliverIcmpError } from './socket/icmp-error.js'

/** Lifetime of a redirect (ip_rt_gc_timeout). */
const REDIRECT_LIFETIME_MS = 300_000

/** icmp_rcv */
export function icmpReceive(ns: Namespace, pkt: Packet): void {
  const at = ipv4.headerLength(pkt.view, 0)
  const fault = icmpv4.judge(pkt.bytes, at, pkt.bytes.length)
  if (fault !== null) {
    ns.drop(pkt, fault, 'icmp_rcv')
    return
  }
  const type = icmpv4.type(pkt.view, at)
  switch (type) {
    case icmpv4.TYPE.ECHO_REQUEST:
      echo(ns, pkt, at)
      return
    case icmpv4.TYPE.ECHO_REPLY:
      if (!ns.sockets.deliverEchoReply(ns, pkt, at)) ns.drop(pkt, 'NO_SOCKET', 'no ping waits for this echo reply')
      return
    case icmpv4.TYPE.UNREACHABLE:
    case icmpv4.TYPE.TIME_EXCEEDED:
    case icmpv4.TYPE.PARAMETER_PROBLEM:
    case icmpv4.TYPE.SOURCE_QUENCH:
      error(ns, pkt, at)
      return
    case icmpv4.TYPE.REDIRECT:
      redirect(ns, pkt, at)
      return
    default:
      ns.drop(pkt, 'NOT_SPECIFIED', `ICMP ${icmpv4.describe(type, 0)}: not answered`)
  }
}

/** icmp_echo → icmp_reply: answers from the address that was asked. */
function echo(ns: Namespace, pkt: Packet, at: number): void {
  const isGroup = (pkt.dst as Dst).type !== 'local'
  const ignored = echoIgnoredBy(ns, isGroup)
  if (ignored !== null) {
    ns.drop(pkt, 'NOT_SPECIFIED', ignored)
    return
  }
  const to = ipv4.source(pkt.view, 0)
  const source = isGroup ? 0 : ipv4.destination(pkt.view, 0)
  const mark = ns.sysctls.value('net/ipv4/fwmark_reflect') !== 0 ? pkt.mark : 0
  const tos = ipv4.tos(pkt.view, 0)
  const routed = routeOutput(ns, { destination: to, source, outDevice: null, mark, tos, anySource: false })
  if ('errno' in routed) {
    ns.drop(pkt, 'IP_OUTNOROUTES', `no route for the echo reply to ${formatIpv4(to)}`)
    return
  }
  const made = makePacket(ns, {
    source: routed.source,
    destination: to,
    protocol: ipv4.PROTOCOL.ICMP,
    payload: echoReply(pkt, at),
    ttl: ns.sysctls.value('net/ipv4/ip_default_ttl'),
    tos,
    df: false,
    ignoreDf: true,
    id: ns.nextIpId(),
  })
  made.dst = routed.dst
  made.mark = mark
  const trace = ns.sim.trace
  if (trace !== null) {
    const detail = `the host answers from ${formatIpv4(routed.source)}`
    trace.step(pkt.id, ns.name, { kind: 'reply', action: 'echo-reply', detail })
    trace.packet(made, ns.name, 'ICMP echo reply', pkt.id)
  }
  traceOutputRoute(ns, made, routed, false)
  ipLocalOut(ns, made)
}

/** The sysctl that keeps a host from answering; null when it answers. */
function echoIgnoredBy(ns: Namespace, isGroup: boolean): string | null {
  if (ns.sysctls.value('net/ipv4/icmp_echo_ignore_all') !== 0) return 'icmp_echo_ignore_all'
  if (isGroup && ns.sysctls.value('net/ipv4/icmp_echo_ignore_broadcasts') !== 0) return 'icmp_echo_ignore_broadcasts'
  return null
}

function echoReply(request: Packet, at: number): Uint8Array {
  return icmpv4.emitEcho({
    type: icmpv4.TYPE.ECHO_REPLY,
    id: icmpv4.id(request.view, at),
    sequence: icmpv4.sequence(request.view, at),
    payload: request.bytes.slice(at + icmpv4.HEADER_LEN),
  })
}

/** icmp_unreach: tells the socket whose packet is quoted. */
function error(ns: Namespace, pkt: Packet, at: number): void {
  const quoteAt = at + icmpv4.HEADER_LEN
  const quote = pkt.bytes.subarray(quoteAt)
  if (quote.length < ipv4.HEADER_LEN) {
    ns.drop(pkt, 'PKT_TOO_SMALL', 'icmp_unreach: quote too short')
    return
  }
  const view = viewOf(quote)
  const type = icmpv4.type(pkt.view, at)
  const code = icmpv4.code(pkt.view, at)
  const fragNeeded = type === icmpv4.TYPE.UNREACHABLE && code === icmpv4.CODE.FRAG_NEEDED
  // ip_no_pmtu_disc: 1 believes no size, 2 not even that there is a limit.
  const disbelief = fragNeeded ? ns.sysctls.value('net/ipv4/ip_no_pmtu_disc') : 0
  if (disbelief === 2) {
    ns.drop(pkt, 'NOT_SPECIFIED', 'icmp_unreach: ip_no_pmtu_disc is 2')
    return
  }
  const mtu = fragNeeded && disbelief !== 1 ? icmpv4.mtu(pkt.view, at) : 0
  const from = ipv4.source(pkt.view, 0)
  const taken = deliverIcmpError(ns, pkt, view, { type, code, from, mtu })
  if (!taken)
    ns.drop(pkt, 'NO_SOCKET', `no socket of this host sent what the ICMP ${icmpv4.describe(type, code)} quotes`)
}

/** icmp_redirect → __ip_do_redirect */
function redirect(ns: Namespace, pkt: Packet, at: number): void {
  const quote = pkt.bytes.subarray(at + icmpv4.HEADER_LEN)
  const dev = pkt.inDev === null ? undefined : ns.device(pkt.inDev.name)
  if (quote.length < ipv4.HEADER_LEN || dev === undefined) {
    ns.drop(pkt, 'PKT_TOO_SMALL', 'icmp_redirect')
    return
  }
  const gateway = icmpv4.gateway(pkt.view, at)
  const destination = ipv4.destination(viewOf(quote), 0)
  const routed = routeOutput(ns, { destination, source: 0, outDevice: null, mark: 0, tos: 0, anySource: false })
  const combine = ns.sysctls.effective('forwarding', dev.name, 'device') !== 0 ? 'and' : 'or'
  const accepts = ns.sysctls.effective('accept_redirects', dev.name, combine) !== 0
  const valid =
    accepts &&
    'dst' in routed &&
    routed.dst.gateway === ipv4.source(pkt.view, 0) &&
    routed.dst.device === dev &&
    ns.addressType(gateway, null) === 'UNICAST'
  if (!valid) {
    ns.drop(pkt, 'NOT_SPECIFIED', 'icmp_redirect: not accepted')
    return
  }
  const entry = ns.neighbours.ensure(dev, gateway)
  if (entry.valid) ns.exceptions.learnRedirect(destination, gateway, ns.sim.queue.now + REDIRECT_LIFETIME_MS)
  else neighProbe(ns, entry)
}
