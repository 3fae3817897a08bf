import { type Packet, tcp } from '../../wire/index.js'
import type { Millis } from '../../base/index.js'
import type { HookState } from '../hooks.js'
import { endOf, isTransportSound, verifiesChecksums } from './checksum.js'
import type { Connection, TcpConntrackState, TcpTrack } from './connection.js'
import { account, refresh } from './refresh.js'
import { directionOf } from './state.js'
import type { ConntrackTable } from './table.js'
import { isBefore, TcpView } from './tcp-segment.js'
import { areFlagsValid, nextTcpState, type TcpTransition } from './tcp-states.js'
import { checkWindow, emptyWindow } from './tcp-window.js'
import type { InvalidReason, TrackResult } from './track-result.js'
import { type Direction, opposite } from './tuple.js'

/** Timeouts are cut for stray resets and FINs only above this. */
const SHORTEN_ABOVE_MS = 120_000

/** nf_conntrack_tcp_packet */
export function trackTcp(connection: Connection, pkt: Packet, at: number, state: HookState): TrackResult {
  const { table } = connection
  const fault = faultOf(table, pkt, at, state)
  if (fault !== null) return fault
  const segment = new TcpView(pkt, at, endOf(pkt))
  if (!connection.confirmed) {
    const refused = begin(connection, segment)
    if (refused !== null) return refused
  }
  const track = connection.tcp!
  const direction = directionOf(pkt.ctInfo)
  const step = decide(connection, track, direction, segment)
  if (typeof step === 'string') return step
  if (step.checksWindow) {
    const fits = checkWindow(connection, track, direction, segment)
    if (fits !== 'accept') {
      if (fits !== 'ignore') noteStrayClose(connection, track, direction, segment)
      return fits
    }
  }
  return advance(connection, track, direction, segment, step, pkt)
}

/** tcp_error */
function faultOf(table: ConntrackTable, pkt: Packet, at: number, state: HookState): InvalidReason | null {
  const end = endOf(pkt)
  if (end - at < tcp.HEADER_LEN) return 'short packet'
  const header = tcp.dataOffset(pkt.view, at)
  if (header < tcp.HEADER_LEN || end - at < header) return 'truncated or malformed packet'
  if (verifiesChecksums(table, state) && !isTransportSound(pkt, at, end)) return 'bad checksum'
  return areFlagsValid(tcp.flags(pkt.view, at)) ? null : 'invalid TCP flag combination'
}

/** tcp_new */
function begin(connection: Connection, segment: TcpView): InvalidReason | null {
  const first = nextTcpState('original', segment.kind, 'NONE')
  if (first === 'INVALID') return 'segment cannot begin a connection'
  const original = emptyWindow()
  const reply = emptyWindow()
  original.end = segment.end
  original.maxWin = Math.max(segment.window, 1)
  if (first === 'SYN_SENT') {
    original.maxEnd = original.end
    segment.readOptionsInto(original)
  } else {
    if (!connection.table.sysctls.tcpLoose) return 'picking up connections is off (tcp_loose 0)'
    original.maxEnd = (original.end + original.maxWin) >>> 0
    original.sackPermitted = reply.sackPermitted = true
    original.liberal = reply.liberal = true
  }
  connection.tcp = {
    state: 'NONE',
    original,
    reply,
    lastDir: 'original',
    lastIndex: 'none',
    lastSeq: 0,
    lastAck: 0,
    lastEnd: 0,
    lastWin: 0,
    lastScale: 0,
    lastScaleSeen: false,
    lastSackPermitted: false,
    challengeExpected: false,
    simultaneousOpen: false,
    retransmissions: 0,
  }
  return null
}

/** What the state table and its exceptions decided; the window may still say no. */
interface StateChange {
  readonly from: TcpConntrackState
  readonly to: TcpConntrackState
  readonly checksWindow: boolean
}

function change(from: TcpConntrackState, to: TcpConntrackState, checksWindow = true): StateChange {
  return { from, to, checksWindow }
}

