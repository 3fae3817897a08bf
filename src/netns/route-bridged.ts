import type { NetDevice } from '../netdev/index.js'
import { ipv4, type Packet } from '../wire/index.js'
import { Dst } from './dst.js'
import type { Namespace } from './namespace.js'
import { routeInput } from './route-input.js'
import { routeOutput } from './route-output.js'

/**
 * br_nf_pre_routing_finish: what a bridged packet does after PREROUTING. Untranslated it is switched with a stand-in
 * route. Translated it is routed: back out of the same bridge = still switched, elsewhere = handed to the IP layer.
 */
export function routeBridged(
  ns: Namespace,
  pkt: Packet,
  bridge: NetDevice,
  translated: boolean,
): 'switch' | 'route' | 'drop' {
  if (!translated) {
    const fake = new Dst('unicast', bridge, 0, false, null, bridge.mtu, false, null)
    fake.fake = true
    pkt.dst = fake
    return 'switch'
  }
  const destination = ipv4.destination(pkt.view, 0)
  const source = ipv4.source(pkt.view, 0)
  const decided = routeInput(ns, destination, source, ipv4.tos(pkt.view, 0) & 0x1c, bridge, pkt)
  if (decided instanceof Dst) {
    // A missing or dead route is a route to ip_error: the IP layer answers as for any packet.
    pkt.dst = decided
    return decided.device === bridge && decided.type === 'unicast' ? 'switch' : 'route'
  }
  return switchWithoutForwarding(ns, pkt, bridge, decided)
}

/** Bridged traffic needs no ip_forward: a route out of the same bridge is enough. */
function switchWithoutForwarding(
  ns: Namespace,
  pkt: Packet,
  bridge: NetDevice,
  decided: ReturnType<typeof routeInput>,
): 'switch' | 'drop' {
  const hostUnreachable = decided instanceof Dst && decided.error === 'EHOSTUNREACH'
  const forwards = ns.sysctls.effective('forwarding', bridge.name, 'device') !== 0
  if (hostUnreachable && !forwards) {
    const routed = routeOutput(ns, {
      destination: ipv4.destination(pkt.view, 0),
      source: 0,
      outDevice: null,
      mark: 0,
      tos: ipv4.tos(pkt.view, 0),
      anySource: false,
    })
    if ('dst' in routed && routed.dst.device === bridge) {
      pkt.dst = routed.dst
      return 'switch'
    }
  }
  const reason = typeof decided === 'string' ? decided : 'IP_INNOROUTES'
  ns.drop(pkt, reason, `routing a packet that PREROUTING translated on ${bridge.name}`)
  return 'drop'
}
