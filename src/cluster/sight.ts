import { formatIpv4 } from '../addr/index.js'
import type { IcmpError, ProbeResult } from '../netns/index.js'
import type { ClientSees, TraceProtocol } from '../trace/index.js'
import { icmpv4 } from '../wire/index.js'

/** What the client's program experienced, and one sentence more. */
export interface Sight {
  readonly sees: ClientSees
  readonly detail: string | null
}

/** What a probe's result means to the program that sent it. */
export function sightOf(result: ProbeResult, protocol: TraceProtocol): Sight {
  switch (result.verdict) {
    case 'answered':
      return { sees: 'answered', detail: null }
    case 'connected':
      return { sees: 'connected', detail: null }
    case 'refused':
      return { sees: 'refused', detail: refusedBy(result, protocol) }
    case 'reset':
      return { sees: 'reset', detail: 'the connection was reset' }
    case 'closed':
      return { sees: 'reset', detail: 'the server closed the connection' }
    case 'timeout':
      return { sees: 'timeout', detail: null }
    case 'connected, no answer':
      return { sees: 'timeout', detail: 'the connection was made, and no answer came' }
    case 'unreachable':
      return unreachable(result.icmp)
    case 'local error':
      return localError(result.errno)
  }
}

function refusedBy(result: ProbeResult, protocol: TraceProtocol): string {
  if (result.icmp !== null) return `ICMP port unreachable from ${formatIpv4(result.icmp.from)}`
  return protocol === 'sctp' ? 'SCTP ABORT' : 'TCP reset'
}

function unreachable(icmp: IcmpError | null): Sight {
  if (icmp === null) return { sees: 'host-unreachable', detail: null }
  const detail = `ICMP ${icmpv4.describe(icmp.type, icmp.code)} from ${formatIpv4(icmp.from)}`
  if (icmp.type === icmpv4.TYPE.TIME_EXCEEDED) return { sees: 'ttl-exceeded', detail }
  if (icmp.type !== icmpv4.TYPE.UNREACHABLE) return { sees: 'host-unreachable', detail }
  switch (icmp.code) {
    case 0:
    case 6:
    case 11:
      return { sees: 'net-unreachable', detail }
    case 2:
      return { sees: 'protocol-unreachable', detail }
    case 4:
      return { sees: 'frag-needed', detail: `${detail}, MTU ${icmp.mtu}` }
    case 9:
    case 10:
    case 13:
      return { sees: 'admin-prohibited', detail }
    default:
      return { sees: 'host-unreachable', detail }
  }
}

/** What the system call itself returned. */
function localError(errno: string | null): Sight {
  const detail = `the system call failed: ${errno ?? 'unknown error'}`
  if (errno === 'ENETUNREACH') return { sees: 'net-unreachable', detail }
  if (errno === 'EHOSTUNREACH') return { sees: 'host-unreachable', detail }
  return { sees: 'send-error', detail }
}
