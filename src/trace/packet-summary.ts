import { formatIpv4 } from '../addr/index.js'
import { arp, describe, ethernet, icmpv4, ipv4, type Packet, tcp, transportPorts } from '../wire/index.js'

/** What a packet says of itself when it is made. */
export interface PacketSummary {
  /** `tcp`, `udp`, `icmp`, `sctp`, `arp`, or the IP protocol's number. */
  readonly protocol: string
  readonly from: string
  readonly to: string
  readonly sourcePort: number | null
  readonly isIcmpError: boolean
  readonly isEchoReply: boolean
  /** As tcpdump would say it. */
  readonly text: string
  /** Equal for a packet and its repetition: addresses and everything from the transport header on. */
  readonly identity: string
}

/** Reads what a trace shows of a packet. Bytes too short for their headers give dashes, never an error. */
export function summarise(pkt: Packet): PacketSummary {
  const text = describe(pkt.bytes, pkt.etherType)
  if (pkt.etherType === ethernet.ETHERTYPE.ARP && pkt.bytes.length >= arp.HEADER_LEN) return summariseArp(pkt, text)
  const isIpv4 = pkt.etherType === ethernet.ETHERTYPE.IPV4 && pkt.bytes.length >= ipv4.HEADER_LEN
  return isIpv4 ? summariseIpv4(pkt, text) : summariseOther(pkt, text)
}

function summariseArp(pkt: Packet, text: string): PacketSummary {
  const from = formatIpv4(arp.spa(pkt.view, 0))
  const to = formatIpv4(arp.tpa(pkt.view, 0))
  return { protocol: 'arp', from, to, sourcePort: null, isIcmpError: false, isEchoReply: false, text, identity: text }
}

function summariseIpv4(pkt: Packet, text: string): PacketSummary {
  const { view } = pkt
  const protocol = ipv4.protocolName(ipv4.protocol(view, 0))
  const ports = transportPorts(view, 0)
  const from = withPort(formatIpv4(ipv4.source(view, 0)), ports?.sourcePort)
  const to = withPort(formatIpv4(ipv4.destination(view, 0)), ports?.destinationPort)
  const start = ipv4.headerLength(view, 0)
  const isIcmp = ipv4.protocol(view, 0) === ipv4.PROTOCOL.ICMP && pkt.bytes.length > start
  const isIcmpError = isIcmp && icmpv4.isError(icmpv4.type(view, start))
  const isEchoReply = isIcmp && icmpv4.type(view, start) === icmpv4.TYPE.ECHO_REPLY
  const identity = `${protocol} ${from} ${to} ${transportIdentity(pkt, start)}`
  return { protocol, from, to, sourcePort: ports?.sourcePort ?? null, isIcmpError, isEchoReply, text, identity }
}

/** A TCP segment sent again may carry other options (timestamps): sequence numbers, flags and length tell. */
function transportIdentity({ bytes, view }: Packet, start: number): string {
  const isTcp = ipv4.protocol(view, 0) === ipv4.PROTOCOL.TCP && ipv4.fragmentOffset(view, 0) === 0
  if (!isTcp || bytes.length < start + tcp.HEADER_LEN) return hex(bytes, start)
  const length = bytes.length - start - tcp.dataOffset(view, start)
  return [tcp.seq(view, start), tcp.ack(view, start), tcp.flags(view, start), length].join()
}

function summariseOther(pkt: Packet, text: string): PacketSummary {
  const protocol = `0x${pkt.etherType.toString(16).padStart(4, '0')}`
  const identity = `${protocol} ${hex(pkt.bytes, 0)}`
  return { protocol, from: '-', to: '-', sourcePort: null, isIcmpError: false, isEchoReply: false, text, identity }
}

function withPort(address: string, port: number | undefined): string {
  return port === undefined ? address : `${address}:${port}`
}

function hex(bytes: Uint8Array, start: number): string {
  return Array.from(bytes.subarray(start), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
