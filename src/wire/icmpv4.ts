import type { Ipv4 } from '../addr/index.js'
import { room, viewOf } from './bytes.js'
import { internet, isValidIcmp, update16 } from './checksum.js'
import type { Fault, ParseFault } from './fault.js'

export { CODE, describe, isError, TYPE } from './icmpv4-types.js'

/** Bytes before the payload or the quoted packet. */
export const HEADER_LEN = 8

/** An ICMP message (RFC 792). */
export interface Icmpv4 {
  readonly type: number
  readonly code: number
  /** The second word: id and sequence, gateway, or MTU, by type. */
  readonly rest: number
  /** Payload of an echo; of an error the packet it quotes. */
  readonly payload: Uint8Array
}

/** An echo request (type 8) or reply (type 0). */
export interface Echo {
  readonly type: 8 | 0
  readonly id: number
  readonly sequence: number
  readonly payload: Uint8Array
}

/** An error about a packet. */
export interface IcmpError {
  readonly type: number
  readonly code: number
  /** The second word: next hop's MTU, gateway, or pointer; 0 if absent. */
  readonly rest?: number
  /** The start of the packet meant, from its IP header on. */
  readonly quote: Uint8Array
}

export function type(view: DataView, at: number): number {
  return view.getUint8(at)
}

export function code(view: DataView, at: number): number {
  return view.getUint8(at + 1)
}

export function checksum(view: DataView, at: number): number {
  return view.getUint16(at + 2)
}

/** Of an echo or another query. */
export function id(view: DataView, at: number): number {
  return view.getUint16(at + 4)
}

/** Of an echo or another query. */
export function sequence(view: DataView, at: number): number {
  return view.getUint16(at + 6)
}

/** The next hop's MTU in "fragmentation needed" (RFC 1191). */
export function mtu(view: DataView, at: number): number {
  return view.getUint16(at + 6)
}

/** The better gateway in a redirect. */
export function gateway(view: DataView, at: number): Ipv4 {
  return view.getUint32(at + 4)
}

/** Sets the field alone. */
export function setChecksum(view: DataView, at: number, value: number): void {
  view.setUint16(at + 2, value)
}

/** Keeps the checksum right: what NAT does to an echo. */
export function setId(view: DataView, at: number, value: number): void {
  setChecksum(view, at, update16(checksum(view, at), id(view, at), value))
  view.setUint16(at + 4, value)
}

/** Keeps the checksum right. */
export function setSequence(view: DataView, at: number, value: number): void {
  setChecksum(view, at, update16(checksum(view, at), sequence(view, at), value))
  view.setUint16(at + 6, value)
}

/** Computes the checksum of the message `bytes[at, to)` anew. */
export function fillChecksum(bytes: Uint8Array, view: DataView, at: number, to: number): void {
  setChecksum(view, at, 0)
  setChecksum(view, at, internet(bytes, at, to))
}

/** What icmp_rcv would drop the message `bytes[at, to)` for; null = nothing. */
export function judge(bytes: Uint8Array, at: number, to: number): Fault | null {
  if (to - at < HEADER_LEN || to > bytes.length) return 'PKT_TOO_SMALL'
  return isValidIcmp(bytes, at, to) ? null : 'ICMP_CSUM'
}

/** Reads the message from `at` to the end; the payload shares the bytes. */
export function parse(bytes: Uint8Array, at = 0): Icmpv4 | ParseFault {
  const fault = judge(bytes, at, bytes.length)
  if (fault !== null) return { fault }
  const view = viewOf(bytes)
  return {
    type: type(view, at),
    code: code(view, at),
    rest: view.getUint32(at + 4),
    payload: bytes.subarray(at + HEADER_LEN),
  }
}

/** Writes a message with its checksum to new bytes or to the start of `into`. */
export function emit(message: Icmpv4, into?: Uint8Array): Uint8Array {
  const bytes = room(into, HEADER_LEN + message.payload.length)
  const view = viewOf(bytes)
  view.setUint8(0, message.type)
  view.setUint8(1, message.code)
  view.setUint32(4, message.rest)
  bytes.set(message.payload, HEADER_LEN)
  fillChecksum(bytes, view, 0, bytes.length)
  return bytes
}

/** Writes an echo request or reply. */
export function emitEcho(echo: Echo, into?: Uint8Array): Uint8Array {
  const rest = echo.id * 0x1_0000 + echo.sequence
  return emit({ type: echo.type, code: 0, rest, payload: echo.payload }, into)
}

/** Writes an error; how much is quoted is the caller's choice (the kernel fills up to 576 bytes in all). */
export function emitError(error: IcmpError, into?: Uint8Array): Uint8Array {
  return emit({ type: error.type, code: error.code, rest: error.rest ?? 0, payload: error.quote }, into)
}
