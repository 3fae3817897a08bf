import { isMulticast } from '../addr/index.js'
import type { NetDevice } from '../netdev/index.js'
import { ipv4, type Packet } from '../wire/index.js'
import { Dst } from './dst.js'
import { ipError, ipForward } from './ip-forward.js'
import { localDeliver } from './ip-local-deliver.js'
import type { Namespace } from './namespace.js'
import { runHook } from './run-hook.js'
import { routePacketInput } from './route-input.js'

/** ip_rcv: header checks, then PREROUTING. */
export function ipReceive(ns: Namespace, pkt: Packet, dev: NetDevice): void {
  if (pkt.packetType === 'otherhost') {
    ns.drop(pkt, 'OTHERHOST', `ip_rcv on ${dev.name}`)
    return
  }
  const fault = ipv4.judge(pkt.bytes, pkt.view, 0)
  if (fault !== null) {
    ns.drop(pkt, fault, `ip_rcv on ${dev.name}`)
    return
  }
  trimPadding(pkt)
  // ip_rcv_core clears the control block: what a bridge reassembled counts as one packet from here on.
  pkt.fragMaxSize = 0
  pkt.fragDf = false
  if (pkt.bridge !== null && !pkt.bridge.inPrerouting && !pkt.bridge.sabotageInDone) {
    // ip_sabotage_in: the bridge has called PREROUTING for this frame already.
    pkt.bridge.sabotageInDone = true
    ipReceiveFinish(ns, pkt, dev)
    return
  }
  if (runHook(ns, 'PREROUTING', pkt, dev, null)) ipReceiveFinish(ns, pkt, dev)
}

/** Ethernet padding behind the datagram goes (pskb_trim_rcsum). */
function trimPadding(pkt: Packet): void {
  const length = ipv4.totalLength(pkt.view, 0)
  if (length < pkt.bytes.length) pkt.setBytes(pkt.bytes.subarray(0, length))
}

/** ip_rcv_finish: routes, unless the packet kept its decision over loopback, and hands on. */
export function ipReceiveFinish(ns: Namespace, pkt: Packet, dev: NetDevice): void {
  if (pkt.dst === null && !setRoute(ns, pkt, dev)) return
  const dst = pkt.dst as unknown as Dst
  const isGroup = pkt.packetType === 'broadcast' || pkt.packetType === 'multicast'
  if (isGroup && dst.type === 'unicast' && !isMulticast(ipv4.destination(pkt.view, 0))) {
    // RFC 1122 3.3.6: unicast in a link-layer broadcast; forwarding refuses it (drop_unicast_in_l2_multicast is off).
    ns.drop(pkt, 'UNICAST_IN_L2_MULTICAST', `ip_forward on ${dev.name}`)
    return
  }
  dstInput(ns, pkt, dst)
}

/** dst_input */
function dstInput(ns: Namespace, pkt: Packet, dst: Dst): void {
  switch (dst.type) {
    case 'local':
    case 'broadcast':
    case 'multicast':
      localDeliver(ns, pkt)
      return
    case 'unicast':
      ipForward(ns, pkt)
      return
    case 'error':
      ipError(ns, pkt, dst)
  }
}

function setRoute(ns: Namespace, pkt: Packet, dev: NetDevice): boolean {
  const decided = routePacketInput(ns, pkt, dev)
  if (decided instanceof Dst) {
    pkt.dst = decided
    return true
  }
  ns.drop(pkt, decided, `routing a packet received on ${dev.name}`)
  return false
}
