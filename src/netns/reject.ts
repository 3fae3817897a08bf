import { formatIpv4 } from '../addr/index.js'
import { type NetDevice } from '../netdev/index.js'
import { attachConntrack, type RejectWith, setClosing } from '../netfilter/index.js'
import type { Hook } from '../trace/index.js'
import { icmpv4, ipv4, type Packet, sctp, tcp, udp } from '../wire/index.js'
import { Dst } from './dst.js'
import { icmpSend } from './icmp-send.js'
import { ipLocalOut, routeMeHarder } from './ip-output.js'
import type { Namespace } from './namespace.js'
import { routeAddressesInput } from './route-input.js'
import { makeReset } from './tcp-reset.js'

/** ipt_REJECT: answers a packet that a rule refuses, where it may be answered. */
export function sendReject(ns: Namespace, pkt: Packet, hook: Hook, reject: RejectWith): void {
  if (ipv4.fragmentOffset(pkt.view, 0) !== 0) return
  if (!transportIsSound(pkt)) return
  if (pkt.dst === null && (hook === 'PREROUTING' || hook === 'FORWARD') && !fillRoute(ns, pkt)) return
  if (reject.kind === 'tcp-reset') sendReset(ns, pkt)
  else icmpSend(ns, pkt, icmpv4.TYPE.UNREACHABLE, reject.code, 0)
}

/** nf_ip_checksum: packets with a bad checksum are dropped without an answer. */
function transportIsSound(pkt: Packet): boolean {
  const at = ipv4.headerLength(pkt.view, 0)
  const source = ipv4.source(pkt.view, 0)
  const destination = ipv4.destination(pkt.view, 0)
  switch (ipv4.protocol(pkt.view, 0)) {
    case ipv4.PROTOCOL.TCP:
      return tcp.judge(pkt.bytes, pkt.view, at, pkt.bytes.length, source, destination) === null
    case ipv4.PROTOCOL.UDP:
      return udp.judge(pkt.bytes, pkt.view, at, pkt.bytes.length, source, destination) === null
    case ipv4.PROTOCOL.SCTP:
      return sctp.judge(pkt.bytes, at, pkt.bytes.length) === null
    case ipv4.PROTOCOL.ICMP:
      return icmpv4.judge(pkt.bytes, at, pkt.bytes.length) === null
    default:
      return true
  }
}

/** nf_reject_fill_skb_dst */
function fillRoute(ns: Namespace, pkt: Packet): boolean {
  const dev = pkt.inDev === null ? undefined : ns.device(pkt.inDev.name)
  if (dev === undefined) return false
  const decided = routeAddressesInput(ns, ipv4.destination(pkt.view, 0), ipv4.source(pkt.view, 0), dev)
  if (!(decided instanceof Dst)) return false
  pkt.dst = decided
  return true
}

/** nf_send_reset: a RST in the name of the destination, attached to the connection so that it is un-NATed. */
function sendReset(ns: Namespace, pkt: Packet): void {
  const at = ipv4.headerLength(pkt.view, 0)
  const flags = tcp.flags(pkt.view, at)
  const dst = pkt.dst as Dst | null
  if (dst === null || dst.type === 'broadcast' || dst.type === 'multicast') return
  if ((flags & tcp.RST) !== 0) return
  const reset = makeReset(ns, pkt)
  const trace = ns.sim.trace
  if (trace !== null) {
    const [from, to] = [ipv4.source(reset.view, 0), ipv4.destination(reset.view, 0)]
    const detail = `RST to ${formatIpv4(to)} in the name of ${formatIpv4(from)}`
    trace.step(pkt.id, ns.name, { kind: 'reply', action: 'tcp-reset', detail })
    trace.packet(reset, ns.name, 'REJECT --reject-with tcp-reset', pkt.id)
  }
  if (routeMeHarder(ns, reset) !== null) return
  attachConntrack(reset, pkt)
  setClosing(pkt)
  const port = pkt.bridge === null ? undefined : ns.device(pkt.bridge.physIn.name)
  if (port === undefined) ipLocalOut(ns, reset)
  else sendThroughPort(reset, pkt, port)
}

/** A bridged packet is answered straight out of the port it came in by, with the addresses of its own frame. */
function sendThroughPort(reset: Packet, pkt: Packet, port: NetDevice): void {
  reset.macDst = pkt.macSrc
  reset.macSrc = pkt.macDst
  port.transmit(reset)
}
