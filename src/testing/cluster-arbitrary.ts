import fc from 'fast-check'
import type { ClusterOptions } from '../cluster/index.js'
import { type App, appsFor } from './app.js'
import { ClusterPlan } from './cluster-plan.js'
import { type ClusterConstraints, resolveClusterConstraints, type ResolvedClusterConstraints } from './constraints.js'
import { type EndpointDraft, endpointDraftsArbitrary, endpointSliceOf } from './endpoint-slice-arbitrary.js'
import type { Manifest } from './manifest.js'
import {
  type DeploymentDraft,
  deploymentDraftArbitrary,
  deploymentOf,
  type PodDraft,
  podDraftArbitrary,
  podOf,
} from './pod-arbitrary.js'
import { rarely, type ServiceDraft, serviceDraftArbitrary, serviceOf } from './service-arbitrary.js'

/** A service with what places it in the cluster. */
interface PlacedService {
  readonly draft: ServiceDraft
  readonly app: App
  readonly namespace: string
  readonly manual: boolean
  readonly endpoints: readonly EndpointDraft[]
}

/** Everything a cluster is made of, each part shrinking on its own. */
interface ClusterDraft {
  readonly options: ClusterOptions & { readonly nodes: number }
  readonly pods: readonly PodDraft[]
  readonly deployments: readonly DeploymentDraft[]
  readonly services: readonly PlacedService[]
}

/**
 * Clusters that Kubernetes would accept: one to four nodes, pods in every state, Deployments, services of every type,
 * endpoints written by hand. They shrink to one pod on one node.
 */
export function clusterArbitrary(constraints: ClusterConstraints = {}): fc.Arbitrary<ClusterPlan> {
  const c = resolveClusterConstraints(constraints)
  const apps = appsFor(c.services.protocols)
  return fc
    .record<ClusterDraft>({
      options: fc.record({
        nodes: fc.integer({ min: 1, max: c.maxNodes }),
        cni: fc.constantFrom(...c.cni),
        bridge: fc.constantFrom(...c.bridge),
        seed: fc.nat(1000),
      }),
      pods: fc.array(podDraftArbitrary(apps, c), { minLength: 1, maxLength: c.maxPods }),
      deployments: fc.array(deploymentDraftArbitrary(apps, c), { maxLength: c.maxDeployments }),
      services: fc.array(placedServiceArbitrary(apps, c), { maxLength: c.maxServices }),
    })
    .map((draft) => new ClusterPlan(objectsOf(draft), draft.options))
}

function placedServiceArbitrary(apps: readonly App[], c: ResolvedClusterConstraints): fc.Arbitrary<PlacedService> {
  return fc.record({
    draft: serviceDraftArbitrary(c.services),
    app: fc.constantFrom(...apps.filter(({ ports }) => ports.length > 0)),
    namespace: fc.constantFrom(...c.namespaces),
    manual: rarely(false, true, c.services.manualEndpoints),
    endpoints: endpointDraftsArbitrary(),
  })
}

function objectsOf({ options, pods, deployments, services }: ClusterDraft): Manifest[] {
  return [
    ...pods.map((pod, i) => podOf(pod, i, options.nodes)),
    ...deployments.map(deploymentOf),
    ...services.flatMap(serviceObjects),
  ]
}

function serviceObjects({ draft, app, namespace, manual, endpoints }: PlacedService, index: number): Manifest[] {
  const name = `service-${index}`
  const service = serviceOf(draft, { name, namespace, index, app, manual })
  if (!manual || draft.type === 'ExternalName') return [service]
  return [service, endpointSliceOf({ name, namespace, ports: app.ports }, endpoints)]
}
