import type { Ipv4 } from '../addr/index.js'
import type { NetDevice } from '../netdev/index.js'
import { ethernet, ipv4, type Packet } from '../wire/index.js'
import { ipLocalOut } from './ip-output.js'
import type { Namespace } from './namespace.js'
import { routeOutput, traceOutputRoute } from './route-output.js'

/** The outer header of an encapsulated packet. */
export interface TunnelHeader {
  readonly source: Ipv4
  readonly destination: Ipv4
  readonly outDevice: NetDevice | null
  readonly protocol: number
  /** Everything behind the outer IP header. */
  readonly payload: Uint8Array
}

/**
 * iptunnel_xmit: wraps `pkt` in place and sends it through this namespace's own OUTPUT and POSTROUTING. The mark
 * stays (which is why kube-proxy clears it), route and conntrack do not.
 */
export function sendTunnel(ns: Namespace, pkt: Packet, header: TunnelHeader): void {
  const routed = routeOutput(ns, {
    destination: header.destination,
    source: header.source,
    outDevice: header.outDevice,
    mark: pkt.mark,
    tos: 0,
    anySource: false,
  })
  if ('errno' in routed) {
    ns.drop(pkt, 'IP_OUTNOROUTES', 'no route for the outer header')
    return
  }
  pkt.setBytes(
    ipv4.emit({
      id: ns.nextIpId(),
      ttl: ns.sysctl('net/ipv4/ip_default_ttl'),
      protocol: header.protocol,
      source: header.source,
      destination: header.destination,
      payload: header.payload,
    }),
  )
  pkt.etherType = ethernet.ETHERTYPE.IPV4
  pkt.packetType = 'host'
  pkt.dst = routed.dst
  pkt.inDev = null
  pkt.nfct = null
  pkt.ctInfo = 'none'
  pkt.bridge = null
  pkt.fragMaxSize = 0
  pkt.fragDf = false
  pkt.ignoreDf = true
  traceOutputRoute(ns, pkt, routed, false)
  // The tunnel device has taken the packet: what becomes of the outer one is no error of the inner one's sender.
  const { sendError } = ns
  ipLocalOut(ns, pkt)
  ns.sendError = sendError
}
