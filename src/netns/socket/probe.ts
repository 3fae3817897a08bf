import type { Ipv4 } from '../../addr/index.js'
import type { Event, Millis } from '../../base/index.js'
import type { Namespace } from '../namespace.js'
import { errnoOf, type IcmpError, type ProbeResult, type Verdict } from './types.js'

/** What every probe asks. */
export interface ProbeSpec {
  /** 0 = by route. */
  readonly source?: Ipv4
  /** 0 = an ephemeral one. */
  readonly sourcePort?: number
  readonly destination: Ipv4
  readonly destinationPort: number
  /** Payload bytes; 32 unless given. */
  readonly size?: number
  /** 0 = the namespace's default. */
  readonly ttl?: number
  readonly mark?: number
  /** How long the client waits for an answer. */
  readonly timeoutMs: Millis
  /** Keep the socket open after the answer. */
  readonly hold?: boolean
  /** IP_RECVERR: a TCP client is told of ICMP errors about its established connection at once. */
  readonly recvErr?: boolean
  /** Name of the client in traces. */
  readonly name?: string
}

/** Something that waits no longer than its time-out. */
export interface Expiring {
  expire(): void
}

/** Ends a probe's wait. */
export class ProbeTimeout implements Event {
  private readonly probe: Expiring

  constructor(probe: Expiring) {
    this.probe = probe
  }

  fire(): void {
    this.probe.expire()
  }
}

/** An ephemeral port that is free, out of ip_local_port_range. */
export function ephemeralPort(ns: Namespace, protocol: 'tcp' | 'udp'): number {
  const min = ns.sysctls.value('net/ipv4/ip_local_port_range_min')
  const max = ns.sysctls.value('net/ipv4/ip_local_port_range_max')
  const count = max - min + 1
  const start = ns.sim.choices.sample(count)
  for (let i = 0; i < count; i++) {
    const port = min + ((start + i) % count)
    if (!ns.sockets.portInUse(protocol, port)) return port
  }
  return min + start
}

/** Payload of a probe: the letters a, b, c … over and over. */
export function probePayload(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => 97 + (i % 26))
}

/** The verdict an errno at the socket amounts to. */
export function verdictOf(errno: string, icmp: IcmpError | null): Verdict {
  if (errno === 'ECONNREFUSED') return 'refused'
  if (errno === 'ECONNRESET' || errno === 'EPIPE') return 'reset'
  if (errno === 'ETIMEDOUT') return 'timeout'
  return icmp === null ? 'local error' : 'unreachable'
}

/** A result without an answer. */
export function failure(
  verdict: Verdict,
  errno: string | null,
  icmp: IcmpError | null,
  client: ProbeResult['client'],
): ProbeResult {
  return { verdict, errno, icmp, client, from: null, ttl: null }
}

/** A result caused by an ICMP error. */
export function icmpFailure(error: IcmpError, client: ProbeResult['client']): ProbeResult {
  const errno = errnoOf(error)
  return failure(verdictOf(errno, error), errno, error, client)
}
