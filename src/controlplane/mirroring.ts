import { familyOf } from '../addr/index.js'
import { type Endpoint, type EndpointAddress, type Endpoints, hasSelector } from '../api/index.js'
import { putSlices, type SliceContent } from './endpoint-slices.js'
import type { Settlement } from './settlement.js'

/** managed-by of slices mirrored from Endpoints. */
const MIRRORING_CONTROLLER = 'endpointslicemirroring-controller.k8s.io'
const SKIP_MIRROR_LABEL = 'endpointslice.kubernetes.io/skip-mirror'

/** Mirrors Endpoints written by hand into slices, for services that have no selector. */
export function mirrorEndpoints(s: Settlement): void {
  for (const endpoints of s.store.list('Endpoints')) {
    const { name, namespace, labels } = endpoints.metadata
    const service = s.store.get('Service', name, namespace)
    if (service === undefined || hasSelector(service) || labels[SKIP_MIRROR_LABEL] === 'true') continue
    if (name === 'kubernetes' && namespace === 'default') continue
    putSlices(s, service, MIRRORING_CONTROLLER, contentsOf(endpoints))
  }
}

function contentsOf(endpoints: Endpoints): SliceContent[] {
  return endpoints.subsets.map(({ addresses, notReadyAddresses, ports }) => ({
    ports: ports.map(({ name, protocol, port }) => ({ name, protocol, port })),
    endpoints: [
      ...addresses.filter(isIpv4).map((address) => mirrored(address, true)),
      ...notReadyAddresses.filter(isIpv4).map((address) => mirrored(address, false)),
    ],
  }))
}

function isIpv4(address: EndpointAddress): boolean {
  return familyOf(address.ip) === 'inet'
}

function mirrored({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname === undefined ? {} : { hostname }),
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(targetRef === undefined ? {} : { targetRef }),
  }
}
