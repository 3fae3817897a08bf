import { formatIpv4, formatMac } from '../addr/index.js'
import * as arp from './arp.js'
import { viewOf } from './bytes.js'
import * as dns from './dns.js'
import * as ethernet from './ethernet.js'
import { isFault } from './fault.js'
import * as icmpv4 from './icmpv4.js'
import * as ipv4 from './ipv4.js'
import * as sctp from './sctp.js'
import * as tcp from './tcp.js'
import { hasPorts } from './transport-ports.js'
import * as udp from './udp.js'
import * as vxlan from './vxlan.js'

const MAX_NESTING = 4
const DNS_PORT = 53

/**
 * One line about an IPv4 packet, or about what `etherType` says it is, in the manner of tcpdump:
 * `10.0.0.1:40000 > 10.0.0.2:80 tcp SYN`. Cut or nonsensical bytes are described as far as they go.
 */
export function describe(bytes: Uint8Array, etherType: number = ethernet.ETHERTYPE.IPV4): string {
  return describeNetwork(bytes, etherType, 0)
}

function describeNetwork(bytes: Uint8Array, etherType: number, depth: number): string {
  if (etherType === ethernet.ETHERTYPE.ARP) return describeArp(bytes)
  if (etherType === ethernet.ETHERTYPE.IPV4) return describeIpv4(bytes, depth)
  return `ethertype 0x${etherType.toString(16).padStart(4, '0')} length ${bytes.length}`
}

function describeArp(bytes: Uint8Array): string {
  const message = arp.parse(bytes)
  if (isFault(message)) return `arp length ${bytes.length} (${message.fault})`
  const { op, sha, spa, tpa } = message
  if (op === arp.REQUEST) return `arp who-has ${formatIpv4(tpa)} tell ${formatIpv4(spa)}`
  if (op === arp.REPLY) return `arp ${formatIpv4(spa)} is-at ${formatMac(sha)}`
  return `arp op ${op}`
}

function describeIpv4(bytes: Uint8Array, depth: number): string {
  const view = viewOf(bytes)
  if (bytes.length < ipv4.HEADER_LEN || ipv4.version(view, 0) !== 4) return `ip? length ${bytes.length}`
  const at = ipv4.headerLength(view, 0)
  const protocol = ipv4.protocol(view, 0)
  const name = ipv4.protocolName(protocol)
  const offset = ipv4.fragmentOffset(view, 0)
  const ported = hasPorts(protocol) && offset === 0 && bytes.length >= at + 4
  const source = formatIpv4(ipv4.source(view, 0)) + (ported ? `:${view.getUint16(at)}` : '')
  const destination = formatIpv4(ipv4.destination(view, 0)) + (ported ? `:${view.getUint16(at + 2)}` : '')
  const more = ipv4.mf(view, 0) ? '+' : ''
  const fragment = ipv4.isFragment(view, 0) ? ` frag ${ipv4.id(view, 0)} ${offset}${more}` : ''
  const detail = offset === 0 && bytes.length > at ? describeTransport(bytes, view, at, protocol, depth) : ''
  return `${source} > ${destination} ${name}${detail}${fragment}`
}

function describeTransport(bytes: Uint8Array, view: DataView, at: number, protocol: number, depth: number): string {
  const end = Math.min(bytes.length, ipv4.totalLength(view, 0))
  switch (protocol) {
    case ipv4.PROTOCOL.TCP:
      return describeTcp(view, at, end)
    case ipv4.PROTOCOL.UDP:
      return describeUdp(bytes, view, at, end, depth)
    case ipv4.PROTOCOL.ICMP:
      return describeIcmp(bytes, view, at, end, depth)
    case ipv4.PROTOCOL.SCTP:
      return describeSctp(view, at)
    case ipv4.PROTOCOL.IPIP:
      return depth < MAX_NESTING ? ` [${describeIpv4(bytes.subarray(at, end), depth + 1)}]` : ''
    default:
      return ` length ${Math.max(end - at, 0)}`
  }
}

const TCP_WORDS: readonly (readonly [number, string])[] = [
  [tcp.SYN, 'SYN'],
  [tcp.FIN, 'FIN'],
  [tcp.RST, 'RST'],
  [tcp.PSH, 'PSH'],
  [tcp.ACK, 'ACK'],
  [tcp.URG, 'URG'],
]

