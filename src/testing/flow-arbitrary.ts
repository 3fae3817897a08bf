import fc from 'fast-check'
import type { Cluster } from '../cluster/index.js'
import type { TraceQuestion } from '../trace/index.js'
import { clusterArbitrary } from './cluster-arbitrary.js'
import type { ClusterPlan } from './cluster-plan.js'
import type { ClusterConstraints } from './constraints.js'
import { flowSources, flowTargets } from './flow-targets.js'

/** A flow before it knows the cluster: places are counted around what there is. */
interface FlowDraft {
  readonly source: number
  readonly group: number
  readonly target: number
  readonly size: number
}

/** A cluster and questions about it. */
export interface PlanWithFlows {
  readonly plan: ClusterPlan
  readonly flows: readonly TraceQuestion[]
}

const flowDraft: fc.Arbitrary<FlowDraft> = fc.record({
  source: fc.nat(0xffff),
  group: fc.nat(0xff),
  target: fc.nat(0xffff),
  size: fc.constantFrom(0, 64, 2000),
})

/**
 * Questions about a cluster: from a pod, a node or the outside to a pod, a service (by reference, cluster IP, node port,
 * load balancer address, external IP or DNS name), a node or an outside host. They shrink to the first pod asking itself.
 */
export function flowArbitrary(cluster: Cluster): fc.Arbitrary<TraceQuestion> {
  return flowDraft.map((draft) => flowOf(cluster, draft))
}

/** Clusters with 1 to `maxFlows` questions each; cluster and questions shrink on their own. */
export function clusterWithFlowsArbitrary(
  constraints: ClusterConstraints = {},
  maxFlows = 3,
): fc.Arbitrary<PlanWithFlows> {
  return fc
    .tuple(clusterArbitrary(constraints), fc.array(flowDraft, { minLength: 1, maxLength: maxFlows }))
    .map(([plan, drafts]) => {
      const cluster = plan.build()
      return { plan, flows: drafts.map((draft) => flowOf(cluster, draft)) }
    })
}

function flowOf(cluster: Cluster, draft: FlowDraft): TraceQuestion {
  const source = around(flowSources(cluster), draft.source)
  const { to, protocol } = around(around(flowTargets(cluster, source), draft.group), draft.target)
  return { from: source.from, to, protocol, size: draft.size }
}

/** Neither list is ever empty: there is always an outside. */
function around<T>(list: readonly T[], index: number): T {
  return list[index % list.length]!
}
