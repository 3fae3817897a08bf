import type { Millis } from '../../base/index.js'
import type { ConntrackRef } from '../../wire/index.js'
import type { ConntrackTable } from './table.js'
import type { Direction, Tuple } from './tuple.js'
import type { Zone } from './zone.js'

/** TCP states of connection tracking, as `conntrack -L` prints them. */
export type TcpConntrackState =
  | 'NONE'
  | 'SYN_SENT'
  | 'SYN_RECV'
  | 'ESTABLISHED'
  | 'FIN_WAIT'
  | 'CLOSE_WAIT'
  | 'LAST_ACK'
  | 'TIME_WAIT'
  | 'CLOSE'
  | 'SYN_SENT2'

/** What a segment is to connection tracking, by its flags (enum tcp_bit_set). */
export type TcpSegmentKind = 'syn' | 'synack' | 'fin' | 'ack' | 'rst' | 'none'

/** SCTP states of connection tracking. */
export type SctpConntrackState =
  | 'NONE'
  | 'CLOSED'
  | 'COOKIE_WAIT'
  | 'COOKIE_ECHOED'
  | 'ESTABLISHED'
  | 'SHUTDOWN_SENT'
  | 'SHUTDOWN_RECD'
  | 'SHUTDOWN_ACK_SENT'
  | 'HEARTBEAT_SENT'

/** What TCP window tracking remembers of one direction (struct ip_ct_tcp_state). */
export interface TcpWindow {
  end: number
  maxEnd: number
  maxWin: number
  maxAck: number
  scale: number
  /** The direction's SYN carried a window scale option. */
  scaleSeen: boolean
  /** Be liberal: picked up in mid-stream. */
  liberal: boolean
  /** maxAck is valid (IP_CT_TCP_FLAG_MAXACK_SET). */
  maxAckSet: boolean
  sackPermitted: boolean
  /** Sent the first FIN. */
  closeInit: boolean
  /** Sent data that is not acknowledged yet. */
  unacknowledged: boolean
}

/** TCP part of a connection entry (struct ip_ct_tcp). The `last` fields describe the last segment seen. */
export interface TcpTrack {
  state: TcpConntrackState
  original: TcpWindow
  reply: TcpWindow
  lastDir: Direction
  lastIndex: TcpSegmentKind
  lastSeq: number
  lastAck: number
  lastEnd: number
  lastWin: number
  /** Options of a SYN that was let through without being believed. */
  lastScale: number
  lastScaleSeen: boolean
  lastSackPermitted: boolean
  /** Such a SYN was seen in LAST_ACK: the next ACK may be a challenge (RFC 5961). */
  challengeExpected: boolean
  /** Both ends have sent a SYN. */
  simultaneousOpen: boolean
  retransmissions: number
}

/** What an SCTP connection remembers of one direction. */
export interface SctpPeer {
  /** Tag that packets of this direction must carry. */
  tag: number
  /** An INIT was seen. */
  init: boolean
}

/** SCTP part of a connection entry (struct ip_ct_sctp). */
export interface SctpTrack {
  state: SctpConntrackState
  original: SctpPeer
  reply: SctpPeer
  /** A heartbeat with a foreign tag was let through; its answer may move the association to another path. */
  heartbeatTagFailed: boolean
  lastDir: Direction
}

/**
 * A tracked connection (struct nf_conn): two tuples. NAT changes the reply tuple, never the original: a packet is
 * rewritten to look like the answer to the other direction's tuple.
 */
export class Connection implements ConntrackRef {
  readonly id: number
  /** The table it belongs to, also before it is in it (nf_ct_net). */
  readonly table: ConntrackTable
  readonly original: Tuple
  reply: Tuple
  readonly zone: Zone
  mark = 0
  /** Absolute virtual time of death, once confirmed. */
  expires: Millis = 0
  /** Last timeout given: until confirmed it has not begun. */
  timeoutMs: Millis = 0
  /** The timeout is not to be renewed (IPS_FIXED_TIMEOUT). */
  fixedTimeout = false
  /** In the table (IPS_CONFIRMED). */
  confirmed = false
  dying = false
  seenReply = false
  assured = false
  /** Source was changed by NAT (IPS_SRC_NAT); the reply tuple's destination differs from the original source. */
  srcNat = false
  dstNat = false
  /** NAT has decided for this manip (IPS_SRC_NAT_DONE, IPS_DST_NAT_DONE), perhaps for "no change". */
  srcNatDone = false
  dstNatDone = false
  /** Expected by a helper (IPS_EXPECTED): RELATED until the first answer. */
  expected = false
  /** Why NAT changed it, for traces: the target's name. */
  srcNatBy: string | null = null
  dstNatBy: string | null = null
  /** NAT ran out of tuples: the entry will not be confirmed. */
  natExhausted = false
  /** Index of the device MASQUERADE took the address of (nat->masq_index); 0 = not masqueraded. */
  masqueradeIndex = 0
  tcp: TcpTrack | null = null
  sctp: SctpTrack | null = null
  /** UDP: time from which it counts as a stream. */
  streamFrom: Millis = 0
  originalPackets = 0
  originalBytes = 0
  replyPackets = 0
  replyBytes = 0

  constructor(id: number, table: ConntrackTable, original: Tuple, reply: Tuple, zone: Zone) {
    this.id = id
    this.table = table
    this.original = original
    this.reply = reply
    this.zone = zone
  }
}
