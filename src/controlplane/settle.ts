import { cloneGraph, type InputIssue, InvalidInputError } from '../base/index.js'
import type { Store } from '../store/index.js'
import { settleClusterIps } from './cluster-ips.js'
import { settleEndpointSlices } from './endpoint-slices.js'
import { collectGarbage } from './garbage.js'
import { mirrorEndpoints } from './mirroring.js'
import { settleNamespaces } from './namespaces.js'
import { settleNodePorts } from './node-ports.js'
import { settleNodes } from './nodes.js'
import type { ControlPlaneOptions } from './options.js'
import { settlePodNetwork } from './pod-network.js'
import { schedulePods } from './scheduler.js'
import { Settlement } from './settlement.js'
import { settleSystem } from './system.js'
import { settleWorkloads } from './workloads.js'

/** What a person should know about the steady state. */
export interface Settled {
  readonly warnings: readonly InputIssue[]
}

/**
 * Brings the store to the state that Kubernetes' controllers, scheduler and kubelets would reach: nodes and their
 * ranges, workloads as pods on nodes with addresses, services with cluster IPs and node ports, endpoint slices.
 * All or nothing: on an error the store is as before. Settling twice changes nothing.
 * @throws InvalidInputError with every clash and every exhausted range.
 */
export function settle(store: Store, options: ControlPlaneOptions): Settled {
  const work = cloneGraph(store)
  const s = new Settlement(work, options)
  collectGarbage(s)
  settleNodes(s)
  settleSystem(s)
  settleNamespaces(s)
  settleWorkloads(s)
  collectGarbage(s)
  schedulePods(s)
  settlePodNetwork(s)
  settleClusterIps(s)
  settleNodePorts(s)
  settleEndpointSlices(s)
  mirrorEndpoints(s)
  if (s.issues.length > 0) throw new InvalidInputError(s.issues)
  land(work, store)
  return { warnings: s.warnings }
}

/** Replays on `store` what happened on its copy. */
function land(work: Store, store: Store): void {
  for (const { type, object } of work.since(store.version)) {
    const { kind, metadata } = object
    if (type === 'DELETED') store.delete(kind, metadata.name, metadata.namespace)
    else store.put(object)
  }
}
