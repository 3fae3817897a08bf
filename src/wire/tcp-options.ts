import { viewOf } from './bytes.js'

/** The TCP options that matter to a path (RFC 9293, 7323, 2018); an option that is not there is absent. */
export interface TcpOptions {
  readonly mss?: number
  /** Shift count. */
  readonly windowScale?: number
  readonly sackPermitted?: true
  readonly timestamps?: { readonly value: number; readonly echo: number }
}

const END = 0
const NOOP = 1
export const MSS = 2
export const WINDOW_SCALE = 3
export const SACK_PERMITTED = 4
export const TIMESTAMPS = 8

/**
 * Where the first option of `kind` and full length `length` begins in `view[from, to)`, or −1. Stops at the
 * end mark and at the first option that does not fit.
 */
export function findOption(view: DataView, from: number, to: number, kind: number, length: number): number {
  let at = from
  while (at < to) {
    const found = view.getUint8(at)
    if (found === END) return -1
    if (found === NOOP) {
      at++
      continue
    }
    if (at + 1 >= to) return -1
    const size = view.getUint8(at + 1)
    if (size < 2 || at + size > to) return -1
    if (found === kind && size === length) return at
    at += size
  }
  return -1
}

/** Reads the options `bytes[from, to)`; unknown ones are passed over, whatever follows a broken one is ignored. */
export function parseOptions(bytes: Uint8Array, from = 0, to: number = bytes.length): TcpOptions {
  const view = viewOf(bytes)
  const end = Math.min(to, bytes.length)
  const mss = findOption(view, from, end, MSS, 4)
  const scale = findOption(view, from, end, WINDOW_SCALE, 3)
  const sack = findOption(view, from, end, SACK_PERMITTED, 2)
  const stamps = findOption(view, from, end, TIMESTAMPS, 10)
  const found: { -readonly [K in keyof TcpOptions]: TcpOptions[K] } = {}
  if (mss >= 0) found.mss = view.getUint16(mss + 2)
  if (scale >= 0) found.windowScale = view.getUint8(scale + 2)
  if (sack >= 0) found.sackPermitted = true
  if (stamps >= 0) found.timestamps = { value: view.getUint32(stamps + 2), echo: view.getUint32(stamps + 6) }
  return found
}

/** Writes options in the order MSS, SACK permitted, timestamps, window scale, padded with no-operations. */
export function emitOptions(options: TcpOptions): Uint8Array {
  const bytes: number[] = []
  if (options.mss !== undefined) bytes.push(MSS, 4, options.mss >>> 8, options.mss & 0xff)
  if (options.sackPermitted === true) bytes.push(SACK_PERMITTED, 2)
  if (options.timestamps !== undefined) {
    const { value, echo } = options.timestamps
    bytes.push(
      TIMESTAMPS,
      10,
      value >>> 24,
      value >>> 16,
      value >>> 8,
      value,
      echo >>> 24,
      echo >>> 16,
      echo >>> 8,
      echo,
    )
  }
  if (options.windowScale !== undefined) bytes.push(WINDOW_SCALE, 3, options.windowScale)
  while (bytes.length % 4 !== 0) bytes.push(NOOP)
  return Uint8Array.from(bytes)
}
