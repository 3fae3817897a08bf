import type { Ipv4 } from '../addr/index.js'
import { invariant } from '../base/index.js'
import { type AddressPair, room, viewOf } from './bytes.js'
import { internet, isValidTransport, pseudoHeaderSum, update16, update32 } from './checksum.js'
import type { Fault, ParseFault } from './fault.js'
import { PROTOCOL } from './ipv4-header.js'
import { emitOptions, findOption, MSS, type TcpOptions } from './tcp-options.js'

export { emitOptions, parseOptions, type TcpOptions } from './tcp-options.js'

/** Bytes of a header without options. */
export const HEADER_LEN = 20

export const FIN = 1
export const SYN = 2
export const RST = 4
export const PSH = 8
export const ACK = 16
export const URG = 32
export const ECE = 64
export const CWR = 128

/** A TCP segment (RFC 9293); `options` are padded to a multiple of four with end marks. */
export interface Segment {
  readonly sourcePort: number
  readonly destinationPort: number
  readonly seq: number
  readonly ack: number
  /** Sum of {@link FIN}, {@link SYN} … */
  readonly flags: number
  readonly window: number
  readonly urgentPointer: number
  readonly options: Uint8Array
  readonly payload: Uint8Array
}

/** What {@link emit} needs; options as bytes or as values. */
export interface SegmentFields extends Omit<Segment, 'options' | 'urgentPointer'> {
  readonly urgentPointer?: number
  readonly options?: Uint8Array | TcpOptions
}

export function sourcePort(view: DataView, at: number): number {
  return view.getUint16(at)
}

export function destinationPort(view: DataView, at: number): number {
  return view.getUint16(at + 2)
}

export function seq(view: DataView, at: number): number {
  return view.getUint32(at + 4)
}

export function ack(view: DataView, at: number): number {
  return view.getUint32(at + 8)
}

/** Header length in bytes. */
export function dataOffset(view: DataView, at: number): number {
  return (view.getUint8(at + 12) >>> 4) * 4
}

export function flags(view: DataView, at: number): number {
  return view.getUint8(at + 13)
}

export function window(view: DataView, at: number): number {
  return view.getUint16(at + 14)
}

export function checksum(view: DataView, at: number): number {
  return view.getUint16(at + 16)
}

export function urgentPointer(view: DataView, at: number): number {
  return view.getUint16(at + 18)
}

/** The MSS option's value, or null without one. */
export function mss(view: DataView, at: number): number | null {
  const option = findOption(view, at + HEADER_LEN, optionsEnd(view, at), MSS, 4)
  return option < 0 ? null : view.getUint16(option + 2)
}

function optionsEnd(view: DataView, at: number): number {
  return Math.min(at + dataOffset(view, at), view.byteLength)
}

/** Sets the field alone. */
export function setChecksum(view: DataView, at: number, value: number): void {
  view.setUint16(at + 16, value)
}

/** Keeps the checksum right, like the setters below. */
export function setSourcePort(view: DataView, at: number, port: number): void {
  updateChecksum16(view, at, sourcePort(view, at), port)
  view.setUint16(at, port)
}

export function setDestinationPort(view: DataView, at: number, port: number): void {
  updateChecksum16(view, at, destinationPort(view, at), port)
  view.setUint16(at + 2, port)
}

export function setSeq(view: DataView, at: number, value: number): void {
  updateChecksum32(view, at, seq(view, at), value)
  view.setUint32(at + 4, value)
}

export function setAck(view: DataView, at: number, value: number): void {
  updateChecksum32(view, at, ack(view, at), value)
  view.setUint32(at + 8, value)
}

/** Sets the MSS option's value where there is one; gives whether there was. An option may begin at an odd byte. */
export function setMss(view: DataView, at: number, value: number): boolean {
  const option = findOption(view, at + HEADER_LEN, optionsEnd(view, at), MSS, 4)
  if (option < 0) return false
  const old = view.getUint16(option + 2)
  view.setUint16(option + 2, value)
  const odd = (option - at) % 2 === 1
  updateChecksum16(view, at, odd ? swap(old) : old, odd ? swap(value) : value)
  return true
}

