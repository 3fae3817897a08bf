import type { Ipv4 } from '../addr/index.js'
import { invariant } from '../base/index.js'
import { room, viewOf } from './bytes.js'
import { isValidIpv4Header } from './checksum.js'
import type { Fault, ParseFault } from './fault.js'
import {
  destination,
  DF,
  df,
  fillHeaderChecksum,
  fragmentOffset,
  HEADER_LEN,
  headerLength,
  id,
  MF,
  mf,
  protocol,
  source,
  tos,
  totalLength,
  ttl,
  version,
} from './ipv4-header.js'

export { fragment, type FragmentOptions } from './ipv4-fragment.js'
export * from './ipv4-header.js'

/** An IPv4 packet (RFC 791). `fragmentOffset` counts bytes; `options` are padded to a multiple of four with zeros. */
export interface Ipv4Packet {
  readonly tos: number
  readonly id: number
  readonly df: boolean
  readonly mf: boolean
  readonly fragmentOffset: number
  readonly ttl: number
  readonly protocol: number
  readonly source: Ipv4
  readonly destination: Ipv4
  readonly options: Uint8Array
  readonly payload: Uint8Array
}

/** What {@link emit} needs; what is left out is zero, false or empty. */
export type Ipv4Fields = Partial<Ipv4Packet> &
  Pick<Ipv4Packet, 'id' | 'ttl' | 'protocol' | 'source' | 'destination' | 'payload'>

/** What ip_rcv would drop the packet for, in its order; null = a sound header whose packet is all there. */
export function judge(bytes: Uint8Array, view: DataView, at: number): Fault | null {
  const available = bytes.length - at
  if (available < HEADER_LEN) return 'PKT_TOO_SMALL'
  const header = headerLength(view, at)
  if (version(view, at) !== 4 || header < HEADER_LEN) return 'IP_INHDR'
  if (available < header) return 'PKT_TOO_SMALL'
  if (!isValidIpv4Header(bytes, at, header)) return 'IP_CSUM'
  const total = totalLength(view, at)
  if (available < total) return 'PKT_TOO_SMALL'
  return total < header ? 'IP_INHDR' : null
}

/** Reads a packet; options and payload share the bytes, and bytes behind the total length are left out. */
export function parse(bytes: Uint8Array, at = 0): Ipv4Packet | ParseFault {
  const view = viewOf(bytes)
  const fault = judge(bytes, view, at)
  if (fault !== null) return { fault }
  const payloadAt = at + headerLength(view, at)
  return {
    tos: tos(view, at),
    id: id(view, at),
    df: df(view, at),
    mf: mf(view, at),
    fragmentOffset: fragmentOffset(view, at),
    ttl: ttl(view, at),
    protocol: protocol(view, at),
    source: source(view, at),
    destination: destination(view, at),
    options: bytes.subarray(at + HEADER_LEN, payloadAt),
    payload: bytes.subarray(payloadAt, at + totalLength(view, at)),
  }
}

/** Writes a packet with its header checksum to new bytes or to the start of `into`. */
export function emit(packet: Ipv4Fields, into?: Uint8Array): Uint8Array {
  const optionsLength = ((packet.options?.length ?? 0) + 3) & ~3
  const header = HEADER_LEN + optionsLength
  const total = header + packet.payload.length
  invariant(optionsLength <= 40 && total <= 0xffff, `IPv4 packet of ${total} bytes with ${optionsLength} of options`)
  const offset = packet.fragmentOffset ?? 0
  invariant(offset % 8 === 0 && offset <= 0xfff8, `fragment offset ${offset}`)
  const bytes = room(into, total)
  const view = viewOf(bytes)
  view.setUint8(0, 0x40 | (header / 4))
  view.setUint8(1, packet.tos ?? 0)
  view.setUint16(2, total)
  view.setUint16(4, packet.id)
  view.setUint16(6, (packet.df === true ? DF : 0) | (packet.mf === true ? MF : 0) | (offset / 8))
  view.setUint8(8, packet.ttl)
  view.setUint8(9, packet.protocol)
  view.setUint32(12, packet.source)
  view.setUint32(16, packet.destination)
  bytes.fill(0, HEADER_LEN, header)
  if (packet.options !== undefined) bytes.set(packet.options, HEADER_LEN)
  bytes.set(packet.payload, header)
  fillHeaderChecksum(bytes, view, 0)
  return bytes
}
