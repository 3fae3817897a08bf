import { formatIpv4, type Ipv4 } from '../../addr/index.js'
import { icmpv4, ipv4, type Packet, sctp, tcp, udp } from '../../wire/index.js'
import type { Namespace } from '../namespace.js'
import { errnoOf, type IcmpError } from './types.js'

/**
 * icmp_socket_deliver: gives an ICMP error to the socket whose packet it quotes, and learns the path MTU that it names.
 * False when there is no such socket; then nothing is learnt.
 */
export function deliverIcmpError(ns: Namespace, pkt: Packet, quote: DataView, error: IcmpError): boolean {
  const at = ipv4.headerLength(quote, 0)
  if (quote.byteLength < at + 8) return false
  switch (ipv4.protocol(quote, 0)) {
    case ipv4.PROTOCOL.TCP:
      return toTcp(ns, pkt, quote, at, error)
    case ipv4.PROTOCOL.UDP:
      return toUdp(ns, pkt, quote, at, error)
    case ipv4.PROTOCOL.ICMP:
      return toPing(ns, pkt, quote, at, error)
    case ipv4.PROTOCOL.SCTP:
      return toSctp(ns, pkt, quote, at, error)
    default:
      return false
  }
}

/** __ip_rt_update_pmtu: an MTU below min_pmtu is not believed, but packets may be fragmented from then on. */
function learnPmtu(ns: Namespace, quote: DataView, { type, code, mtu }: IcmpError): void {
  if (type !== icmpv4.TYPE.UNREACHABLE || code !== icmpv4.CODE.FRAG_NEEDED) return
  const floor = ns.sysctls.value('net/ipv4/route/min_pmtu')
  const { now } = ns.sim.queue
  const expires = now + ns.sysctls.value('net/ipv4/route/mtu_expires') * 1000
  ns.exceptions.learnPmtu(ipv4.destination(quote, 0), Math.max(mtu, floor), expires, now, mtu < floor)
}

/** tcp_v4_err: the quoted sequence number must be of data in flight. */
function toTcp(ns: Namespace, pkt: Packet, quote: DataView, at: number, error: IcmpError): boolean {
  const local = ipv4.source(quote, 0)
  const remote = ipv4.destination(quote, 0)
  const port = tcp.sourcePort(quote, at)
  const socket = ns.sockets.findTcp(local, port, remote, tcp.destinationPort(quote, at))
  if (socket === undefined) return false
  const seq = tcp.seq(quote, at)
  const inFlight = (seq - socket.sndUna) >>> 0 <= (socket.sndNxt - socket.sndUna) >>> 0
  if (!inFlight) return false
  learnPmtu(ns, quote, error)
  noteDelivery(ns, pkt, error, { protocol: 'tcp', local, port, process: socket.handler.process })
  socket.because = pkt.id
  socket.icmpError(error)
  return true
}

/** __udp4_lib_err */
function toUdp(ns: Namespace, pkt: Packet, quote: DataView, at: number, error: IcmpError): boolean {
  const local = ipv4.source(quote, 0)
  const port = udp.sourcePort(quote, at)
  const socket = ns.sockets.findUdp(local, port, ipv4.destination(quote, 0), udp.destinationPort(quote, at))
  if (socket === undefined || socket === ns.sockets.anyUdp) return false
  learnPmtu(ns, quote, error)
  noteDelivery(ns, pkt, error, { protocol: 'udp', local, port, process: socket.receiver.process })
  socket.receiver.error(socket, error)
  return true
}

function toPing(ns: Namespace, pkt: Packet, quote: DataView, at: number, error: IcmpError): boolean {
  learnPmtu(ns, quote, error)
  const id = icmpv4.id(quote, at)
  const socket = ns.sockets.findPing(id)
  if (socket === undefined) return false
  noteDelivery(ns, pkt, error, { protocol: 'icmp', local: ipv4.source(quote, 0), port: id, process: 'ping' })
  socket.error(error)
  return true
}

/** sctp_v4_err: a soft error, the association goes on trying. */
function toSctp(ns: Namespace, pkt: Packet, quote: DataView, at: number, error: IcmpError): boolean {
  const local = ipv4.source(quote, 0)
  const port = sctp.sourcePort(quote, at)
  const endpoint = ns.sockets.findSctp(local, port)
  if (endpoint === undefined || endpoint === ns.sockets.anySctp) return false
  noteDelivery(ns, pkt, error, { protocol: 'sctp', local, port, process: endpoint.process })
  return true
}

/** The socket that an error was for. */
interface Receiver {
  readonly protocol: string
  readonly local: Ipv4
  readonly port: number
  readonly process: string
}

function noteDelivery(ns: Namespace, pkt: Packet, error: IcmpError, receiver: Receiver): void {
  const trace = ns.sim.trace
  if (trace === null) return
  const { protocol, local, port, process } = receiver
  trace.step(pkt.id, ns.name, {
    kind: 'socket',
    action: 'error',
    protocol,
    local: `${formatIpv4(local)}:${port}`,
    peer: null,
    process,
    detail: `ICMP ${icmpv4.describe(error.type, error.code)} from ${formatIpv4(error.from)}: ${errnoOf(error)}`,
  })
}
