import { formatIpv4 } from '../../src/addr/index.js'
import { ethernet, icmpv4, ipv4, tcp, udp, viewOf, vxlan } from '../../src/wire/index.js'

/** A packet in the words of a vector file's rows. */
export interface PacketRow {
  /** `tcp`, `udp`, `icmp`, `vxlan`. */
  readonly protocol: string
  readonly source: string
  readonly destination: string
  readonly note: string
  readonly ttl: number
  readonly length: number
  /** The TCP packet this is or carries; null where there is none. */
  readonly tcp: { readonly flags: string; readonly source: string; readonly destination: string } | null
}

/** Describes an IPv4 packet; null for a protocol that rows leave out. `vxlanPorts` are UDP ports that carry VXLAN. */
export function packetRow(bytes: Uint8Array, vxlanPorts: ReadonlySet<number>): PacketRow | null {
  const view = viewOf(bytes)
  if (bytes.length < ipv4.HEADER_LEN || ipv4.version(view, 0) !== 4) return null
  switch (ipv4.protocol(view, 0)) {
    case ipv4.PROTOCOL.TCP:
      return tcpRow(bytes, view)
    case ipv4.PROTOCOL.UDP:
      return udpRow(bytes, view, vxlanPorts)
    case ipv4.PROTOCOL.ICMP:
      return row(view, 'icmp', ends(bytes, view, false), icmpNote(bytes, view), null)
    default:
      return null
  }
}

interface Ends {
  readonly source: string
  readonly destination: string
}

function row(view: DataView, protocol: string, at: Ends, note: string, tcpPart: PacketRow['tcp']): PacketRow {
  const { source, destination } = at
  const length = ipv4.totalLength(view, 0)
  return {
    protocol,
    source,
    destination,
    note: joined(note, fragmentNote(view)),
    ttl: ipv4.ttl(view, 0),
    length,
    tcp: tcpPart,
  }
}

function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ')
}

function fragmentNote(view: DataView): string {
  if (!ipv4.isFragment(view, 0)) return ''
  return `frag ${ipv4.fragmentOffset(view, 0)}${ipv4.mf(view, 0) ? '+' : ''}`
}

/** Addresses, with ports where the packet shows them. */
function ends(bytes: Uint8Array, view: DataView, ported: boolean): Ends {
  const at = ipv4.headerLength(view, 0)
  const shown = ported && ipv4.fragmentOffset(view, 0) === 0 && bytes.length >= at + 4
  return {
    source: formatIpv4(ipv4.source(view, 0)) + (shown ? `:${view.getUint16(at)}` : ''),
    destination: formatIpv4(ipv4.destination(view, 0)) + (shown ? `:${view.getUint16(at + 2)}` : ''),
  }
}

function tcpRow(bytes: Uint8Array, view: DataView): PacketRow {
  const at = ipv4.headerLength(view, 0)
  const where = ends(bytes, view, true)
  const visible = ipv4.fragmentOffset(view, 0) === 0 && bytes.length >= at + 14
  const flags = visible ? tcp.flagText(tcp.flags(view, at)).replace('-', '') : ''
  return row(view, 'tcp', where, flags, visible ? { flags, ...where } : null)
}

function udpRow(bytes: Uint8Array, view: DataView, vxlanPorts: ReadonlySet<number>): PacketRow {
  const at = ipv4.headerLength(view, 0)
  const whole = ipv4.fragmentOffset(view, 0) === 0 && bytes.length >= at + udp.HEADER_LEN + vxlan.HEADER_LEN
  if (!whole || !vxlanPorts.has(udp.destinationPort(view, at)))
    return row(view, 'udp', ends(bytes, view, true), '', null)
  const start = at + udp.HEADER_LEN
  const frame = bytes.subarray(start + vxlan.HEADER_LEN)
  const isIp = frame.length > ethernet.HEADER_LEN && ethernet.etherType(viewOf(frame), 0) === ethernet.ETHERTYPE.IPV4
  const inner = isIp ? packetRow(frame.subarray(ethernet.HEADER_LEN), vxlanPorts) : null
  const note = joined(`vni ${vxlan.vni(view, start)}`, inner === null ? '' : quoted(inner))
  return row(view, 'vxlan', ends(bytes, view, false), note, inner?.tcp ?? null)
}

/** A packet inside another: `[udp 10.0.0.1:5>10.0.0.2:53 ttl 64]`. */
function quoted(inner: PacketRow): string {
  return `[${joined(inner.protocol, `${inner.source}>${inner.destination}`, inner.note, `ttl ${inner.ttl}`)}]`
}

function icmpNote(bytes: Uint8Array, view: DataView): string {
  const at = ipv4.headerLength(view, 0)
  if (ipv4.fragmentOffset(view, 0) !== 0 || bytes.length < at + icmpv4.HEADER_LEN) return ''
  const type = icmpv4.type(view, at)
  const code = icmpv4.code(view, at)
  const echo = `${icmpv4.id(view, at)}/${icmpv4.sequence(view, at)}`
  if (type === icmpv4.TYPE.ECHO_REQUEST) return `echo-request ${echo}`
  if (type === icmpv4.TYPE.ECHO_REPLY) return `echo-reply ${echo}`
  if (!icmpv4.isError(type)) return `${type}/${code}`
  const mtu = type === icmpv4.TYPE.UNREACHABLE && code === icmpv4.CODE.FRAG_NEEDED ? `mtu ${icmpv4.mtu(view, at)}` : ''
  const gateway = type === icmpv4.TYPE.REDIRECT ? `gateway ${formatIpv4(icmpv4.gateway(view, at))}` : ''
  const quote = packetRow(bytes.subarray(at + icmpv4.HEADER_LEN), new Set())
  return joined(`${type}/${code}`, mtu, gateway, quote === null ? '' : quoted(quote))
}
