import type { Ipv4, Mac } from '../addr/index.js'
import { invariant } from '../base/index.js'

/** A view of exactly these bytes. Costs about 50 ns: per packet use the one that the packet keeps. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Reads 48 bits. */
export function getMac(view: DataView, at: number): Mac {
  return view.getUint16(at) * 0x1_0000_0000 + view.getUint32(at + 2)
}

/** Writes 48 bits. */
export function setMac(view: DataView, at: number, mac: Mac): void {
  view.setUint16(at, Math.floor(mac / 0x1_0000_0000))
  view.setUint32(at + 2, mac)
}

/** The first `length` bytes of `into`, or new ones: where an `emit` writes. */
export function room(into: Uint8Array | undefined, length: number): Uint8Array {
  if (into === undefined) return new Uint8Array(length)
  invariant(into.length >= length, `${length} bytes do not fit in ${into.length}`)
  return into.subarray(0, length)
}

/** The addresses of the IP header around a transport header: both are part of its checksum. */
export interface AddressPair {
  readonly source: Ipv4
  readonly destination: Ipv4
}
