import { invariant } from '../base/index.js'
import { room, viewOf } from './bytes.js'
import { crc32c, isValidSctp } from './checksum.js'
import type { Fault, ParseFault } from './fault.js'

/** Bytes of the common header. */
export const HEADER_LEN = 12

/** Bytes of a chunk's own header. */
export const CHUNK_HEADER_LEN = 4

/** Chunk types (RFC 9260 section 3.2). */
export const CHUNK = {
  DATA: 0,
  INIT: 1,
  INIT_ACK: 2,
  SACK: 3,
  HEARTBEAT: 4,
  HEARTBEAT_ACK: 5,
  ABORT: 6,
  SHUTDOWN: 7,
  SHUTDOWN_ACK: 8,
  ERROR: 9,
  COOKIE_ECHO: 10,
  COOKIE_ACK: 11,
  SHUTDOWN_COMPLETE: 14,
} as const

const CHUNK_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(CHUNK).map(([name, number]) => [number, name.replaceAll('_', '-')]),
)

/** A chunk; `value` is what follows its header, without padding. */
export interface Chunk {
  readonly type: number
  readonly flags: number
  readonly value: Uint8Array
}

/** An SCTP packet (RFC 9260 section 3). */
export interface SctpPacket {
  readonly sourcePort: number
  readonly destinationPort: number
  readonly verificationTag: number
  readonly chunks: readonly Chunk[]
}

/** The fixed fields of INIT and INIT-ACK. */
export interface Init {
  readonly initiateTag: number
  /** Advertised receiver window in bytes. */
  readonly receiverWindow: number
  readonly outboundStreams: number
  readonly inboundStreams: number
  readonly initialTsn: number
}

export function sourcePort(view: DataView, at: number): number {
  return view.getUint16(at)
}

export function destinationPort(view: DataView, at: number): number {
  return view.getUint16(at + 2)
}

export function verificationTag(view: DataView, at: number): number {
  return view.getUint32(at + 4)
}

/** CRC32c; the field holds it with its lowest byte first (RFC 9260 appendix A). */
export function checksum(view: DataView, at: number): number {
  return view.getUint32(at + 8, true)
}

/** Type of the first chunk; −1 where there is none. */
export function firstChunkType(view: DataView, at: number): number {
  return view.byteLength - at >= HEADER_LEN + CHUNK_HEADER_LEN ? view.getUint8(at + HEADER_LEN) : -1
}

/** Sets the field alone. A CRC cannot follow a change: after the last setter comes {@link fillChecksum}. */
export function setSourcePort(view: DataView, at: number, port: number): void {
  view.setUint16(at, port)
}

/** As {@link setSourcePort}. */
export function setDestinationPort(view: DataView, at: number, port: number): void {
  view.setUint16(at + 2, port)
}

/** Computes the checksum of the packet `bytes[at, to)` anew. */
export function fillChecksum(bytes: Uint8Array, view: DataView, at: number, to: number): void {
  view.setUint32(at + 8, crc32c(bytes, at, to, at + 8), true)
}

/** What sctp_rcv would drop the packet `bytes[at, to)` for; null = nothing. Chunks are not looked at. */
export function judge(bytes: Uint8Array, at: number, to: number): Fault | null {
  if (to - at < HEADER_LEN || to > bytes.length) return 'PKT_TOO_SMALL'
  return isValidSctp(bytes, at, to) ? null : 'SCTP_CSUM'
}

/** Reads the packet from `at` to the end. A chunk that lies about its length is PKT_TOO_SMALL. */
export function parse(bytes: Uint8Array, at = 0): SctpPacket | ParseFault {
  const fault = judge(bytes, at, bytes.length)
  if (fault !== null) return { fault }
  const view = viewOf(bytes)
  const chunks = parseChunks(bytes, view, at + HEADER_LEN)
  if (chunks === null) return { fault: 'PKT_TOO_SMALL' }
  return {
    sourcePort: sourcePort(view, at),
    destinationPort: destinationPort(view, at),
    verificationTag: verificationTag(view, at),
    chunks,
  }
}

function parseChunks(bytes: Uint8Array, view: DataView, from: number): Chunk[] | null {
  const chunks: Chunk[] = []
  let at = from
  while (at < bytes.length) {
    if (bytes.length - at < CHUNK_HEADER_LEN) return null
    const length = view.getUint16(at + 2)
    if (length < CHUNK_HEADER_LEN || at + length > bytes.length) return null
    const value = bytes.subarray(at + CHUNK_HEADER_LEN, at + length)
    chunks.push({ type: bytes[at]!, flags: bytes[at + 1]!, value })
    at += padded(length)
  }
  return chunks
}

function padded(length: number): number {
  return (length + 3) & ~3
}

/** Writes a packet with its checksum, chunks padded with zeros, to new bytes or to the start of `into`. */
export function emit(packet: SctpPacket, into?: Uint8Array): Uint8Array {
  let total = HEADER_LEN
  for (const chunk of packet.chunks) total += padded(CHUNK_HEADER_LEN + chunk.value.length)
  const bytes = room(into, total)
  const view = viewOf(bytes)
  setSourcePort(view, 0, packet.sourcePort)
  setDestinationPort(view, 0, packet.destinationPort)
  view.setUint32(4, packet.verificationTag)
  let at = HEADER_LEN
  for (const chunk of packet.chunks) at = emitChunk(bytes, view, at, chunk)
  fillChecksum(bytes, view, 0, total)
  return bytes
}

function emitChunk(bytes: Uint8Array, view: DataView, at: number, chunk: Chunk): number {
  const length = CHUNK_HEADER_LEN + chunk.value.length
  invariant(length <= 0xffff, `SCTP chunk of ${length} bytes`)
  const end = at + padded(length)
  view.setUint8(at, chunk.type)
  view.setUint8(at + 1, chunk.flags)
  view.setUint16(at + 2, length)
  bytes.set(chunk.value, at + CHUNK_HEADER_LEN)
  bytes.fill(0, at + length, end)
  return end
}

/** An INIT chunk, or with `type` the fixed part of an INIT-ACK. */
export function initChunk(init: Init, type: number = CHUNK.INIT): Chunk {
  const value = new Uint8Array(16)
  const view = viewOf(value)
  view.setUint32(0, init.initiateTag)
  view.setUint32(4, init.receiverWindow)
  view.setUint16(8, init.outboundStreams)
  view.setUint16(10, init.inboundStreams)
  view.setUint32(12, init.initialTsn)
  return { type, flags: 0, value }
}

/** Reads the fixed fields of an INIT or INIT-ACK; undefined for other chunks and for one that is too short. */
export function parseInit(chunk: Chunk): Init | undefined {
  if ((chunk.type !== CHUNK.INIT && chunk.type !== CHUNK.INIT_ACK) || chunk.value.length < 16) return undefined
  const view = viewOf(chunk.value)
  return {
    initiateTag: view.getUint32(0),
    receiverWindow: view.getUint32(4),
    outboundStreams: view.getUint16(8),
    inboundStreams: view.getUint16(10),
    initialTsn: view.getUint32(12),
  }
}

/** The chunk type's name as tcpdump prints it, e.g. `INIT-ACK`; `chunk 99` for one without. */
export function chunkName(type: number): string {
  return CHUNK_NAMES.get(type) ?? `chunk ${type}`
}
