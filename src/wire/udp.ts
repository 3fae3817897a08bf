import type { Ipv4 } from '../addr/index.js'
import { invariant } from '../base/index.js'
import { type AddressPair, room, viewOf } from './bytes.js'
import { internet, isValidTransport, pseudoHeaderSum, update16, update32 } from './checksum.js'
import type { Fault, ParseFault } from './fault.js'
import { PROTOCOL } from './ipv4-header.js'

export const HEADER_LEN = 8

/** A UDP datagram (RFC 768). */
export interface Datagram {
  readonly sourcePort: number
  readonly destinationPort: number
  readonly payload: Uint8Array
}

/** What {@link emit} needs. */
export interface DatagramFields extends Datagram {
  /** Send no checksum (0), which UDP over IPv4 may. */
  readonly noChecksum?: boolean
}

export function sourcePort(view: DataView, at: number): number {
  return view.getUint16(at)
}

export function destinationPort(view: DataView, at: number): number {
  return view.getUint16(at + 2)
}

/** Length of header and payload. */
export function length(view: DataView, at: number): number {
  return view.getUint16(at + 4)
}

/** 0 = the sender computed none. */
export function checksum(view: DataView, at: number): number {
  return view.getUint16(at + 6)
}

/** Sets the field alone. */
export function setChecksum(view: DataView, at: number, value: number): void {
  view.setUint16(at + 6, value)
}

/** Keeps the checksum right, like the setter below. */
export function setSourcePort(view: DataView, at: number, port: number): void {
  updateChecksum16(view, at, sourcePort(view, at), port)
  view.setUint16(at, port)
}

export function setDestinationPort(view: DataView, at: number, port: number): void {
  updateChecksum16(view, at, destinationPort(view, at), port)
  view.setUint16(at + 2, port)
}

/** Follows a change of a 16-bit word that the checksum covers. No checksum stays none; 0 is written as 0xffff. */
export function updateChecksum16(view: DataView, at: number, old: number, now: number): void {
  const sum = checksum(view, at)
  if (sum !== 0) setChecksum(view, at, update16(sum, old, now) || 0xffff)
}

/** Follows a change of 32 bits that the checksum covers: an address of the IP header, say. */
export function updateChecksum32(view: DataView, at: number, old: number, now: number): void {
  const sum = checksum(view, at)
  if (sum !== 0) setChecksum(view, at, update32(sum, old, now) || 0xffff)
}

/** Computes the checksum of the datagram `bytes[at, to)` anew. */
export function fillChecksum(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  to: number,
  source: Ipv4,
  destination: Ipv4,
): void {
  setChecksum(view, at, 0)
  const sum = internet(bytes, at, to, pseudoHeaderSum(source, destination, PROTOCOL.UDP, to - at))
  setChecksum(view, at, sum || 0xffff)
}

/** What udp_rcv would drop the datagram `bytes[at, to)` for; null = nothing. It may end before `to`. */
export function judge(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  to: number,
  source: Ipv4,
  destination: Ipv4,
): Fault | null {
  if (to - at < HEADER_LEN || to > bytes.length) return 'PKT_TOO_SMALL'
  const size = length(view, at)
  if (size < HEADER_LEN || size > to - at) return 'PKT_TOO_SMALL'
  if (checksum(view, at) === 0) return null
  return isValidTransport(bytes, at, at + size, source, destination, PROTOCOL.UDP) ? null : 'UDP_CSUM'
}

/** Reads the datagram at `at`; the payload shares the bytes, and bytes behind its length are left out. */
export function parse(bytes: Uint8Array, at: number, addresses: AddressPair): Datagram | ParseFault {
  const view = viewOf(bytes)
  const fault = judge(bytes, view, at, bytes.length, addresses.source, addresses.destination)
  if (fault !== null) return { fault }
  return {
    sourcePort: sourcePort(view, at),
    destinationPort: destinationPort(view, at),
    payload: bytes.subarray(at + HEADER_LEN, at + length(view, at)),
  }
}

/** Writes a datagram to new bytes or to the start of `into`. */
export function emit(datagram: DatagramFields, source: Ipv4, destination: Ipv4, into?: Uint8Array): Uint8Array {
  const total = HEADER_LEN + datagram.payload.length
  invariant(total <= 0xffff, `UDP datagram of ${total} bytes`)
  const bytes = room(into, total)
  const view = viewOf(bytes)
  view.setUint16(0, datagram.sourcePort)
  view.setUint16(2, datagram.destinationPort)
  view.setUint16(4, total)
  bytes.set(datagram.payload, HEADER_LEN)
  if (datagram.noChecksum === true) setChecksum(view, 0, 0)
  else fillChecksum(bytes, view, 0, total, source, destination)
  return bytes
}
