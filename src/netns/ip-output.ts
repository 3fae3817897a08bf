import { ipv4, Packet } from '../wire/index.js'
import type { Dst } from './dst.js'
import { icmpSend } from './icmp-send.js'
import type { Namespace } from './namespace.js'
import { groupOutput, neighOutput } from './neigh-output.js'
import { routeOutput } from './route-output.js'
import { traceRoute } from './route-step.js'
import { runHook } from './run-hook.js'

/** ip_local_out: OUTPUT hook, then output. Gives the errno a system call would return, or null. */
export function ipLocalOut(ns: Namespace, pkt: Packet): string | null {
  ns.sendError = null
  const out = (pkt.dst as Dst).device
  if (!runHook(ns, 'OUTPUT', pkt, null, out)) return ns.sendError
  ipOutput(ns, pkt)
  return ns.sendError
}

/** ip_output: POSTROUTING hook, then fragments and neighbour. */
export function ipOutput(ns: Namespace, pkt: Packet): void {
  const dst = pkt.dst as Dst
  if (runHook(ns, 'POSTROUTING', pkt, pkt.inDev, dst.device)) finishOutput(ns, pkt)
}

/** ip_finish_output */
function finishOutput(ns: Namespace, pkt: Packet): void {
  const dst = pkt.dst as Dst
  const mtu = outputMtu(pkt, dst)
  if (pkt.bytes.length <= mtu && pkt.fragMaxSize === 0) {
    finishOutput2(ns, pkt, dst)
    return
  }
  if (ipv4.df(pkt.view, 0) && (!pkt.ignoreDf || pkt.fragMaxSize > mtu)) {
    if (pkt.bytes.length <= mtu) {
      finishOutput2(ns, pkt, dst)
      return
    }
    icmpSend(ns, pkt, 3, 4, mtu)
    ns.sendError = 'EMSGSIZE'
    ns.drop(pkt, 'PKT_TOO_BIG', `ip_fragment: ${pkt.bytes.length} bytes, MTU ${mtu} of ${dst.device.name}, DF set`)
    return
  }
  fragmentOutput(ns, pkt, dst, mtu)
}

/** ip_skb_dst_mtu: a probe obeys only the device; what was learnt counts on local packets alone. */
function outputMtu(pkt: Packet, dst: Dst): number {
  if (pkt.inDev === null) return pkt.probesPmtu ? dst.device.mtu : dst.mtu
  return dst.pmtuLearnt ? dst.device.mtu : dst.mtu
}

/** ip_do_fragment: cuts, no larger than the fragments it came in as, and sends each. */
function fragmentOutput(ns: Namespace, pkt: Packet, dst: Dst, mtu: number): void {
  const limit = pkt.fragMaxSize !== 0 && pkt.fragMaxSize < mtu ? pkt.fragMaxSize : mtu
  const pieces = ipv4.fragment(pkt.bytes, limit, { df: pkt.fragDf })
  if (pieces.length <= 1) {
    finishOutput2(ns, pkt, dst)
    return
  }
  const trace = ns.sim.trace
  if (trace !== null) {
    trace.step(pkt.id, ns.name, { kind: 'fragment', action: 'fragment', count: pieces.length, mtu: limit })
  }
  for (const bytes of pieces) {
    const piece = pkt.copy()
    piece.setBytes(bytes)
    piece.fragMaxSize = 0
    finishOutput2(ns, piece, dst)
    if (pkt.owner !== null && pkt.inDev === null) ns.sim.queue.settleNested()
  }
}

/** ip_finish_output2: to the neighbour. */
function finishOutput2(ns: Namespace, pkt: Packet, dst: Dst): void {
  const destination = ipv4.destination(pkt.view, 0)
  if (dst.type === 'broadcast' || dst.type === 'multicast') {
    groupOutput(dst.device, pkt, destination, dst.type === 'broadcast')
    return
  }
  neighOutput(ns, pkt, dst.device, dst.gateway === 0 ? destination : dst.gateway)
}

/**
 * ip_route_me_harder: routes a locally made packet again after its addresses or mark changed. Gives null, or the errno
 * that the sender sees.
 */
export function routeMeHarder(ns: Namespace, pkt: Packet): string | null {
  const source = ipv4.source(pkt.view, 0)
  const ours = ns.addressType(source, null) === 'LOCAL'
  const routed = routeOutput(ns, {
    destination: ipv4.destination(pkt.view, 0),
    source,
    outDevice: null,
    mark: pkt.mark,
    tos: ipv4.tos(pkt.view, 0),
    anySource: !ours,
  })
  if ('errno' in routed) return routed.errno
  pkt.dst = routed.dst
  if (ns.sim.trace !== null) {
    const { flow, found, dst } = routed
    traceRoute(ns, pkt, 'reroute', { flow, found, dst, chosenSource: null })
  }
  return null
}

/** What a local sender (socket or kernel) wants sent. */
export interface LocalSend {
  readonly source: number
  readonly destination: number
  readonly protocol: number
  readonly payload: Uint8Array
  readonly ttl: number
  readonly tos: number
  readonly df: boolean
  /** Cut if too long although DF may be set. */
  readonly ignoreDf: boolean
  readonly id: number
}

/** Wraps a payload into an IP packet of this namespace; nothing is sent yet. */
export function makePacket(ns: Namespace, send: LocalSend): Packet {
  const bytes = ipv4.emit({
    id: send.id,
    ttl: send.ttl,
    tos: send.tos,
    df: send.df,
    protocol: send.protocol,
    source: send.source,
    destination: send.destination,
    payload: send.payload,
  })
  const pkt = new Packet(ns.sim.nextPacketId(), bytes, 0x0800)
  pkt.ignoreDf = send.ignoreDf
  return pkt
}