function decide(
  connection: Connection,
  track: TcpTrack,
  direction: Direction,
  segment: TcpView,
): StateChange | TrackResult {
  const from = track.state
  const to: TcpTransition = nextTcpState(direction, segment.kind, from)
  switch (to) {
    case 'SYN_SENT':
      if (from !== 'TIME_WAIT' && from !== 'CLOSE') return change(from, to)
      return reopen(connection, track, direction) ? 'repeat' : ignore(track, direction, segment)
    case 'IGNORE':
      return ignore(track, direction, segment)
    case 'INVALID':
      return from === 'NONE' ? 'segment cannot begin a connection' : 'invalid TCP state transition'
    case 'TIME_WAIT':
      return isChallengeAck(track, direction, segment) ? 'ignore' : change(from, to)
    case 'SYN_SENT2':
      track.simultaneousOpen = true
      return change(from, to)
    case 'SYN_RECV':
      if (direction === 'reply' && segment.kind === 'ack' && track.simultaneousOpen) return change(from, 'ESTABLISHED')
      return change(from, to)
    case 'CLOSE':
      return segment.kind === 'rst' ? judgeReset(connection, track, direction, segment) : change(from, to)
    default:
      return change(from, to)
  }
}

/** A SYN on a connection that was closed or aborted begins another: the entry goes. */
function reopen(connection: Connection, track: TcpTrack, direction: Direction): boolean {
  const closed = track.original.closeInit || track.reply.closeInit
  if (!closed && !(track.lastDir === direction && track.lastIndex === 'rst')) return false
  return connection.table.remove(connection)
}

/**
 * A segment that contradicts the entry, which may be the one that is wrong: pass it, remember it, and if the peer
 * agrees to it, follow.
 */
function ignore(track: TcpTrack, direction: Direction, segment: TcpView): StateChange | TrackResult {
  const answersIgnoredSyn =
    segment.kind === 'synack' &&
    track.lastIndex === 'syn' &&
    track.lastDir !== direction &&
    segment.ackSeq === track.lastEnd
  if (answersIgnoredSyn) {
    believeIgnoredSyn(track, direction)
    return change('SYN_SENT', 'SYN_RECV')
  }
  track.lastIndex = segment.kind
  track.lastDir = direction
  track.lastSeq = segment.seq
  track.lastEnd = segment.end
  track.lastWin = segment.window
  if (segment.kind === 'syn' && direction === 'original') noteOptions(track, segment)
  if (track.state === 'SYN_SENT' && segment.kind === 'ack' && direction === 'reply') track.lastAck = segment.ackSeq
  return 'ignore'
}

function noteOptions(track: TcpTrack, segment: TcpView): void {
  const seen = emptyWindow()
  segment.readOptionsInto(seen)
  track.lastScaleSeen = seen.scaleSeen
  track.lastScale = seen.scale
  track.lastSackPermitted = seen.sackPermitted
  track.challengeExpected = track.state === 'LAST_ACK'
}

function believeIgnoredSyn(track: TcpTrack, direction: Direction): void {
  const sender = emptyWindow()
  sender.end = track.lastEnd
  sender.maxEnd = track.lastEnd
  sender.maxWin = Math.max(track.lastWin, 1)
  sender.scale = track.lastScale
  sender.scaleSeen = track.lastScaleSeen
  sender.sackPermitted = track.lastSackPermitted
  track.challengeExpected = false
  track[opposite(direction)] = sender
  track[direction] = emptyWindow()
}

/** RFC 5961: the ACK that answers a stray SYN does not acknowledge the FIN. */
function isChallengeAck(track: TcpTrack, direction: Direction, segment: TcpView): boolean {
  const isIt =
    track.state === 'LAST_ACK' &&
    segment.kind === 'ack' &&
    track.lastDir !== direction &&
    track.lastIndex === 'syn' &&
    track.challengeExpected
  if (isIt) track.challengeExpected = false
  return isIt
}

