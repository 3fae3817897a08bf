import type { Family } from '../../addr/index.js'
import { type EndpointSlice, type Service, type StringMap, ZONE_LABEL } from '../../api/index.js'
import { type CategorizedEndpoints, categorizeEndpoints } from './categorize-endpoints.js'
import { endpointsByServicePort, type ServiceEndpoint } from './service-endpoint.js'
import { isExternallyAccessible, servicePortKey, type ServicePortInfo, servicePorts } from './service-port.js'

/** The node kube-proxy runs on. */
export interface ProxyNode {
  readonly name: string
  /** Primary addresses, at most one per family (the kubelet's node IP). */
  readonly ips: readonly string[]
  readonly labels: StringMap
  /** Every address on any device of the node, loopback included. */
  readonly localAddresses: readonly string[]
}

/** What kube-proxy watches. */
export interface ProxyInput {
  readonly services: Iterable<Service>
  readonly endpointSlices: Iterable<EndpointSlice>
  readonly node: ProxyNode
}

/**
 * What happens to traffic: `forward` to endpoints; `reject` when no endpoint anywhere could serve; `drop` when
 * some could but traffic policy Local finds none on this node.
 */
export type Fate = 'forward' | 'reject' | 'drop'

/** One service port with everything decided: what every proxy mode writes its rules from. */
export interface ServicePortState {
  readonly info: ServicePortInfo
  /** All endpoints, usable or not. */
  readonly endpoints: readonly ServiceEndpoint[]
  readonly sets: CategorizedEndpoints
  /** Traffic to the cluster IP. */
  readonly internal: Fate
  /** Traffic to external IPs, load balancer addresses and the node port; null when there are none. */
  readonly external: Fate | null
}

/**
 * The state of all service ports of a family on one node, ordered by name: a pure function of what the API server
 * holds, and the only source of rules, explanations and health answers.
 */
export function serviceStates(
  input: ProxyInput,
  options: { readonly family: Family; readonly sameNode: boolean },
): readonly ServicePortState[] {
  const nodeName = input.node.name
  const topology = { nodeName, zone: input.node.labels[ZONE_LABEL] ?? '' }
  const endpointsMap = endpointsByServicePort(input.endpointSlices, { family: options.family, nodeName })
  return servicePorts(input.services, options.family).map((info) => {
    const endpoints = endpointsMap.get(servicePortKey(info)) ?? []
    const sets = categorizeEndpoints(info, endpoints, topology, options)
    const external = isExternallyAccessible(info) ? fateOf(sets, info.externalPolicyLocal) : null
    return Object.freeze({ info, endpoints, sets, internal: fateOf(sets, info.internalPolicyLocal), external })
  })
}

function fateOf(sets: CategorizedEndpoints, policyLocal: boolean): Fate {
  if (!sets.hasAny) return 'reject'
  const used = policyLocal ? sets.local : sets.cluster
  return used === null || used.endpoints.length === 0 ? 'drop' : 'forward'
}
