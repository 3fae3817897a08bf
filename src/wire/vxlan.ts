import { room, viewOf } from './bytes.js'
import type { Fault, ParseFault } from './fault.js'

/** Bytes of the VXLAN header (RFC 7348 section 5). */
export const HEADER_LEN = 8

/** Bytes that encapsulation adds in front of the inner frame: outer IPv4, UDP, VXLAN and, inside, Ethernet. */
export const OVERHEAD = 50

/** The I flag: a VNI is there. */
export const FLAG_VNI = 0x08

/** Linux' own port, which flannel uses; IANA's is 4789. */
export const LINUX_PORT = 8472
export const IANA_PORT = 4789

/** A VXLAN message: an Ethernet frame on the network `vni`. */
export interface Vxlan {
  /** 24 bits. */
  readonly vni: number
  readonly payload: Uint8Array
}

export function flags(view: DataView, at: number): number {
  return view.getUint8(at)
}

export function vni(view: DataView, at: number): number {
  return view.getUint32(at + 4) >>> 8
}

export function setFlags(view: DataView, at: number, value: number): void {
  view.setUint8(at, value)
}

/** The reserved byte behind the VNI becomes 0. */
export function setVni(view: DataView, at: number, value: number): void {
  view.setUint32(at + 4, value << 8)
}

/** What vxlan_rcv would drop the message for: no VNI flag, or a reserved bit set; null = nothing. */
export function judge(view: DataView, at: number): Fault | null {
  if (view.byteLength - at < HEADER_LEN) return 'PKT_TOO_SMALL'
  const reserved = view.getUint8(at + 7)
  return view.getUint32(at) === FLAG_VNI * 0x100_0000 && reserved === 0 ? null : 'VXLAN_INVALID_HDR'
}

/** Reads a message; the payload shares the bytes. */
export function parse(bytes: Uint8Array, at = 0): Vxlan | ParseFault {
  const view = viewOf(bytes)
  const fault = judge(view, at)
  return fault !== null ? { fault } : { vni: vni(view, at), payload: bytes.subarray(at + HEADER_LEN) }
}

/** Writes header and inner frame to new bytes or to the start of `into`. */
export function emit(message: Vxlan, into?: Uint8Array): Uint8Array {
  const bytes = room(into, HEADER_LEN + message.payload.length)
  const view = viewOf(bytes)
  view.setUint32(0, FLAG_VNI * 0x100_0000)
  setVni(view, 0, message.vni)
  bytes.set(message.payload, HEADER_LEN)
  return bytes
}
