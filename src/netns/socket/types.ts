import type { Ipv4 } from '../../addr/index.js'

/** An ICMP error as a socket's error queue reports it (struct sock_extended_err). */
export interface IcmpError {
  readonly type: number
  readonly code: number
  /** Who sent the error. */
  readonly from: Ipv4
  /** Next hop's MTU of "fragmentation needed"; 0 otherwise. */
  readonly mtu: number
}

/** icmp_err_convert: errno of each "destination unreachable" code, and whether it ends a connected UDP socket's wait. */
const UNREACHABLE: readonly (readonly [errno: string, fatal: boolean])[] = [
  ['ENETUNREACH', false],
  ['EHOSTUNREACH', false],
  ['ENOPROTOOPT', true],
  ['ECONNREFUSED', true],
  ['EMSGSIZE', false],
  ['EOPNOTSUPP', false],
  ['ENETUNREACH', true],
  ['EHOSTDOWN', true],
  ['ENONET', true],
  ['ENETUNREACH', true],
  ['EHOSTUNREACH', true],
  ['ENETUNREACH', false],
  ['EHOSTUNREACH', false],
  ['EHOSTUNREACH', true],
  ['EHOSTUNREACH', true],
  ['EHOSTUNREACH', true],
]

/** The errno an ICMP error becomes at the socket. */
export function errnoOf(error: IcmpError): string {
  if (error.type === 11) return 'EHOSTUNREACH'
  if (error.type === 12) return 'EPROTO'
  if (error.type !== 3) return 'EHOSTUNREACH'
  return UNREACHABLE[error.code]?.[0] ?? 'EHOSTUNREACH'
}

/** What a client found out. */
export type Verdict =
  /** `connected`: the handshake completed, and nothing more was asked. */
  | 'connected'
  | 'answered'
  | 'refused'
  | 'unreachable'
  | 'timeout'
  | 'reset'
  | 'closed'
  | 'connected, no answer'
  | 'local error'

/** Result of one probe. */
export interface ProbeResult {
  readonly verdict: Verdict
  /** errno name, when a system call or the socket's error queue gave one. */
  readonly errno: string | null
  readonly icmp: IcmpError | null
  /** The client socket's own address; null when it never got one. */
  readonly client: { readonly address: Ipv4; readonly port: number } | null
  /** Who answered: peer of the answer (UDP, echo). */
  readonly from: Ipv4 | null
  /** TTL of the answer, for echoes. */
  readonly ttl: number | null
}

/** What a server saw of one request. */
export interface Received {
  readonly local: Ipv4
  readonly localPort: number
  readonly peer: Ipv4
  readonly peerPort: number
  /** errno of the answer, when it could not be sent. */
  replyError: string | null
}

/** Path MTU discovery modes of a socket (IP_PMTUDISC_*). */
export type PmtuMode = 'want' | 'do' | 'probe' | 'dont'
