import { formatIpv4 } from '../../addr/index.js'
import { icmpv4, ipv4, type Packet, udp } from '../../wire/index.js'
import type { Dst } from '../dst.js'
import { icmpSend } from '../icmp-send.js'
import type { Namespace } from '../namespace.js'

/** udp_rcv: to the socket that fits best, else ICMP port unreachable. */
export function udpReceive(ns: Namespace, pkt: Packet): void {
  const at = ipv4.headerLength(pkt.view, 0)
  const source = ipv4.source(pkt.view, 0)
  const destination = ipv4.destination(pkt.view, 0)
  const fault = udp.judge(pkt.bytes, pkt.view, at, pkt.bytes.length, source, destination)
  if (fault !== null) {
    ns.drop(pkt, fault, 'udp_rcv')
    return
  }
  const port = udp.destinationPort(pkt.view, at)
  const socket = ns.sockets.findUdp(destination, port, source, udp.sourcePort(pkt.view, at))
  const dst = pkt.dst as Dst
  if (socket === undefined) {
    if (dst.type === 'local') icmpSend(ns, pkt, icmpv4.TYPE.UNREACHABLE, icmpv4.CODE.PORT_UNREACH, 0)
    refuse(ns, pkt, `${formatIpv4(destination)}:${port}`)
    return
  }
  const trace = ns.sim.trace
  if (trace !== null && socket.receiver.isTunnel !== true) {
    trace.step(pkt.id, ns.name, {
      kind: 'socket',
      action: 'deliver',
      protocol: 'udp',
      local: `${formatIpv4(destination)}:${port}`,
      peer: `${formatIpv4(source)}:${udp.sourcePort(pkt.view, at)}`,
      process: socket.receiver.process,
      detail: null,
    })
  }
  socket.receiver.datagram(socket, pkt, at)
}

function refuse(ns: Namespace, pkt: Packet, local: string): void {
  ns.drop(pkt, 'NO_SOCKET', `no UDP socket on ${local}`)
}
