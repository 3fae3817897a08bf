import { ipv4, Packet } from '../../wire/index.js'
import { ipLocalOut } from '../ip-output.js'
import type { Namespace } from '../namespace.js'
import { routeOutput, traceOutputRoute } from '../route-output.js'

/**
 * Sends a hand-made IP packet as a raw socket with IP_HDRINCL does: any header, any source; it passes OUTPUT, and the
 * sender's stack knows nothing of it. Gives the errno, or null.
 */
export function sendRaw(ns: Namespace, bytes: Uint8Array, options: { readonly name?: string } = {}): string | null {
  const pkt = new Packet(ns.sim.nextPacketId(), bytes, 0x0800)
  if (ipv4.judge(bytes, pkt.view, 0) === 'PKT_TOO_SMALL') return 'EINVAL'
  const routed = routeOutput(ns, {
    destination: ipv4.destination(pkt.view, 0),
    source: 0,
    outDevice: null,
    mark: 0,
    tos: ipv4.tos(pkt.view, 0),
    anySource: true,
  })
  if ('errno' in routed) return routed.errno
  if (routed.dst.type === 'broadcast') return 'EACCES'
  // raw_send_hdrinc fills in what the header leaves open.
  if (ipv4.source(pkt.view, 0) === 0) ipv4.setSource(pkt.view, 0, routed.source)
  pkt.dst = routed.dst
  ns.sim.trace?.packet(pkt, ns.name, options.name ?? 'raw socket', null)
  traceOutputRoute(ns, pkt, routed, false)
  return ipLocalOut(ns, pkt)
}
