import { ipv4, type Packet, tcp } from '../wire/index.js'
import type { Dst } from './dst.js'
import { ipLocalOut, makePacket } from './ip-output.js'
import type { Namespace } from './namespace.js'
import { routeOutput, traceOutputRoute } from './route-output.js'

/**
 * The reset that answers a segment nobody wants (RFC 9293 3.10.7.1, tcp_v4_send_reset, nf_send_reset): with an ACK it
 * takes the acknowledged number as its own, without one it acknowledges everything the segment held.
 */
function resetFor(pkt: Packet): tcp.SegmentFields {
  const at = ipv4.headerLength(pkt.view, 0)
  const flags = tcp.flags(pkt.view, at)
  const hasAck = (flags & tcp.ACK) !== 0
  const syn = (flags & tcp.SYN) !== 0 ? 1 : 0
  const fin = (flags & tcp.FIN) !== 0 ? 1 : 0
  const length = pkt.bytes.length - at - tcp.dataOffset(pkt.view, at) + syn + fin
  return {
    sourcePort: tcp.destinationPort(pkt.view, at),
    destinationPort: tcp.sourcePort(pkt.view, at),
    seq: hasAck ? tcp.ack(pkt.view, at) : 0,
    ack: hasAck ? 0 : (tcp.seq(pkt.view, at) + length) >>> 0,
    flags: hasAck ? tcp.RST : tcp.RST | tcp.ACK,
    window: 0,
    payload: new Uint8Array(0),
  }
}

/** The packet with the reset for `pkt`, in the name of its destination; not yet routed. */
export function makeReset(ns: Namespace, pkt: Packet): Packet {
  const source = ipv4.destination(pkt.view, 0)
  const destination = ipv4.source(pkt.view, 0)
  return makePacket(ns, {
    source,
    destination,
    protocol: ipv4.PROTOCOL.TCP,
    payload: tcp.emit(resetFor(pkt), source, destination),
    ttl: ns.sysctls.value('net/ipv4/ip_default_ttl'),
    tos: 0,
    df: true,
    ignoreDf: false,
    id: 0,
  })
}

/** tcp_v4_send_reset: nobody here knows the connection. Never answers a RST. */
export function sendReset(ns: Namespace, pkt: Packet): void {
  const isReset = (tcp.flags(pkt.view, ipv4.headerLength(pkt.view, 0)) & tcp.RST) !== 0
  if (isReset || (pkt.dst as Dst).type !== 'local') return
  const routed = routeOutput(ns, {
    destination: ipv4.source(pkt.view, 0),
    source: ipv4.destination(pkt.view, 0),
    outDevice: null,
    mark: 0,
    tos: 0,
    anySource: false,
  })
  if ('errno' in routed) return
  const reset = makeReset(ns, pkt)
  reset.dst = routed.dst
  const trace = ns.sim.trace
  if (trace !== null) {
    const detail = 'RST: nothing listens or knows the connection'
    trace.step(pkt.id, ns.name, { kind: 'reply', action: 'tcp-reset', detail })
    trace.packet(reset, ns.name, 'kernel, TCP reset', pkt.id)
  }
  traceOutputRoute(ns, reset, routed, false)
  ipLocalOut(ns, reset)
}