function describeTcp(view: DataView, at: number, end: number): string {
  if (end - at < tcp.HEADER_LEN) return ''
  const flags = tcp.flags(view, at)
  const words = TCP_WORDS.filter(([bit]) => flags & bit).map(([, word]) => word)
  const length = end - at - tcp.dataOffset(view, at)
  return ` ${words.length === 0 ? 'none' : words.join('-')}${length > 0 ? ` length ${length}` : ''}`
}

function describeUdp(bytes: Uint8Array, view: DataView, at: number, end: number, depth: number): string {
  if (end - at < udp.HEADER_LEN) return ''
  const payload = bytes.subarray(at + udp.HEADER_LEN, end)
  const to = udp.destinationPort(view, at)
  const inner = to === vxlan.LINUX_PORT || to === vxlan.IANA_PORT ? describeVxlan(payload, depth) : undefined
  if (inner !== undefined) return inner
  const isDns = to === DNS_PORT || udp.sourcePort(view, at) === DNS_PORT
  const about = isDns ? describeDns(payload) : undefined
  return about ?? ` length ${Math.max(udp.length(view, at) - udp.HEADER_LEN, 0)}`
}

function describeVxlan(payload: Uint8Array, depth: number): string | undefined {
  const message = vxlan.parse(payload)
  if (isFault(message) || depth >= MAX_NESTING) return undefined
  const frame = ethernet.parse(message.payload)
  if (isFault(frame)) return ` vxlan vni ${message.vni}`
  return ` vxlan vni ${message.vni} [${describeNetwork(frame.payload, frame.etherType, depth + 1)}]`
}

const RCODE_NAMES: readonly string[] = Object.keys(dns.RCODE)

function describeDns(payload: Uint8Array): string | undefined {
  const message = dns.parse(payload)
  if (isFault(message)) return undefined
  const question = message.questions[0]
  const asked = question === undefined ? '' : ` ${question.type}? ${question.name}`
  if (!message.response) return ` dns${asked}`
  const rcode = message.rcode === dns.RCODE.NOERROR ? '' : ` ${RCODE_NAMES[message.rcode] ?? `rcode ${message.rcode}`}`
  const answers = message.answers.map(answerText)
  return ` dns${asked}${rcode}${answers.length > 0 ? ` = ${answers.join(', ')}` : ''}`
}

function answerText(record: dns.ResourceRecord): string {
  switch (record.type) {
    case 'A':
    case 'AAAA':
      return record.data
    case 'CNAME':
    case 'NS':
    case 'PTR':
    case 'DNAME':
      return `${record.type} ${record.data}`
    case 'SRV':
      return `SRV ${record.data.target}:${record.data.port}`
    case 'OTHER':
      return record.typeName
    default:
      return record.type
  }
}

function describeIcmp(bytes: Uint8Array, view: DataView, at: number, end: number, depth: number): string {
  if (end - at < icmpv4.HEADER_LEN) return ''
  const type = icmpv4.type(view, at)
  const code = icmpv4.code(view, at)
  let text = ` ${icmpv4.describe(type, code)}`
  if (type === icmpv4.TYPE.ECHO_REQUEST || type === icmpv4.TYPE.ECHO_REPLY)
    return `${text} id ${icmpv4.id(view, at)} seq ${icmpv4.sequence(view, at)}`
  if (type === icmpv4.TYPE.UNREACHABLE && code === icmpv4.CODE.FRAG_NEEDED) text += ` mtu ${icmpv4.mtu(view, at)}`
  if (type === icmpv4.TYPE.REDIRECT) text += ` to ${formatIpv4(icmpv4.gateway(view, at))}`
  if (!icmpv4.isError(type) || depth >= MAX_NESTING) return text
  return `${text} [${describeIpv4(bytes.subarray(at + icmpv4.HEADER_LEN, end), depth + 1)}]`
}

function describeSctp(view: DataView, at: number): string {
  const type = sctp.firstChunkType(view, at)
  return type < 0 ? '' : ` ${sctp.chunkName(type)}`
}
