import type { Ipv4 } from '../addr/index.js'

/**
 * Ones' complement sum of the 16-bit words of `bytes[from, to)`, folded to 16 bits and not complemented; an odd
 * last byte counts as the high half of a word (RFC 1071).
 * @param initial a sum to go on from, e.g. {@link pseudoHeaderSum}.
 */
export function sum(bytes: Uint8Array, from: number, to: number, initial = 0): number {
  let total = initial
  const even = from + ((to - from) & ~1)
  for (let i = from; i < even; i += 2) total += (bytes[i]! << 8) | bytes[i + 1]!
  if (even < to) total += bytes[even]! << 8
  return fold(total)
}

/** The Internet checksum (RFC 1071) of `bytes[from, to)`. Over bytes that hold a right checksum it gives 0. */
export function internet(bytes: Uint8Array, from: number, to: number, initial = 0): number {
  return ~sum(bytes, from, to, initial) & 0xffff
}

/** Sum of the pseudo header of TCP and UDP (RFC 9293 section 3.1); `length` = transport header and payload. */
export function pseudoHeaderSum(source: Ipv4, destination: Ipv4, protocol: number, length: number): number {
  return fold((source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff) + protocol + length)
}

/** The checksum after one of its 16-bit words changed (RFC 1624 equation 3; csum_replace2). */
export function update16(checksum: number, old: number, now: number): number {
  return ~fold((~checksum & 0xffff) + (~old & 0xffff) + now) & 0xffff
}

/** The checksum after an aligned 32-bit field changed, e.g. an address (csum_replace4). */
export function update32(checksum: number, old: number, now: number): number {
  return update16(update16(checksum, old >>> 16, now >>> 16), old & 0xffff, now & 0xffff)
}

function fold(total: number): number {
  let folded = total
  while (folded > 0xffff) folded = (folded % 0x1_0000) + Math.floor(folded / 0x1_0000)
  return folded
}

/** Whether the checksum of the IPv4 header `bytes[at, at + headerLength)` is right. */
export function isValidIpv4Header(bytes: Uint8Array, at: number, headerLength: number): boolean {
  return internet(bytes, at, at + headerLength) === 0
}

/** Whether the checksum of a TCP or UDP message `bytes[from, to)` is right, its pseudo header included. */
export function isValidTransport(
  bytes: Uint8Array,
  from: number,
  to: number,
  source: Ipv4,
  destination: Ipv4,
  protocol: number,
): boolean {
  return internet(bytes, from, to, pseudoHeaderSum(source, destination, protocol, to - from)) === 0
}

/** Whether the checksum of an ICMP message `bytes[from, to)` is right. */
export function isValidIcmp(bytes: Uint8Array, from: number, to: number): boolean {
  return internet(bytes, from, to) === 0
}

const CRC32C_TABLE: Uint32Array = makeCrc32cTable()

/** Entry n is the remainder of byte n by the reflected Castagnoli polynomial. */
function makeCrc32cTable(): Uint32Array {
  const table = new Uint32Array(256)
  for (let n = 0; n < 256; n++) {
    let remainder = n
    for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ 0x82f63b78 : remainder >>> 1
    table[n] = remainder
  }
  return table
}

/** CRC32c of `bytes[from, to)`; the four bytes at `skip`, if given, count as zeros (a checksum's own field). */
export function crc32c(bytes: Uint8Array, from: number, to: number, skip = -1): number {
  let crc = 0xffff_ffff
  for (let i = from; i < to; i++) {
    const byte = skip >= 0 && i >= skip && i < skip + 4 ? 0 : bytes[i]!
    crc = CRC32C_TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8)
  }
  return ~crc >>> 0
}

/** Whether the checksum of an SCTP packet `bytes[from, to)` is right (RFC 9260 section 6.8). */
export function isValidSctp(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from < 12) return false
  const at = from + 8
  const stored = (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
  return crc32c(bytes, from, to, at) === stored
}
