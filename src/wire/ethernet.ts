import type { Mac } from '../addr/index.js'
import { getMac, room, setMac, viewOf } from './bytes.js'
import type { ParseFault } from './fault.js'
import type { Packet } from './packet.js'

/** Bytes of an untagged header. */
export const HEADER_LEN = 14

/** IANA's numbers of what a frame carries. */
export const ETHERTYPE = { IPV4: 0x0800, ARP: 0x0806, IPV6: 0x86dd } as const

/** An untagged Ethernet frame (IEEE 802.3 type form, without preamble and check sequence). */
export interface Frame {
  readonly destination: Mac
  readonly source: Mac
  readonly etherType: number
  readonly payload: Uint8Array
}

export function destination(view: DataView, at: number): Mac {
  return getMac(view, at)
}

export function source(view: DataView, at: number): Mac {
  return getMac(view, at + 6)
}

export function etherType(view: DataView, at: number): number {
  return view.getUint16(at + 12)
}

export function setDestination(view: DataView, at: number, mac: Mac): void {
  setMac(view, at, mac)
}

export function setSource(view: DataView, at: number, mac: Mac): void {
  setMac(view, at + 6, mac)
}

export function setEtherType(view: DataView, at: number, value: number): void {
  view.setUint16(at + 12, value)
}

/** Reads a whole frame; the payload shares the bytes. A frame shorter than its header is PKT_TOO_SMALL. */
export function parse(bytes: Uint8Array, at = 0): Frame | ParseFault {
  if (bytes.length - at < HEADER_LEN) return { fault: 'PKT_TOO_SMALL' }
  const view = viewOf(bytes)
  return {
    destination: destination(view, at),
    source: source(view, at),
    etherType: etherType(view, at),
    payload: bytes.subarray(at + HEADER_LEN),
  }
}

/** Writes header and payload, unpadded, to new bytes or to the start of `into`. */
export function emit(frame: Frame, into?: Uint8Array): Uint8Array {
  const bytes = room(into, HEADER_LEN + frame.payload.length)
  const view = viewOf(bytes)
  setDestination(view, 0, frame.destination)
  setSource(view, 0, frame.source)
  setEtherType(view, 0, frame.etherType)
  bytes.set(frame.payload, HEADER_LEN)
  return bytes
}

/** The frame that carries `packet` as it is now: what a capture on its device shows. */
export function frameOf(packet: Packet): Uint8Array {
  return emit({
    destination: packet.macDst,
    source: packet.macSrc,
    etherType: packet.etherType,
    payload: packet.bytes,
  })
}
