import type { Millis } from '../../base/index.js'
import type { SctpConntrackState, TcpConntrackState } from './connection.js'

/** States of a TCP connection, and two conditions that shorten the timeout of a long one. */
export type TcpTimeouts = Record<Exclude<TcpConntrackState, 'NONE'> | 'RETRANS' | 'UNACKNOWLEDGED', Millis>

/** net.netfilter.nf_conntrack_*_timeout_*, in milliseconds. */
export interface ConntrackTimeouts {
  readonly tcp: TcpTimeouts
  readonly sctp: Record<Exclude<SctpConntrackState, 'NONE'>, Millis>
  udp: Millis
  udpStream: Millis
  icmp: Millis
  gre: Millis
  greStream: Millis
  generic: Millis
}

/** net.netfilter.nf_conntrack_* of one namespace; change the fields at will. */
export interface ConntrackSysctls {
  /** Pick up TCP connections whose beginning was not seen (nf_conntrack_tcp_loose). */
  tcpLoose: boolean
  /** Only resets outside the window are invalid (nf_conntrack_tcp_be_liberal). */
  tcpBeLiberal: boolean
  /** Resets before the last acknowledged byte close all the same (nf_conntrack_tcp_ignore_invalid_rst). */
  tcpIgnoreInvalidRst: boolean
  /** Retransmissions without an answer until the RETRANS timeout counts (nf_conntrack_tcp_max_retrans). */
  tcpMaxRetransmissions: number
  /** Packets with a wrong checksum are invalid (nf_conntrack_checksum). */
  checksum: boolean
  /** Entries there may be (nf_conntrack_max); 0 = no limit. */
  max: number
  /** Show packets and bytes of each entry (nf_conntrack_acct). They are counted always. */
  accounting: boolean
  readonly timeouts: ConntrackTimeouts
}

const SECOND = 1000
const MINUTE = 60 * SECOND
const DAY = 24 * 60 * MINUTE

/** The kernel's defaults (Linux 6.x; `max` as on a host with 4 GB or more). */
export function conntrackSysctls(): ConntrackSysctls {
  return {
    tcpLoose: true,
    tcpBeLiberal: false,
    tcpIgnoreInvalidRst: false,
    tcpMaxRetransmissions: 3,
    checksum: true,
    max: 262_144,
    accounting: false,
    timeouts: {
      tcp: {
        SYN_SENT: 2 * MINUTE,
        SYN_RECV: MINUTE,
        ESTABLISHED: 5 * DAY,
        FIN_WAIT: 2 * MINUTE,
        CLOSE_WAIT: MINUTE,
        LAST_ACK: 30 * SECOND,
        TIME_WAIT: 2 * MINUTE,
        CLOSE: 10 * SECOND,
        SYN_SENT2: 2 * MINUTE,
        RETRANS: 5 * MINUTE,
        UNACKNOWLEDGED: 5 * MINUTE,
      },
      sctp: {
        CLOSED: 10 * SECOND,
        COOKIE_WAIT: 3 * SECOND,
        COOKIE_ECHOED: 3 * SECOND,
        ESTABLISHED: 210 * SECOND,
        SHUTDOWN_SENT: 3 * SECOND,
        SHUTDOWN_RECD: 3 * SECOND,
        SHUTDOWN_ACK_SENT: 3 * SECOND,
        HEARTBEAT_SENT: 30 * SECOND,
      },
      udp: 30 * SECOND,
      udpStream: 2 * MINUTE,
      icmp: 30 * SECOND,
      gre: 30 * SECOND,
      greStream: 3 * MINUTE,
      generic: 10 * MINUTE,
    },
  }
}
