import fc from 'fast-check'
import type { Cluster } from '../cluster/index.js'
import type { TraceQuestion } from '../trace/index.js'
import { clusterArbitrary } from './cluster-arbitrary.js'
import type { ClusterPlan } from './cluster-plan.js'
import type { ClusterConstraints } from './constraints.js'
import { flowSources, flowTargets, TARGET_KINDS } from './flow-targets.js'

/** A flow before it knows the cluster: places are counted around what there is; a kind that is missing means pods. */
interface FlowDraft {
  readonly source: number
  readonly kind: number
  readonly target: number
  readonly size: number
}

/** A cluster and questions about it. */
export interface PlanWithFlows {
  readonly plan: ClusterPlan
  readonly flows: readonly TraceQuestion[]
}

const flowDraft: fc.Arbitrary<FlowDraft> = fc.record({
  source: fc.nat(63),
  kind: fc.nat(TARGET_KINDS - 1),
  target: fc.nat(63),
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
  const kinds = flowTargets(cluster, source)
  const { to, protocol } = around(kinds[draft.kind]!.length > 0 ? kinds[draft.kind]! : kinds[0]!, draft.target)
  return { from: source.from, to, protocol, size: draft.size }
}

/** No list here is ever empty: there are always the pods of cluster DNS. */
function around<T>(list: readonly T[], index: number): T {
  return list[index % list.length]!
}
