import type { Ipv4 } from '../../addr/index.js'
import type { NetDevice } from '../../netdev/index.js'
import { ipv4, type PacketOwner } from '../../wire/index.js'
import type { Dst } from '../dst.js'
import { ipLocalOut, makePacket } from '../ip-output.js'
import type { Namespace } from '../namespace.js'
import { routeOutput, traceOutputRoute } from '../route-output.js'
import type { PmtuMode } from './types.js'

/** Options that every socket has. */
export interface SocketOptions {
  /** 0 = the namespace's default. */
  readonly ttl: number
  readonly mark: number
  readonly tos: number
  readonly owner: PacketOwner | null
  /** SO_BINDTODEVICE */
  readonly device: NetDevice | null
  /** IP_RECVERR: an ICMP error about an established connection is reported at once. */
  readonly recvErr: boolean
}

/** The options of a socket of root's that has set none. */
export const DEFAULT_OPTIONS: SocketOptions = Object.freeze({
  ttl: 0,
  mark: 0,
  tos: 0,
  owner: Object.freeze({ uid: 0, gid: 0 }),
  device: null,
  recvErr: false,
})

/** A socket's options with this TTL (0 = the namespace's default), mark and IP_RECVERR, else the default ones. */
export function socketOptions(ttl = 0, mark = 0, recvErr = false): SocketOptions {
  return Object.freeze({ ttl, mark, tos: 0, owner: DEFAULT_OPTIONS.owner, device: null, recvErr })
}

/** What a socket wants sent. */
export interface SocketSend {
  /** 0 = by route. */
  readonly source: Ipv4
  readonly destination: Ipv4
  readonly protocol: number
  readonly payload: (source: Ipv4) => Uint8Array
  readonly pmtu: PmtuMode
  readonly options: SocketOptions
  /** Words for the trace: who sends, e.g. `TCP socket 10.0.0.1:40000`. */
  readonly maker: string
  readonly because: number | null
}

/** Sends one packet from a socket (ip_queue_xmit, udp_sendmsg). Gives the errno of the system call, or null. */
export function socketSend(ns: Namespace, send: SocketSend): string | null {
  const { options } = send
  const routed = routeOutput(ns, {
    destination: send.destination,
    source: send.source,
    outDevice: options.device,
    mark: options.mark,
    tos: options.tos,
    anySource: false,
  })
  if ('errno' in routed) return routed.errno
  if (routed.dst.type === 'broadcast') return 'EACCES'
  const payload = send.payload(routed.source)
  const length = ipv4.HEADER_LEN + payload.length
  const fit = fitting(send.pmtu, length, routed.dst)
  if (fit === null) return 'EMSGSIZE'
  const pkt = makePacket(ns, {
    source: routed.source,
    destination: send.destination,
    protocol: send.protocol,
    payload,
    ttl: options.ttl === 0 ? ns.sysctls.value('net/ipv4/ip_default_ttl') : options.ttl,
    tos: options.tos,
    df: fit.df,
    ignoreDf: fit.ignoreDf,
    id: ns.nextIpId(),
  })
  pkt.dst = routed.dst
  pkt.mark = options.mark
  pkt.owner = options.owner
  pkt.probesPmtu = send.pmtu === 'probe'
  ns.sim.trace?.packet(pkt, ns.name, send.maker, send.because)
  traceOutputRoute(ns, pkt, routed, send.source === 0)
  return ipLocalOut(ns, pkt)
}

/** DF and "may be cut" by path MTU discovery mode; null = too long to send (EMSGSIZE). */
function fitting(mode: PmtuMode, length: number, dst: Dst): { df: boolean; ignoreDf: boolean } | null {
  switch (mode) {
    case 'dont':
      return { df: false, ignoreDf: true }
    case 'want':
      return { df: length <= dst.mtu && !dst.mtuLocked, ignoreDf: true }
    case 'do':
      return length > dst.mtu ? null : { df: true, ignoreDf: false }
    case 'probe':
      return length > dst.device.mtu ? null : { df: true, ignoreDf: false }
  }
}
