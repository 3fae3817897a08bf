import { byText } from './ip-text.js'
import type { ServiceEndpoint } from './service-endpoint.js'
import { type ServicePortInfo, usesClusterEndpoints, usesLocalEndpoints } from './service-port.js'
import { decideTopology, type NodeTopology, passesTopology, type TopologyDecision } from './topology.js'

/** Endpoints of one traffic policy. */
export interface EndpointSet {
  readonly endpoints: readonly ServiceEndpoint[]
  /** No ready endpoint was left, so these are the ones that end but still serve. */
  readonly terminating: boolean
}

/** Which endpoints a service port uses, by traffic policy. A set is null when no traffic of the port needs it. */
export interface CategorizedEndpoints {
  readonly cluster: EndpointSet | null
  readonly local: EndpointSet | null
  /** Union of both sets, sorted by text: the endpoints that need a chain. */
  readonly allReachable: readonly ServiceEndpoint[]
  /** Some endpoint somewhere in the cluster could serve: without one, traffic is refused, not dropped. */
  readonly hasAny: boolean
  /** Null when there is no cluster-wide set. */
  readonly topology: TopologyDecision | null
}

/**
 * Selects the endpoints of a service port (CategorizeEndpoints). Each set takes ready endpoints, and if it has
 * none, those that are serving and terminating. Topology narrows only the ready endpoints of the cluster-wide set.
 */
export function categorizeEndpoints(
  port: ServicePortInfo,
  endpoints: readonly ServiceEndpoint[],
  node: NodeTopology,
  options: { readonly sameNode: boolean },
): CategorizedEndpoints {
  const topology = usesClusterEndpoints(port) ? decideTopology(endpoints, node, options) : null
  const cluster = topology === null ? null : select(endpoints, (e) => passesTopology(e, topology, node))
  const wantsLocal = usesLocalEndpoints(port)
  const local = wantsLocal
    ? select(
        endpoints.filter((endpoint) => endpoint.isLocal),
        () => true,
      )
    : null
  const hasAny = (cluster?.endpoints.length ?? 0) > 0 || (wantsLocal && endpoints.some(couldServe))
  return Object.freeze({ cluster, local, allReachable: union(cluster, local), hasAny, topology })
}

function select(endpoints: readonly ServiceEndpoint[], passes: (endpoint: ServiceEndpoint) => boolean): EndpointSet {
  const ready = endpoints.filter((endpoint) => endpoint.ready && passes(endpoint))
  if (ready.length > 0) return { endpoints: ready, terminating: false }
  const ending = endpoints.filter((endpoint) => endpoint.serving && endpoint.terminating)
  return { endpoints: ending, terminating: ending.length > 0 }
}

function couldServe(endpoint: ServiceEndpoint): boolean {
  return endpoint.ready || (endpoint.serving && endpoint.terminating)
}

function union(...sets: readonly (EndpointSet | null)[]): readonly ServiceEndpoint[] {
  const byAddress = new Map(sets.flatMap((set) => set?.endpoints ?? []).map((endpoint) => [endpoint.text, endpoint]))
  return [...byAddress.values()].sort((a, b) => byText(a.text, b.text))
}
