import { ipv4, type Packet } from '../wire/index.js'
import { icmpReceive } from './icmp-receive.js'
import { icmpSend } from './icmp-send.js'
import type { Namespace } from './namespace.js'
import { runHook } from './run-hook.js'
import { sctpReceive } from './socket/sctp-receive.js'
import { tcpReceive } from './socket/tcp-receive.js'
import { udpReceive } from './socket/udp-receive.js'

/** ip_local_deliver: reassembly, INPUT hook, then the protocol. */
export function localDeliver(ns: Namespace, pkt: Packet): void {
  if (ipv4.isFragment(pkt.view, 0) && !reassemble(ns, pkt)) return
  if (runHook(ns, 'INPUT', pkt, pkt.inDev, null)) deliverToProtocol(ns, pkt)
}

/** False while fragments are missing. The packet that completes the datagram goes on as the whole. */
function reassemble(ns: Namespace, pkt: Packet): boolean {
  return ns.reassembler.add(pkt, ns, 'local delivery')
}

/** ip_protocol_deliver_rcu */
function deliverToProtocol(ns: Namespace, pkt: Packet): void {
  const protocol = ipv4.protocol(pkt.view, 0)
  switch (protocol) {
    case ipv4.PROTOCOL.ICMP:
      icmpReceive(ns, pkt)
      return
    case ipv4.PROTOCOL.TCP:
      tcpReceive(ns, pkt)
      return
    case ipv4.PROTOCOL.UDP:
      udpReceive(ns, pkt)
      return
    case ipv4.PROTOCOL.SCTP:
      sctpReceive(ns, pkt)
      return
    default:
      icmpSend(ns, pkt, 3, 2, 0)
      ns.drop(pkt, 'IP_NOPROTO', `IP protocol ${protocol}`)
  }
}
