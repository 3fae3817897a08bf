import type { ConntrackTable } from './table.js'
import type { ConntrackSysctls, ConntrackTimeouts, TcpTimeouts } from './sysctls.js'

const PREFIX = 'net/netfilter/nf_conntrack_'

/** Switches and limits, by the rest of their names. */
const VALUES: Readonly<Record<string, (sysctls: ConntrackSysctls, value: number) => void>> = Object.freeze({
  tcp_loose: (s, v) => (s.tcpLoose = v !== 0),
  tcp_be_liberal: (s, v) => (s.tcpBeLiberal = v !== 0),
  tcp_ignore_invalid_rst: (s, v) => (s.tcpIgnoreInvalidRst = v !== 0),
  tcp_max_retrans: (s, v) => (s.tcpMaxRetransmissions = v),
  checksum: (s, v) => (s.checksum = v !== 0),
  max: (s, v) => (s.max = v),
  acct: (s, v) => (s.accounting = v !== 0),
  udp_timeout: (s, v) => (s.timeouts.udp = v * 1000),
  udp_timeout_stream: (s, v) => (s.timeouts.udpStream = v * 1000),
  icmp_timeout: (s, v) => (s.timeouts.icmp = v * 1000),
  gre_timeout: (s, v) => (s.timeouts.gre = v * 1000),
  gre_timeout_stream: (s, v) => (s.timeouts.greStream = v * 1000),
  generic_timeout: (s, v) => (s.timeouts.generic = v * 1000),
})

/** tcp_timeout_NAME, by name. */
const TCP_TIMEOUTS: Readonly<Record<string, keyof TcpTimeouts>> = Object.freeze({
  syn_sent: 'SYN_SENT',
  syn_recv: 'SYN_RECV',
  established: 'ESTABLISHED',
  fin_wait: 'FIN_WAIT',
  close_wait: 'CLOSE_WAIT',
  last_ack: 'LAST_ACK',
  time_wait: 'TIME_WAIT',
  close: 'CLOSE',
  max_retrans: 'RETRANS',
  unacknowledged: 'UNACKNOWLEDGED',
})

/** sctp_timeout_NAME, by name. */
const SCTP_TIMEOUTS: Readonly<Record<string, keyof ConntrackTimeouts['sctp']>> = Object.freeze({
  closed: 'CLOSED',
  cookie_wait: 'COOKIE_WAIT',
  cookie_echoed: 'COOKIE_ECHOED',
  established: 'ESTABLISHED',
  shutdown_sent: 'SHUTDOWN_SENT',
  shutdown_recd: 'SHUTDOWN_RECD',
  shutdown_ack_sent: 'SHUTDOWN_ACK_SENT',
  heartbeat_sent: 'HEARTBEAT_SENT',
})

/**
 * Writes a sysctl of connection tracking by its path below /proc/sys; timeouts are in seconds there.
 * @returns false when the key is not one of these.
 */
export function setConntrackSysctl(table: ConntrackTable, key: string, value: number): boolean {
  if (!key.startsWith(PREFIX)) return false
  const name = key.slice(PREFIX.length)
  const set = VALUES[name]
  if (set !== undefined) {
    set(table.sysctls, value)
    return true
  }
  return setTimeoutOf(table.sysctls, name, value * 1000)
}

function setTimeoutOf({ timeouts }: ConntrackSysctls, name: string, ms: number): boolean {
  const tcp = name.startsWith('tcp_timeout_') ? TCP_TIMEOUTS[name.slice('tcp_timeout_'.length)] : undefined
  const sctp = name.startsWith('sctp_timeout_') ? SCTP_TIMEOUTS[name.slice('sctp_timeout_'.length)] : undefined
  if (tcp !== undefined) timeouts.tcp[tcp] = ms
  if (sctp !== undefined) timeouts.sctp[sctp] = ms
  return tcp !== undefined || sctp !== undefined
}
