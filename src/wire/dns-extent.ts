import { viewOf } from './bytes.js'

const HEADER_LEN = 12

/**
 * Whether all that the header of a DNS message counts is there: every name ends and every record's data lies
 * inside the message (RFC 1035 section 4.1). What the data says is not looked at.
 */
export function isWhole(bytes: Uint8Array): boolean {
  if (bytes.length < HEADER_LEN) return false
  const view = viewOf(bytes)
  let at = HEADER_LEN
  for (let left = view.getUint16(4); left > 0; left--) {
    at = skipName(bytes, at) + 4
    if (!(at <= bytes.length)) return false
  }
  for (let left = view.getUint16(6) + view.getUint16(8) + view.getUint16(10); left > 0; left--) {
    at = skipName(bytes, at) + 10
    if (!(at <= bytes.length)) return false
    at += view.getUint16(at - 2)
    if (at > bytes.length) return false
  }
  return true
}

/** Where the name at `from` ends, its compression pointer included; NaN when it does not. */
function skipName(bytes: Uint8Array, from: number): number {
  let at = from
  while (at < bytes.length) {
    const length = bytes[at]!
    if (length === 0) return at + 1
    if (length >= 0xc0) return at + 2
    if (length >= 0x40) return Number.NaN
    at += 1 + length
  }
  return Number.NaN
}
