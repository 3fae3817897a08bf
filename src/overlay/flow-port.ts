import type { Namespace } from '../netns/index.js'
import { ethernet, ipv4, type Packet, transportPorts } from '../wire/index.js'

/**
 * udp_flow_src_port: the outer source port, a hash of the inner flow within ip_local_port_range, so that one flow
 * always takes one path. The kernel's hash has a random key; ours has a fixed one.
 */
export function flowSourcePort(pkt: Packet, ns: Namespace): number {
  const min = ns.sysctl('net/ipv4/ip_local_port_range_min')
  const max = ns.sysctl('net/ipv4/ip_local_port_range_max')
  const hash = flowHash(pkt)
  return min + Math.floor((hash / 0x1_0000_0000) * (max - min))
}

function flowHash(pkt: Packet): number {
  if (pkt.etherType !== ethernet.ETHERTYPE.IPV4 || pkt.bytes.length < ipv4.HEADER_LEN) return mix(pkt.macDst | 0, 0)
  const ports = transportPorts(pkt.view, 0)
  const both = ports === null ? 0 : (ports.sourcePort << 16) | ports.destinationPort
  return mix(mix(mix(0, ipv4.source(pkt.view, 0)), ipv4.destination(pkt.view, 0)), both)
}

function mix(hash: number, value: number): number {
  let h = Math.imul((hash ^ value) | 0, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