function judgeReset(
  connection: Connection,
  track: TcpTrack,
  direction: Direction,
  segment: TcpView,
): StateChange | TrackResult {
  const from = track.state
  if (isClosing(from)) return change(from, 'CLOSE', false)
  const receiver = track[opposite(direction)]
  const isEstablished = from === 'ESTABLISHED'
  let to: TcpConntrackState = 'CLOSE'
  if (receiver.maxAckSet && track.lastIndex !== 'syn') {
    const { seq } = segment
    if (seq === 0 && !isEstablished) return change(from, to)
    if (isBefore(seq, receiver.maxAck) && !connection.table.sysctls.tcpIgnoreInvalidRst) {
      return 'RST before the last acknowledged byte'
    }
    if (!isEstablished || seq === receiver.maxAck) return change(from, to)
    const followsAck = track.lastIndex === 'ack' && track.lastDir === direction && seq === track.lastEnd
    if (followsAck) return change(from, to)
    to = from
  }
  const afterIgnored =
    (connection.seenReply && track.lastIndex === 'syn') || (!connection.assured && track.lastIndex === 'ack')
  return change(from, to, !(afterIgnored && segment.ackSeq === track.lastEnd))
}

/** tcp_can_early_drop */
function isClosing(state: TcpConntrackState): boolean {
  switch (state) {
    case 'FIN_WAIT':
    case 'LAST_ACK':
    case 'TIME_WAIT':
    case 'CLOSE':
    case 'CLOSE_WAIT':
      return true
    default:
      return false
  }
}

/** nf_tcp_handle_invalid: two stray FINs or resets, one from each end, shorten the life of an assured entry. */
function noteStrayClose(connection: Connection, track: TcpTrack, direction: Direction, segment: TcpView): void {
  if (!connection.assured || connection.fixedTimeout) return
  if (segment.kind !== 'rst' && segment.kind !== 'fin') return
  if (track.lastDir === direction || (track.lastIndex !== 'fin' && track.lastIndex !== 'rst')) {
    track.lastIndex = segment.kind
    track.lastDir = direction
    return
  }
  const { now, sysctls } = connection.table
  const left = connection.expires - now
  const timeout = sysctls.timeouts.tcp.UNACKNOWLEDGED
  if (left >= SHORTEN_ABOVE_MS && left > timeout) connection.expires = now + timeout
}

function advance(
  connection: Connection,
  track: TcpTrack,
  direction: Direction,
  segment: TcpView,
  step: StateChange,
  pkt: Packet,
): TrackResult {
  const { from, to } = step
  track.lastIndex = segment.kind
  track.lastDir = direction
  track.state = to
  if (from !== to && to === 'FIN_WAIT') track[direction].closeInit = true
  let timeout = timeoutOf(connection, track, segment)
  if (!connection.seenReply) {
    if (segment.rst) {
      account(connection, direction, pkt)
      connection.table.remove(connection)
      return 'accept'
    }
    if (segment.kind === 'syn' && from === 'SYN_SENT') return 'accept'
    const { UNACKNOWLEDGED } = connection.table.sysctls.timeouts.tcp
    if (to === 'ESTABLISHED') timeout = Math.min(timeout, UNACKNOWLEDGED)
  } else if (to === 'ESTABLISHED' && (from === 'SYN_RECV' || from === 'ESTABLISHED')) {
    connection.assured = true
  }
  refresh(connection, direction, pkt, timeout)
  return 'accept'
}

function timeoutOf(connection: Connection, track: TcpTrack, segment: TcpView): Millis {
  const { timeouts, tcpMaxRetransmissions } = connection.table.sysctls
  const { tcp: of } = timeouts
  const full = track.state === 'NONE' ? of.CLOSE : of[track.state]
  if (track.retransmissions >= tcpMaxRetransmissions && full > of.RETRANS) return of.RETRANS
  if (segment.kind === 'rst') return of.CLOSE
  const unacknowledged = track.original.unacknowledged || track.reply.unacknowledged
  if (unacknowledged && full > of.UNACKNOWLEDGED) return of.UNACKNOWLEDGED
  return track.lastWin === 0 && full > of.RETRANS ? of.RETRANS : full
}
