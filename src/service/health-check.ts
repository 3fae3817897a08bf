import type { Family } from '../addr/index.js'
import { serviceNameOf } from '../api/index.js'
import { matchingNodeIps, nodePortAddresses } from './model/node-port-addresses.js'
import { endpointsByServicePort } from './model/service-endpoint.js'
import { servicePorts } from './model/service-port.js'
import type { ProxyInput } from './model/service-state.js'

/** A service's health check server on one node. */
export interface HealthCheckServer {
  readonly namespace: string
  readonly name: string
  readonly port: number
  /** Addresses it listens on; null means every address. */
  readonly addresses: readonly string[] | null
}

/** What a health check server answers to any GET. */
export interface HealthCheckAnswer {
  readonly status: 200 | 503
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The health check servers of a node: one per load balancer service with external policy Local, by name. */
export function healthCheckServers(
  input: ProxyInput,
  options: { readonly family: Family; readonly nodePortAddresses: readonly string[] },
): readonly HealthCheckServer[] {
  const { cidrs } = nodePortAddresses(options.nodePortAddresses, options.family, input.node.ips)
  const addresses = cidrs === null ? null : matchingNodeIps(cidrs, input.node.localAddresses, options.family)
  const servers = new Map<string, HealthCheckServer>()
  for (const { namespace, name, healthCheckNodePort: port } of servicePorts(input.services, options.family)) {
    if (port !== null) servers.set(`${namespace}/${name}`, { namespace, name, port, addresses })
  }
  return [...servers.values()]
}

/**
 * The answer of a service's health check port (service_health.go): 200 while this node has ready endpoints of the
 * service and the proxy is healthy, else 503. Distinct addresses count; terminating endpoints do not, though they
 * may still get traffic.
 */
export function healthCheckAnswer(
  input: ProxyInput,
  service: { readonly namespace: string; readonly name: string },
  proxy: { readonly family: Family; readonly healthy: boolean },
): HealthCheckAnswer {
  const slices = [...input.endpointSlices].filter(
    (slice) => slice.metadata.namespace === service.namespace && serviceNameOf(slice) === service.name,
  )
  const endpoints = [...endpointsByServicePort(slices, { family: proxy.family, nodeName: input.node.name }).values()]
  const ready = endpoints.flat().filter((endpoint) => endpoint.isLocal && endpoint.ready)
  const localEndpoints = new Set(ready.map((endpoint) => endpoint.ip)).size
  const answer = {
    service: { namespace: service.namespace, name: service.name },
    localEndpoints,
    serviceProxyHealthy: proxy.healthy,
  }
  return {
    status: localEndpoints > 0 && proxy.healthy ? 200 : 503,
    headers: {
      'Content-Type': 'application/json',
      'X-Content-Type-Options': 'nosniff',
      'X-Load-Balancing-Endpoint-Weight': String(localEndpoints),
    },
    body: JSON.stringify(answer, null, '\t'),
  }
}
