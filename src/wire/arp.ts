import type { Ipv4, Mac } from '../addr/index.js'
import { getMac, room, setMac, viewOf } from './bytes.js'
import type { Fault, ParseFault } from './fault.js'

/** Bytes of an ARP message for IPv4 over Ethernet (RFC 826). */
export const HEADER_LEN = 28

export const REQUEST = 1
export const REPLY = 2

const HARDWARE_ETHERNET = 1
const PROTOCOL_IPV4 = 0x0800

/** An ARP message: operation, sender and target hardware and protocol addresses. */
export interface Arp {
  readonly op: number
  readonly sha: Mac
  readonly spa: Ipv4
  readonly tha: Mac
  readonly tpa: Ipv4
}

export function op(view: DataView, at: number): number {
  return view.getUint16(at + 6)
}

export function sha(view: DataView, at: number): Mac {
  return getMac(view, at + 8)
}

export function spa(view: DataView, at: number): Ipv4 {
  return view.getUint32(at + 14)
}

export function tha(view: DataView, at: number): Mac {
  return getMac(view, at + 18)
}

export function tpa(view: DataView, at: number): Ipv4 {
  return view.getUint32(at + 24)
}

export function setOp(view: DataView, at: number, value: number): void {
  view.setUint16(at + 6, value)
}

export function setSha(view: DataView, at: number, mac: Mac): void {
  setMac(view, at + 8, mac)
}

export function setSpa(view: DataView, at: number, address: Ipv4): void {
  view.setUint32(at + 14, address)
}

export function setTha(view: DataView, at: number, mac: Mac): void {
  setMac(view, at + 18, mac)
}

export function setTpa(view: DataView, at: number, address: Ipv4): void {
  view.setUint32(at + 24, address)
}

/** What arp_rcv and arp_process would drop the message for, before they look at its addresses; null = nothing. */
export function judge(view: DataView, at: number): Fault | null {
  if (view.byteLength - at < HEADER_LEN) return 'PKT_TOO_SMALL'
  const forEthernet = view.getUint16(at) === HARDWARE_ETHERNET && view.getUint8(at + 4) === 6
  const forIpv4 = view.getUint16(at + 2) === PROTOCOL_IPV4 && view.getUint8(at + 5) === 4
  return forEthernet && forIpv4 ? null : 'UNHANDLED_PROTO'
}

/** Reads a message; anything but IPv4 over Ethernet is UNHANDLED_PROTO. Bytes behind it (padding) are ignored. */
export function parse(bytes: Uint8Array, at = 0): Arp | ParseFault {
  const view = viewOf(bytes)
  const fault = judge(view, at)
  if (fault !== null) return { fault }
  return { op: op(view, at), sha: sha(view, at), spa: spa(view, at), tha: tha(view, at), tpa: tpa(view, at) }
}

/** Writes a message to new bytes or to the start of `into`. */
export function emit(arp: Arp, into?: Uint8Array): Uint8Array {
  const bytes = room(into, HEADER_LEN)
  const view = viewOf(bytes)
  view.setUint16(0, HARDWARE_ETHERNET)
  view.setUint16(2, PROTOCOL_IPV4)
  view.setUint8(4, 6)
  view.setUint8(5, 4)
  setOp(view, 0, arp.op)
  setSha(view, 0, arp.sha)
  setSpa(view, 0, arp.spa)
  setTha(view, 0, arp.tha)
  setTpa(view, 0, arp.tpa)
  return bytes
}
