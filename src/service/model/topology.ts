import { ZONE_LABEL } from '../../api/index.js'
import type { ServiceEndpoint } from './service-endpoint.js'

/** Where a node stands: its name and the value of its zone label (empty when it has none). */
export interface NodeTopology {
  readonly nodeName: string
  readonly zone: string
}

/** Whether hints narrow the cluster-wide set, and why, as a sentence. */
export interface TopologyDecision {
  readonly mode: 'PreferSameNode' | 'PreferSameZone' | null
  readonly reason: string
}

/**
 * Decides once per service port, over its ready endpoints (topologyModeFromHints): same node if all have node
 * hints and one names this node, else same zone by the like rule, else no filter. A single unhinted ready
 * endpoint turns a mode off; hints of unready ones do not count. `sameNode` is the feature gate
 * PreferSameTrafficDistribution.
 */
export function decideTopology(
  endpoints: readonly ServiceEndpoint[],
  node: NodeTopology,
  options: { readonly sameNode: boolean },
): TopologyDecision {
  const ready = endpoints.filter((endpoint) => endpoint.ready)
  if (ready.length === 0) return { mode: null, reason: 'no ready endpoint carries a hint' }
  const nodeRefusal = options.sameNode ? whyNotSameNode(ready, node) : 'node hints are not looked at'
  if (nodeRefusal === undefined) {
    return { mode: 'PreferSameNode', reason: `every ready endpoint has a node hint and one names ${node.nodeName}` }
  }
  const zoneRefusal = whyNotSameZone(ready, node)
  if (zoneRefusal === undefined) {
    return { mode: 'PreferSameZone', reason: `every ready endpoint has a zone hint and one names zone ${node.zone}` }
  }
  const hinted = ready.some((endpoint) => endpoint.nodeHints.length > 0)
  return { mode: null, reason: hinted ? `${nodeRefusal}; ${zoneRefusal}` : zoneRefusal }
}

/** Whether the decision lets an endpoint be used. Only hints count, not where the endpoint runs. */
export function passesTopology(endpoint: ServiceEndpoint, decision: TopologyDecision, node: NodeTopology): boolean {
  switch (decision.mode) {
    case null:
      return true
    case 'PreferSameNode':
      return endpoint.nodeHints.includes(node.nodeName)
    case 'PreferSameZone':
      return endpoint.zoneHints.includes(node.zone)
  }
}

function whyNotSameNode(ready: readonly ServiceEndpoint[], node: NodeTopology): string | undefined {
  const unhinted = ready.find((endpoint) => endpoint.nodeHints.length === 0)
  if (unhinted !== undefined) return `ready endpoint ${unhinted.text} has no node hint`
  if (ready.some((endpoint) => endpoint.nodeHints.includes(node.nodeName))) return undefined
  return `no endpoint is hinted for node ${node.nodeName}`
}

function whyNotSameZone(ready: readonly ServiceEndpoint[], node: NodeTopology): string | undefined {
  if (ready.every((endpoint) => endpoint.zoneHints.length === 0)) return 'no ready endpoint has a zone hint'
  const unhinted = ready.find((endpoint) => endpoint.zoneHints.length === 0)
  if (unhinted !== undefined) return `ready endpoint ${unhinted.text} has no zone hint`
  if (node.zone === '') return `node ${node.nodeName} has no label ${ZONE_LABEL}`
  if (ready.some((endpoint) => endpoint.zoneHints.includes(node.zone))) return undefined
  return `no endpoint is hinted for zone ${node.zone}`
}
