import { invariant } from '../base/index.js'
import { viewOf } from './bytes.js'

/** Link type of every interface (LINKTYPE_ETHERNET). */
export const LINKTYPE_ETHERNET = 1

/** A device that frames were seen at. */
export interface CaptureInterface {
  /** if_name: the device's name. */
  readonly name: string
  /** if_description: where it is. */
  readonly description: string
}

/** One frame as it was seen. */
export interface CapturedPacket {
  /** Index into the interfaces. */
  readonly interface: number
  /** Since the epoch; written in whole microseconds. */
  readonly timeMs: number
  /** From the Ethernet header on. */
  readonly bytes: Uint8Array
  /** opt_comment. */
  readonly comment?: string
  readonly direction?: 'inbound' | 'outbound'
}

export interface Capture {
  readonly interfaces: readonly CaptureInterface[]
  readonly packets: readonly CapturedPacket[]
}

const SECTION_HEADER = 0x0a0d0d0a
const INTERFACE_DESCRIPTION = 1
const ENHANCED_PACKET = 6
const BYTE_ORDER_MAGIC = 0x1a2b3c4d
const OPT_END = 0
const OPT_COMMENT = 1
const SHB_USERAPPL = 4
const IF_NAME = 2
const IF_DESCRIPTION = 3
const EPB_FLAGS = 2

interface Option {
  readonly code: number
  readonly value: Uint8Array
}

/**
 * Writes a capture as a pcapng file of one little-endian section (draft-ietf-opsawg-pcapng): a description per
 * interface, then the packets in the order given. Time resolution is the format's default, a microsecond.
 */
export function write(capture: Capture): Uint8Array {
  const blocks = [sectionHeader()]
  for (const one of capture.interfaces) blocks.push(interfaceDescription(one))
  for (const packet of capture.packets) {
    invariant(packet.interface in capture.interfaces, `no interface ${packet.interface} in the capture`)
    blocks.push(enhancedPacket(packet))
  }
  return concat(blocks)
}

function sectionHeader(): Uint8Array {
  const body = new Uint8Array(16)
  const view = viewOf(body)
  view.setUint32(0, BYTE_ORDER_MAGIC, true)
  view.setUint16(4, 1, true)
  view.setUint16(6, 0, true)
  view.setBigInt64(8, -1n, true)
  return block(SECTION_HEADER, [body, options([{ code: SHB_USERAPPL, value: utf8('kubehop') }])])
}

function interfaceDescription(described: CaptureInterface): Uint8Array {
  const body = new Uint8Array(8)
  viewOf(body).setUint16(0, LINKTYPE_ETHERNET, true)
  return block(INTERFACE_DESCRIPTION, [
    body,
    options([
      { code: IF_NAME, value: utf8(described.name) },
      { code: IF_DESCRIPTION, value: utf8(described.description) },
    ]),
  ])
}

function enhancedPacket(packet: CapturedPacket): Uint8Array {
  const micros = Math.round(packet.timeMs * 1000)
  const head = new Uint8Array(20)
  const view = viewOf(head)
  view.setUint32(0, packet.interface, true)
  view.setUint32(4, Math.floor(micros / 0x1_0000_0000), true)
  view.setUint32(8, micros % 0x1_0000_0000, true)
  view.setUint32(12, packet.bytes.length, true)
  view.setUint32(16, packet.bytes.length, true)
  const wanted: Option[] = []
  if (packet.comment !== undefined) wanted.push({ code: OPT_COMMENT, value: utf8(packet.comment) })
  if (packet.direction !== undefined) wanted.push({ code: EPB_FLAGS, value: directionFlags(packet.direction) })
  return block(ENHANCED_PACKET, [head, padded(packet.bytes), options(wanted)])
}

function directionFlags(direction: 'inbound' | 'outbound'): Uint8Array {
  return Uint8Array.of(direction === 'inbound' ? 1 : 2, 0, 0, 0)
}

/** Type, length, body, length again. */
function block(type: number, parts: readonly Uint8Array[]): Uint8Array {
  const body = concat(parts)
  const bytes = new Uint8Array(12 + body.length)
  const view = viewOf(bytes)
  view.setUint32(0, type, true)
  view.setUint32(4, bytes.length, true)
  bytes.set(body, 8)
  view.setUint32(8 + body.length, bytes.length, true)
  return bytes
}

function options(list: readonly Option[]): Uint8Array {
  if (list.length === 0) return new Uint8Array(0)
  const parts: Uint8Array[] = []
  for (const { code, value } of [...list, { code: OPT_END, value: new Uint8Array(0) }]) {
    const head = new Uint8Array(4)
    const view = viewOf(head)
    view.setUint16(0, code, true)
    view.setUint16(2, value.length, true)
    parts.push(head, padded(value))
  }
  return concat(parts)
}

function padded(bytes: Uint8Array): Uint8Array {
  if (bytes.length % 4 === 0) return bytes
  const made = new Uint8Array((bytes.length + 3) & ~3)
  made.set(bytes)
  return made
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const made = new Uint8Array(parts.reduce((total, part) => total + part.length, 0))
  let at = 0
  for (const part of parts) {
    made.set(part, at)
    at += part.length
  }
  return made
}

/** UTF-8 of at most 65535 bytes, cut between characters; a lone surrogate becomes U+FFFD. */
function utf8(text: string): Uint8Array {
  const bytes: number[] = []
  for (const character of text) {
    const encoded = encodeCodePoint(character.codePointAt(0)!)
    if (bytes.length + encoded.length > 0xffff) break
    bytes.push(...encoded)
  }
  return Uint8Array.from(bytes)
}

function encodeCodePoint(given: number): number[] {
  const point = given >= 0xd800 && given <= 0xdfff ? 0xfffd : given
  const tail = (shift: number): number => 0x80 | ((point >>> shift) & 0x3f)
  if (point < 0x80) return [point]
  if (point < 0x800) return [0xc0 | (point >>> 6), tail(0)]
  if (point < 0x1_0000) return [0xe0 | (point >>> 12), tail(6), tail(0)]
  return [0xf0 | (point >>> 18), tail(12), tail(6), tail(0)]
}
