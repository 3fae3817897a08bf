import { refuse } from './fault.js'

/** Chunk types that the sctp match knows, in numeric order. */
const CHUNKS: readonly (readonly [string, number])[] = [
  ['DATA', 0],
  ['INIT', 1],
  ['INIT_ACK', 2],
  ['SACK', 3],
  ['HEARTBEAT', 4],
  ['HEARTBEAT_ACK', 5],
  ['ABORT', 6],
  ['SHUTDOWN', 7],
  ['SHUTDOWN_ACK', 8],
  ['ERROR', 9],
  ['COOKIE_ECHO', 10],
  ['COOKIE_ACK', 11],
  ['ECN_ECNE', 12],
  ['ECN_CWR', 13],
  ['SHUTDOWN_COMPLETE', 14],
  ['I_DATA', 64],
  ['RE_CONFIG', 130],
  ['PAD', 132],
  ['ASCONF_ACK', 128],
  ['FORWARD_TSN', 192],
  ['ASCONF', 193],
  ['I_FORWARD_TSN', 194],
]

/** Flag letters from bit 7 down; an upper case letter wants the bit set, a lower case one wants it clear. */
const FLAG_LETTERS: Readonly<Record<string, string>> = {
  DATA: '----IUBE',
  I_DATA: '----IUBE',
  ABORT: '-------T',
  SHUTDOWN_COMPLETE: '-------T',
}

/** One chunk type of a `--chunk-types` list. */
export interface ChunkType {
  readonly type: number
  /** As printed, e.g. `Be`; null = any flags. */
  readonly flags: string | null
}

/** The name of a chunk type. */
export function chunkName(type: number): string {
  return CHUNKS.find(([, number]) => number === type)?.[0] ?? String(type)
}

/** Reads `ALL`, `NONE` or a list `DATA:Be,INIT`; gives types in numeric order, every type for ALL. */
export function parseChunks(text: string): { readonly types: readonly ChunkType[] | 'ALL' } {
  const upper = text.toUpperCase()
  if (upper === 'ALL') return { types: 'ALL' }
  if (upper === 'NONE') return { types: [] }
  const types = text.split(',').map(parseChunk)
  return { types: types.sort((a, b) => a.type - b.type) }
}

function parseChunk(text: string): ChunkType {
  const [word, flags] = text.split(':') as [string, string | undefined]
  const chunk = CHUNKS.find(([name]) => name === word.toUpperCase())
  if (chunk === undefined) {
    refuse(`--chunk-types: "${word}" is not an SCTP chunk`, `one of ${CHUNKS.map(([name]) => name).join(', ')}`)
  }
  if (flags === undefined) return { type: chunk[1], flags: null }
  return { type: chunk[1], flags: orderFlags(chunk[0], flags) }
}

function orderFlags(chunk: string, flags: string): string {
  const letters = FLAG_LETTERS[chunk] ?? ''
  for (const flag of flags) {
    if (!letters.includes(flag.toUpperCase())) refuse(`--chunk-types: chunk ${chunk} has no flag ${flag}`)
  }
  return [...letters].map((letter) => [...flags].findLast((flag) => flag.toUpperCase() === letter) ?? '').join('')
}

/** Bits that the flags of a chunk name: which must be looked at, and their values. */
export function chunkFlagBits(type: number, flags: string | null): { mask: number; value: number } {
  const letters = FLAG_LETTERS[chunkName(type)] ?? ''
  let mask = 0
  let value = 0
  for (const flag of flags ?? '') {
    const bit = 1 << (7 - letters.indexOf(flag.toUpperCase()))
    mask |= bit
    if (flag === flag.toUpperCase()) value |= bit
  }
  return { mask, value }
}
