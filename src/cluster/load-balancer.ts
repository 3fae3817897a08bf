import { formatIpv4, type Ipv4, parseIpv4 } from '../addr/index.js'
import type { Service } from '../api/index.js'
import { healthCheckAnswer } from '../service/index.js'
import type { ClusterNode } from './cluster-node.js'
import type { World } from './world.js'

const ROUTED = ' is routed to a node'

/**
 * The load balancer, or whoever routes an external IP: before a packet for such an address leaves, one of the nodes is
 * chosen for it, all alike. With externalTrafficPolicy Local only nodes whose health check says so take part, if any.
 */
export function routeToNode(world: World, address: Ipv4): void {
  const service = world.store.list('Service').find((s) => vipsOf(s).includes(address))
  if (service === undefined || world.isInside(address)) return
  const nodes = candidates(world, service)
  if (nodes.length === 0) return
  const label = `${formatIpv4(address)}${ROUTED}`
  const index =
    nodes.length === 1
      ? 0
      : world.sim.choices.choose(
          label,
          nodes.map(() => 1 / nodes.length),
        )
  world.outside.routeVip(address, nodes[index]!.address)
}

/** Is this the decision of {@link routeToNode}? */
export function isRoutingChoice(label: string): boolean {
  return label.endsWith(ROUTED)
}

/** A load balancer with `ipMode: Proxy` takes connections itself: packets for it are not the nodes'. */
function vipsOf(service: Service): Ipv4[] {
  const ingress = service.status.loadBalancer.ingress.filter(({ ipMode }) => ipMode !== 'Proxy')
  const texts = [...service.spec.externalIPs, ...ingress.flatMap(({ ip }) => ip ?? [])]
  return texts.flatMap((text) => parseIpv4(text) ?? [])
}

function candidates(world: World, service: Service): readonly ClusterNode[] {
  const all = [...world.nodes.values()]
  const { externalTrafficPolicy, type } = service.spec
  if (type !== 'LoadBalancer' || externalTrafficPolicy !== 'Local') return all
  const { namespace, name } = service.metadata
  const healthy = all.filter((node) => {
    const input = node.proxyView({
      services: world.store.list('Service'),
      endpointSlices: world.store.list('EndpointSlice'),
    })
    return healthCheckAnswer(input, { namespace, name }, { family: 'inet', healthy: true })?.status === 200
  })
  return healthy.length > 0 ? healthy : all
}
