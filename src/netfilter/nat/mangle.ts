import type { Ipv4 } from '../../addr/index.js'
import { icmpv4, ipv4, type Packet, sctp, tcp, udp } from '../../wire/index.js'
import { answeringIcmpType, type Tuple } from '../conntrack/tuple.js'
import type { NatManip } from './range.js'

/**
 * Gives the IPv4 packet at `at` of `pkt.bytes` (0, or the quote in an ICMP error) one end of `target`
 * (nf_nat_ipv4_manip_pkt), with checksums. False where the bytes do not hold what must be changed.
 */
export function mangle(pkt: Packet, at: number, target: Tuple, manip: NatManip): boolean {
  const { view } = pkt
  if (view.byteLength - at < ipv4.HEADER_LEN) return false
  const transport = at + ipv4.headerLength(view, at)
  const old = manip === 'source' ? ipv4.source(view, at) : ipv4.destination(view, at)
  const now = manip === 'source' ? target.source : target.destination
  const port = manip === 'source' ? target.sourcePort : target.destinationPort
  if (!mangleTransport(pkt, transport, target, manip, port, old, now)) return false
  if (manip === 'source') ipv4.setSource(view, at, now)
  else ipv4.setDestination(view, at, now)
  return true
}

function mangleTransport(
  pkt: Packet,
  at: number,
  target: Tuple,
  manip: NatManip,
  port: number,
  old: Ipv4,
  now: Ipv4,
): boolean {
  switch (target.protocol) {
    case ipv4.PROTOCOL.TCP:
      return mangleTcp(pkt.view, at, manip, port, old, now)
    case ipv4.PROTOCOL.UDP:
      return mangleUdp(pkt.view, at, manip, port, old, now)
    case ipv4.PROTOCOL.SCTP:
      return mangleSctp(pkt, at, manip, port)
    case ipv4.PROTOCOL.ICMP:
      return mangleIcmp(pkt.view, at, target.sourcePort)
    default:
      return true
  }
}

/** A quote may end behind the ports: then there is no checksum to keep right. */
function mangleTcp(view: DataView, at: number, manip: NatManip, port: number, old: Ipv4, now: Ipv4): boolean {
  if (view.byteLength - at < 8) return false
  if (view.byteLength - at < tcp.HEADER_LEN) {
    view.setUint16(manip === 'source' ? at : at + 2, port)
    return true
  }
  if (manip === 'source') tcp.setSourcePort(view, at, port)
  else tcp.setDestinationPort(view, at, port)
  tcp.updateChecksum32(view, at, old, now)
  return true
}

function mangleUdp(view: DataView, at: number, manip: NatManip, port: number, old: Ipv4, now: Ipv4): boolean {
  if (view.byteLength - at < udp.HEADER_LEN) return false
  if (manip === 'source') udp.setSourcePort(view, at, port)
  else udp.setDestinationPort(view, at, port)
  udp.updateChecksum32(view, at, old, now)
  return true
}

function mangleSctp(pkt: Packet, at: number, manip: NatManip, port: number): boolean {
  const { view } = pkt
  if (view.byteLength - at < 8) return false
  if (manip === 'source') sctp.setSourcePort(view, at, port)
  else sctp.setDestinationPort(view, at, port)
  if (view.byteLength - at >= sctp.HEADER_LEN) sctp.fillChecksum(pkt.bytes, view, at, pkt.bytes.length)
  return true
}

/** Questions and answers have an id; errors do not. */
function mangleIcmp(view: DataView, at: number, id: number): boolean {
  if (view.byteLength - at < icmpv4.HEADER_LEN) return false
  if (answeringIcmpType(icmpv4.type(view, at)) >= 0) icmpv4.setId(view, at, id)
  return true
}
