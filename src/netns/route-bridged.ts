import type { NetDevice } from '../netdev/index.js'
import type { Packet } from '../wire/index.js'
import { Dst } from './dst.js'
import type { Namespace } from './namespace.js'
import { routePacketInput } from './route-input.js'

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
    const fake = Dst.output('unicast', bridge, null)
    fake.fake = true
    pkt.dst = fake
    return 'switch'
  }
  const decided = routePacketInput(ns, pkt, bridge)
  if (!(decided instanceof Dst)) {
    ns.drop(pkt, decided, `routing a packet that PREROUTING translated on ${bridge.name}`)
    return 'drop'
  }
  // A missing or dead route is a route to ip_error: the IP layer answers as for any packet.
  pkt.dst = decided
  return decided.device === bridge && decided.type === 'unicast' ? 'switch' : 'route'
}
