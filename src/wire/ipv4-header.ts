import type { Ipv4 } from '../addr/index.js'
import { internet, update16, update32 } from './checksum.js'

/** Bytes of a header without options. */
export const HEADER_LEN = 20

/** Shortest MTU of a device that carries IPv4 (IPV4_MIN_MTU, RFC 791). */
export const MIN_MTU = 68

/** IANA's numbers of what a packet carries. */
export const PROTOCOL = { ICMP: 1, IPIP: 4, TCP: 6, UDP: 17, SCTP: 132 } as const

const PROTOCOL_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(PROTOCOL).map(([name, number]) => [number, name.toLowerCase()]),
)

/** Bits of the word that also holds the fragment offset. */
export const DF = 0x4000
export const MF = 0x2000
const OFFSET_MASK = 0x1fff

export function version(view: DataView, at: number): number {
  return view.getUint8(at) >>> 4
}

/** The ihl field in bytes. */
export function headerLength(view: DataView, at: number): number {
  return (view.getUint8(at) & 0xf) * 4
}

export function tos(view: DataView, at: number): number {
  return view.getUint8(at + 1)
}

export function totalLength(view: DataView, at: number): number {
  return view.getUint16(at + 2)
}

export function id(view: DataView, at: number): number {
  return view.getUint16(at + 4)
}

export function df(view: DataView, at: number): boolean {
  return (view.getUint16(at + 6) & DF) !== 0
}

export function mf(view: DataView, at: number): boolean {
  return (view.getUint16(at + 6) & MF) !== 0
}

/** In bytes. */
export function fragmentOffset(view: DataView, at: number): number {
  return (view.getUint16(at + 6) & OFFSET_MASK) * 8
}

export function ttl(view: DataView, at: number): number {
  return view.getUint8(at + 8)
}

export function protocol(view: DataView, at: number): number {
  return view.getUint8(at + 9)
}

export function headerChecksum(view: DataView, at: number): number {
  return view.getUint16(at + 10)
}

export function source(view: DataView, at: number): Ipv4 {
  return view.getUint32(at + 12)
}

export function destination(view: DataView, at: number): Ipv4 {
  return view.getUint32(at + 16)
}

/** Any fragment, the first included (ip_is_fragment). */
export function isFragment(view: DataView, at: number): boolean {
  return (view.getUint16(at + 6) & (MF | OFFSET_MASK)) !== 0
}

/** The protocol's name in lower case, or its number for one without a name here. */
export function protocolName(number: number): string {
  return PROTOCOL_NAMES.get(number) ?? String(number)
}

/** Sets the field alone. */
export function setHeaderChecksum(view: DataView, at: number, value: number): void {
  view.setUint16(at + 10, value)
}

/** Keeps the header checksum right, like the setters below. */
export function setTos(view: DataView, at: number, value: number): void {
  setWord(view, at, 0, (view.getUint8(at) << 8) | value)
}

export function setId(view: DataView, at: number, value: number): void {
  setWord(view, at, 4, value)
}

/** The length of header and payload; the bytes themselves are the caller's to replace. */
export function setTotalLength(view: DataView, at: number, value: number): void {
  setWord(view, at, 2, value)
}

/** Sets or clears "don't fragment". */
export function setDf(view: DataView, at: number, value: boolean): void {
  const word = view.getUint16(at + 6)
  setWord(view, at, 6, value ? word | DF : word & ~DF)
}

export function setTtl(view: DataView, at: number, value: number): void {
  setWord(view, at, 8, (value << 8) | view.getUint8(at + 9))
}

/** One less, as ip_decrease_ttl; the caller has seen that it is above 1. */
export function decrementTtl(view: DataView, at: number): void {
  setTtl(view, at, (ttl(view, at) - 1) & 0xff)
}

/** Keeps the header checksum right; the transport checksum, which covers it too, is the caller's. */
export function setSource(view: DataView, at: number, address: Ipv4): void {
  setHeaderChecksum(view, at, update32(headerChecksum(view, at), source(view, at), address))
  view.setUint32(at + 12, address)
}

/** Keeps the header checksum right; the transport checksum, which covers it too, is the caller's. */
export function setDestination(view: DataView, at: number, address: Ipv4): void {
  setHeaderChecksum(view, at, update32(headerChecksum(view, at), destination(view, at), address))
  view.setUint32(at + 16, address)
}

function setWord(view: DataView, at: number, offset: number, value: number): void {
  const old = view.getUint16(at + offset)
  view.setUint16(at + offset, value)
  setHeaderChecksum(view, at, update16(headerChecksum(view, at), old, value))
}

/** Computes the header checksum anew. */
export function fillHeaderChecksum(bytes: Uint8Array, view: DataView, at: number): void {
  setHeaderChecksum(view, at, 0)
  setHeaderChecksum(view, at, internet(bytes, at, at + headerLength(view, at)))
}
