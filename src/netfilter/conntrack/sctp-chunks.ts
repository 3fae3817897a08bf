import { sctp } from '../../wire/index.js'

/** A chunk where it lies in the packet. */
export interface ChunkAt {
  readonly type: number
  readonly flags: number
  readonly at: number
}

const { CHUNK } = sctp

/**
 * The chunks of the packet whose SCTP header is at `at` (do_basic_checks); null unless there is at least one, INIT,
 * INIT-ACK and SHUTDOWN-COMPLETE stand alone, COOKIE-ECHO and COOKIE-ACK come first, and none has length zero.
 */
export function chunksOf(view: DataView, at: number, end: number): ChunkAt[] | null {
  const chunks: ChunkAt[] = []
  let alone = false
  for (let offset = at + sctp.HEADER_LEN; offset + sctp.CHUNK_HEADER_LEN <= end;) {
    const type = view.getUint8(offset)
    const length = view.getUint16(offset + 2)
    if (type === CHUNK.INIT || type === CHUNK.INIT_ACK || type === CHUNK.SHUTDOWN_COMPLETE) alone = true
    const first = alone || type === CHUNK.COOKIE_ACK || type === CHUNK.COOKIE_ECHO
    if ((first && chunks.length > 0) || length === 0) return null
    chunks.push({ type, flags: view.getUint8(offset + 1), at: offset })
    offset += (length + 3) & ~3
  }
  return chunks.length === 0 ? null : chunks
}

/** The initiate tag of an INIT or INIT-ACK; null if it is cut off. */
export function initTag(view: DataView, chunk: ChunkAt, end: number): number | null {
  const body = chunk.at + sctp.CHUNK_HEADER_LEN
  return body + 16 > end ? null : view.getUint32(body)
}