function swap(word: number): number {
  return ((word & 0xff) << 8) | (word >>> 8)
}

/** Follows a change of a 16-bit word that the checksum covers. */
export function updateChecksum16(view: DataView, at: number, old: number, now: number): void {
  setChecksum(view, at, update16(checksum(view, at), old, now))
}

/** Follows a change of 32 bits that the checksum covers: an address of the IP header, say. */
export function updateChecksum32(view: DataView, at: number, old: number, now: number): void {
  setChecksum(view, at, update32(checksum(view, at), old, now))
}

/** Computes the checksum of the segment `bytes[at, to)` anew. */
export function fillChecksum(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  to: number,
  source: Ipv4,
  destination: Ipv4,
): void {
  setChecksum(view, at, 0)
  setChecksum(view, at, internet(bytes, at, to, pseudoHeaderSum(source, destination, PROTOCOL.TCP, to - at)))
}

/** What tcp_v4_rcv would drop the segment `bytes[at, to)` for; null = nothing. */
export function judge(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  to: number,
  source: Ipv4,
  destination: Ipv4,
): Fault | null {
  if (to - at < HEADER_LEN || to > bytes.length) return 'PKT_TOO_SMALL'
  const header = dataOffset(view, at)
  if (header < HEADER_LEN || header > to - at) return 'PKT_TOO_SMALL'
  return isValidTransport(bytes, at, to, source, destination, PROTOCOL.TCP) ? null : 'TCP_CSUM'
}

/** Reads the segment from `at` to the end; options and payload share the bytes. */
export function parse(bytes: Uint8Array, at: number, addresses: AddressPair): Segment | ParseFault {
  const view = viewOf(bytes)
  const fault = judge(bytes, view, at, bytes.length, addresses.source, addresses.destination)
  if (fault !== null) return { fault }
  const payloadAt = at + dataOffset(view, at)
  return {
    sourcePort: sourcePort(view, at),
    destinationPort: destinationPort(view, at),
    seq: seq(view, at),
    ack: ack(view, at),
    flags: flags(view, at),
    window: window(view, at),
    urgentPointer: urgentPointer(view, at),
    options: bytes.subarray(at + HEADER_LEN, payloadAt),
    payload: bytes.subarray(payloadAt),
  }
}

/** Writes a segment with its checksum to new bytes or to the start of `into`. */
export function emit(segment: SegmentFields, source: Ipv4, destination: Ipv4, into?: Uint8Array): Uint8Array {
  const { options: given = {} } = segment
  const options = given instanceof Uint8Array ? given : emitOptions(given)
  const header = HEADER_LEN + ((options.length + 3) & ~3)
  invariant(header <= 60, `${options.length} bytes of TCP options`)
  const bytes = room(into, header + segment.payload.length)
  const view = viewOf(bytes)
  view.setUint16(0, segment.sourcePort)
  view.setUint16(2, segment.destinationPort)
  view.setUint32(4, segment.seq)
  view.setUint32(8, segment.ack)
  view.setUint8(12, (header / 4) << 4)
  view.setUint8(13, segment.flags)
  view.setUint16(14, segment.window)
  view.setUint16(18, segment.urgentPointer ?? 0)
  bytes.fill(0, HEADER_LEN, header)
  bytes.set(options, HEADER_LEN)
  bytes.set(segment.payload, header)
  fillChecksum(bytes, view, 0, bytes.length, source, destination)
  return bytes
}

/** The flags as letters in the order S F R P A U: `SA`; `-` for none. ECE and CWR are not shown. */
export function flagText(flags: number): string {
  let text = ''
  if (flags & SYN) text += 'S'
  if (flags & FIN) text += 'F'
  if (flags & RST) text += 'R'
  if (flags & PSH) text += 'P'
  if (flags & ACK) text += 'A'
  if (flags & URG) text += 'U'
  return text === '' ? '-' : text
}
