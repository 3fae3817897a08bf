import { viewOf } from './bytes.js'
import {
  DF,
  fillHeaderChecksum,
  fragmentOffset,
  HEADER_LEN,
  headerLength,
  MF,
  mf,
  MIN_MTU,
  totalLength,
} from './ipv4-header.js'

const OPTION_END = 0
const OPTION_NOOP = 1
const OPTION_COPIED = 0x80

/** How to fragment. */
export interface FragmentOptions {
  /** Set DF on every fragment, as on those of a packet that was reassembled from fragments with DF. */
  readonly df?: boolean
}

/**
 * Cuts a packet into fragments of at most `mtu` bytes (ip_do_fragment): payloads of a multiple of eight bytes
 * but for the last; options without the copied flag become no-operations in all but the first; a fragment is
 * fragmented further. A packet that fits comes back alone, as a copy. An MTU below {@link MIN_MTU} counts as
 * that: the kernel takes IPv4 off such a device. The header must be sound; of one that is not,
 * nothing is left.
 */
export function fragment(bytes: Uint8Array, mtu: number, options: FragmentOptions = {}): Uint8Array[] {
  const view = viewOf(bytes)
  if (bytes.length < HEADER_LEN) return []
  const header = headerLength(view, 0)
  const total = Math.min(totalLength(view, 0), bytes.length)
  if (header < HEADER_LEN || header > total) return []
  const limit = Math.max(mtu, MIN_MTU)
  if (total <= limit) return [bytes.slice(0, total)]
  const step = (limit - header) & ~7
  const base = fragmentOffset(view, 0)
  const moreAfterLast = mf(view, 0)
  const made: Uint8Array[] = []
  for (let from = header; from < total; from += step) {
    const to = Math.min(from + step, total)
    const flags = (options.df === true ? DF : 0) | (to < total || moreAfterLast ? MF : 0)
    made.push(oneFragment(bytes, header, from, to, flags | ((base + from - header) / 8)))
  }
  return made
}

function oneFragment(packet: Uint8Array, header: number, from: number, to: number, flagsAndOffset: number): Uint8Array {
  const bytes = new Uint8Array(header + to - from)
  bytes.set(packet.subarray(0, header))
  bytes.set(packet.subarray(from, to), header)
  if (from > header) blankUncopiedOptions(bytes, header)
  const view = viewOf(bytes)
  view.setUint16(2, bytes.length)
  view.setUint16(6, flagsAndOffset)
  fillHeaderChecksum(bytes, view, 0)
  return bytes
}

/** Overwrites the options that only the first fragment carries (ip_options_fragment). */
function blankUncopiedOptions(bytes: Uint8Array, header: number): void {
  let at = HEADER_LEN
  while (at < header) {
    const type = bytes[at]!
    if (type === OPTION_END) return
    if (type === OPTION_NOOP) {
      at++
      continue
    }
    const length = bytes[at + 1]!
    if (at + 1 >= header || length < 2 || at + length > header) return
    if ((type & OPTION_COPIED) === 0) bytes.fill(OPTION_NOOP, at, at + length)
    at += length
  }
}
