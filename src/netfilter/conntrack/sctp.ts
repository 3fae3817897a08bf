import { checksum, type Packet, sctp } from '../../wire/index.js'
import type { HookState } from '../hooks.js'
import { endOf, verifiesChecksums } from './checksum.js'
import type { Connection, SctpTrack } from './connection.js'
import { refresh } from './refresh.js'
import { type ChunkAt, chunksOf, initTag } from './sctp-chunks.js'
import { nextSctpState } from './sctp-states.js'
import { directionOf } from './state.js'
import type { InvalidReason, TrackResult } from './track-result.js'
import { type Direction, opposite } from './tuple.js'

const { CHUNK } = sctp

/** ABORT and SHUTDOWN-COMPLETE: the tag is the peer's. */
const FLAG_T = 1

/** Chunks whose packets follow tag rules of their own. */
const OWN_TAG_RULE: ReadonlySet<number> = new Set([
  CHUNK.INIT,
  CHUNK.SHUTDOWN_COMPLETE,
  CHUNK.COOKIE_ECHO,
  CHUNK.ABORT,
  CHUNK.SHUTDOWN_ACK,
  CHUNK.HEARTBEAT,
  CHUNK.HEARTBEAT_ACK,
])

/** One packet under inspection. Borrowed: lives for one call. */
interface SctpView {
  readonly view: DataView
  readonly end: number
  readonly tag: number
  readonly chunks: readonly ChunkAt[]
  readonly direction: Direction
}

/** nf_conntrack_sctp_packet */
export function trackSctp(connection: Connection, pkt: Packet, at: number, state: HookState): TrackResult {
  const end = endOf(pkt)
  if (end - at < sctp.HEADER_LEN) return 'short packet'
  if (verifiesChecksums(connection.table, state) && !checksum.isValidSctp(pkt.bytes, at, end)) return 'bad checksum'
  const chunks = chunksOf(pkt.view, at, end)
  if (chunks === null) return 'bad SCTP chunks'
  const direction = directionOf(pkt.ctInfo)
  const seen: SctpView = { view: pkt.view, end, tag: sctp.verificationTag(pkt.view, at), chunks, direction }
  if (!connection.confirmed) {
    const refused = begin(connection, seen)
    if (refused !== null) return refused
  }
  const track = connection.sctp!
  if (!chunks.some((chunk) => OWN_TAG_RULE.has(chunk.type)) && seen.tag !== track[direction].tag) {
    return 'SCTP verification tag does not match'
  }
  return walkChunks(connection, track, seen, pkt)
}

/** sctp_new */
function begin(connection: Connection, seen: SctpView): InvalidReason | null {
  const track: SctpTrack = {
    state: 'NONE',
    original: { tag: 0, init: false },
    reply: { tag: 0, init: false },
    heartbeatTagFailed: false,
    lastDir: 'original',
  }
  for (const chunk of seen.chunks) {
    const { type } = chunk
    const outOfTheBlue = type === CHUNK.ABORT || type === CHUNK.SHUTDOWN_COMPLETE || type === CHUNK.COOKIE_ACK
    if (outOfTheBlue || nextSctpState('original', type, 'NONE') === 'NONE') return 'SCTP chunk out of the blue'
    if (type === CHUNK.INIT) {
      const tag = initTag(seen.view, chunk, seen.end)
      if (seen.tag !== 0 || tag === null) return 'SCTP verification tag does not match'
      track.reply.tag = tag
    } else if (type === CHUNK.HEARTBEAT) {
      track.original.tag = seen.tag
    } else {
      track.reply.tag = seen.tag
    }
  }
  connection.sctp = track
  return null
}

function walkChunks(connection: Connection, track: SctpTrack, seen: SctpView, pkt: Packet): TrackResult {
  const { direction } = seen
  let ignored = false
  let from = track.state
  for (const chunk of seen.chunks) {
    const tagged = checkTag(track, seen, chunk, ignored)
    if (tagged === 'refuse') return 'SCTP verification tag does not match'
    if (tagged === 'skip') {
      ignored = true
      continue
    }
    from = track.state
    const to = nextSctpState(direction, chunk.type, from)
    if (to === 'INVALID') return 'invalid SCTP state transition'
    if (!noteInit(track, seen, chunk)) return 'SCTP verification tag does not match'
    if (to === 'CLOSED' && from === 'CLOSED' && connection.confirmed) ignored = true
    track.state = to
  }
  if (ignored) return 'ignore'
  const { sctp: timeouts } = connection.table.sysctls.timeouts
  refresh(connection, direction, pkt, track.state === 'NONE' ? timeouts.CLOSED : timeouts[track.state])
  if (from === 'COOKIE_ECHOED' && direction === 'reply' && track.state === 'ESTABLISHED') connection.assured = true
  return 'accept'
}

/** The special tag rules of RFC 9260 section 8.5.1, and heartbeats on other paths. */
function checkTag(track: SctpTrack, seen: SctpView, chunk: ChunkAt, ignored: boolean): 'pass' | 'skip' | 'refuse' {
  const { direction, tag } = seen
  switch (chunk.type) {
    case CHUNK.INIT:
      return tag === 0 ? 'pass' : 'refuse'
    case CHUNK.ABORT:
    case CHUNK.SHUTDOWN_COMPLETE: {
      const whose = (chunk.flags & FLAG_T) === 0 ? direction : opposite(direction)
      return tag === track[whose].tag ? 'pass' : 'refuse'
    }
    case CHUNK.COOKIE_ECHO:
      return tag === track[direction].tag ? 'pass' : 'refuse'
    case CHUNK.COOKIE_ACK:
      track.original.init = false
      track.reply.init = false
      return 'pass'
    case CHUNK.HEARTBEAT:
    case CHUNK.HEARTBEAT_ACK:
      return checkHeartbeat(track, seen, chunk, ignored)
    default:
      return 'pass'
  }
}

function checkHeartbeat(
  track: SctpTrack,
  seen: SctpView,
  chunk: ChunkAt,
  ignored: boolean,
): 'pass' | 'skip' | 'refuse' {
  const { direction, tag } = seen
  const own = track[direction]
  if (own.tag === 0) {
    own.tag = tag
    return 'pass'
  }
  if (own.tag === tag) {
    track.heartbeatTagFailed = false
    return 'pass'
  }
  if (ignored || seen.chunks.some((other) => other.type === CHUNK.DATA)) return 'refuse'
  if (chunk.type === CHUNK.HEARTBEAT) {
    track.heartbeatTagFailed = true
    track.lastDir = direction
    return 'skip'
  }
  if (!track.heartbeatTagFailed || track.lastDir === direction) return 'refuse'
  track.heartbeatTagFailed = false
  own.tag = tag
  track[opposite(direction)].tag = 0
  return 'pass'
}

/** INIT and INIT-ACK say which tag the other direction will carry. */
function noteInit(track: SctpTrack, seen: SctpView, chunk: ChunkAt): boolean {
  if (chunk.type !== CHUNK.INIT && chunk.type !== CHUNK.INIT_ACK) return true
  const tag = initTag(seen.view, chunk, seen.end)
  if (tag === null) return false
  const own = track[seen.direction]
  const peer = track[opposite(seen.direction)]
  if (chunk.type === CHUNK.INIT) {
    if (own.init && peer.init) peer.init = false
    own.init = true
  } else {
    if (!peer.init && peer.tag !== 0 && peer.tag !== tag) return false
    if (own.init && peer.init && peer.tag !== tag) return false
  }
  peer.tag = tag
  return true
}
