import type { Connection, TcpTrack, TcpWindow } from './connection.js'
import { isAfter, isBefore, type TcpView } from './tcp-segment.js'
import type { TrackResult } from './track-result.js'
import { type Direction, opposite } from './tuple.js'

/** How far behind an acknowledgement may be, at least (MAXACKWINCONST). */
const MAX_ACK_WINDOW = 66_000

/** What is known of a direction at first: nothing. */
export function emptyWindow(): TcpWindow {
  return {
    end: 0,
    maxEnd: 0,
    maxWin: 0,
    maxAck: 0,
    scale: 0,
    scaleSeen: false,
    liberal: false,
    maxAckSet: false,
    sackPermitted: false,
    closeInit: false,
    unacknowledged: false,
  }
}

/** tcp_init_sender: a SYN says all there is to know. Scaling needs both ends. */
function initSender(sender: TcpWindow, receiver: TcpWindow, segment: TcpView, direction: Direction): void {
  sender.end = segment.end
  sender.maxEnd = segment.end
  sender.maxWin = Math.max(segment.window, 1)
  segment.readOptionsInto(sender)
  if (direction === 'reply' && !(sender.scaleSeen && receiver.scaleSeen)) {
    sender.scale = 0
    receiver.scale = 0
  }
}

/** The connection's history is not known: guess it from the segment. */
function initMidStream(sender: TcpWindow, receiver: TcpWindow, segment: TcpView, sack: number): void {
  sender.end = segment.end
  sender.maxWin = Math.max((segment.window << sender.scale) >>> 0, 1)
  sender.maxEnd = (segment.end + sender.maxWin) >>> 0
  if (receiver.maxWin === 0) {
    receiver.end = sack
    receiver.maxEnd = sack
  } else if (sack === (receiver.end + 1) >>> 0) {
    receiver.end = sack
  }
}

/**
 * tcp_in_window: does the segment fit what both ends have announced? The bounds are those of the paper "Real
 * Stateful TCP Packet Filtering in IP Filter" (G. van Rooij), section 5.2. Learns from segments that do.
 */
export function checkWindow(
  connection: Connection,
  tcp: TcpTrack,
  direction: Direction,
  segment: TcpView,
): TrackResult {
  const sender = tcp[direction]
  const receiver = tcp[opposite(direction)]
  let ack = segment.ackSeq
  let sack = receiver.sackPermitted ? segment.highestSack(ack) : ack
  if (sender.maxWin === 0) {
    if (segment.syn) {
      initSender(sender, receiver, segment, direction)
      if (!segment.ack) return 'accept'
    } else {
      initMidStream(sender, receiver, segment, sack)
    }
  } else if (segment.syn && isAfter(segment.end, sender.end) && isOpening(tcp)) {
    initSender(sender, receiver, segment, direction)
    if (direction === 'reply' && !segment.ack) return 'accept'
  }
  if (!segment.ack || (segment.rst && ack === 0)) {
    ack = receiver.end
    sack = receiver.end
  }
  const answersSyn = segment.rst && segment.seq === 0 && tcp.state === 'SYN_SENT'
  const seq = answersSyn ? sender.end : segment.seq
  const end = answersSyn ? sender.end : segment.end
  const bounds = checkBounds(sender, receiver, seq, end, sack)
  if (bounds !== 'accept') {
    return sender.liberal || connection.table.sysctls.tcpBeLiberal ? 'accept' : bounds
  }
  learn(sender, receiver, segment, end, ack, sack)
  if (segment.kind === 'ack') countRetransmission(tcp, direction, seq, ack, end, segment.window)
  return 'accept'
}

function isOpening(tcp: TcpTrack): boolean {
  return tcp.state === 'SYN_SENT' || tcp.state === 'SYN_RECV'
}

function checkBounds(sender: TcpWindow, receiver: TcpWindow, seq: number, end: number, sack: number): TrackResult {
  const inReceiveWindow = isAfter(end, sender.end - receiver.maxWin - 1)
  const ackFloor = receiver.end - Math.max(sender.maxWin, MAX_ACK_WINDOW) - 1
  const ackCeiling = receiver.end + 1
  if (!isBefore(seq, sender.maxEnd + 1)) {
    const overshot = (end - sender.maxEnd + 1) >>> 0
    const onlyTooMuch =
      receiver.maxWin !== 0 && inReceiveWindow && isAfter(sack, ackFloor) && overshot <= receiver.maxWin
    if (onlyTooMuch && isBefore(sack, ackCeiling)) {
      // Senders do this; whoever acknowledges it must not be called invalid for that.
      sender.end = end
      sender.unacknowledged = true
      return 'ignore'
    }
    return 'SEQ is over the upper bound (over the window of the receiver)'
  }
  if (!isBefore(sack, ackCeiling)) return 'ACK is over the upper bound (ACKed data not seen yet)'
  // What comes late (data acknowledged already, an overtaken ACK) is not believed, but not invalid either.
  if (receiver.maxWin !== 0 && !inReceiveWindow) return 'ignore'
  return isAfter(sack, ackFloor) ? 'accept' : 'ignore'
}

function learn(sender: TcpWindow, receiver: TcpWindow, segment: TcpView, end: number, ack: number, sack: number): void {
  const window = segment.syn ? segment.window : (segment.window << sender.scale) >>> 0
  sender.maxWin = Math.max(sender.maxWin, (window + (sack - ack)) >>> 0)
  if (isAfter(end, sender.end)) {
    sender.end = end
    sender.unacknowledged = true
  }
  if (segment.ack && (!sender.maxAckSet || isAfter(ack, sender.maxAck))) {
    sender.maxAck = ack
    sender.maxAckSet = true
  }
  if (receiver.maxWin !== 0 && isAfter(end, sender.maxEnd)) {
    receiver.maxWin += (end - sender.maxEnd) >>> 0
  }
  if (isAfter(sack + window, receiver.maxEnd - 1)) {
    receiver.maxEnd = (sack + window + (window === 0 ? 1 : 0)) >>> 0
  }
  if (ack === receiver.end) receiver.unacknowledged = false
}

function countRetransmission(
  tcp: TcpTrack,
  direction: Direction,
  seq: number,
  ack: number,
  end: number,
  window: number,
): void {
  const same =
    tcp.lastDir === direction &&
    tcp.lastSeq === seq &&
    tcp.lastAck === ack &&
    tcp.lastEnd === end &&
    tcp.lastWin === window
  if (same) {
    tcp.retransmissions++
    return
  }
  tcp.lastDir = direction
  tcp.lastSeq = seq
  tcp.lastAck = ack
  tcp.lastEnd = end
  tcp.lastWin = window
  tcp.retransmissions = 0
}
