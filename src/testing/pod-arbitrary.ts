import fc from 'fast-check'
import type { App } from './app.js'
import type { PodState, ResolvedClusterConstraints } from './constraints.js'
import type { Manifest } from './manifest.js'

/** A pod before it knows its name, its node and the ports that are its alone. */
export interface PodDraft {
  readonly app: App
  readonly namespace: string
  readonly state: PodState
  readonly network: 'pod' | 'host-port' | 'host'
  /** Its node, counted around the nodes of the cluster. */
  readonly node: number
}

/** A Deployment before it knows its name. */
export interface DeploymentDraft extends Pick<PodDraft, 'app' | 'namespace'> {
  readonly state: Exclude<PodState, 'terminating'>
  readonly replicas: number
}

const IMAGE = 'registry.example.org/app:1'
const TERMINATING_SINCE = '2024-01-01T00:00:00Z'

/** Pods on a named node. They shrink to ready pods of the first app on the first node. */
export function podDraftArbitrary(apps: readonly App[], c: ResolvedClusterConstraints): fc.Arbitrary<PodDraft> {
  const networks = [
    { arbitrary: fc.constant<PodDraft['network']>('pod'), weight: 6 },
    { arbitrary: fc.constant<PodDraft['network']>('host-port'), weight: c.hostPorts ? 1 : 0 },
    { arbitrary: fc.constant<PodDraft['network']>('host'), weight: c.hostNetwork ? 1 : 0 },
  ]
  return fc.record({
    app: fc.constantFrom(...apps),
    namespace: fc.constantFrom(...c.namespaces),
    state: fc.constantFrom(...c.podStates),
    network: fc.oneof({ withCrossShrink: true }, ...networks.filter(({ weight }) => weight > 0)),
    node: fc.nat(Math.max(0, c.maxNodes - 1)),
  })
}

/** Deployments of 0 to 3 replicas. They shrink to none. */
export function deploymentDraftArbitrary(
  apps: readonly App[],
  c: ResolvedClusterConstraints,
): fc.Arbitrary<DeploymentDraft> {
  const states = c.podStates.filter((state) => state !== 'terminating')
  return fc.record({
    app: fc.constantFrom(...apps),
    namespace: fc.constantFrom(...c.namespaces),
    state: fc.constantFrom(...(states.length > 0 ? states : (['ready'] as const))),
    replicas: fc.nat(3),
  })
}

/** The pod as an object. `index` is unique in the cluster: names, hostPorts and ports on a host network follow from it. */
export function podOf(draft: PodDraft, index: number, nodes: number): Manifest {
  const { app, namespace, state, network, node } = draft
  const ports = app.ports.map(({ name, protocol, number }, i) => ({
    name,
    containerPort: network === 'host' ? 20_000 + 10 * index + i : number,
    protocol,
    ...(network === 'host-port' ? { hostPort: 21_000 + 10 * index + i } : {}),
  }))
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${app.name}-${index}`,
      namespace,
      labels: { app: app.name },
      ...readiness(state),
      ...(state === 'terminating' ? { deletionTimestamp: TERMINATING_SINCE } : {}),
    },
    spec: {
      nodeName: `node-${(node % nodes) + 1}`,
      ...(network === 'host' ? { hostNetwork: true } : {}),
      containers: [{ name: app.name, image: IMAGE, ports }],
    },
  }
}

/** The Deployment as an object. */
export function deploymentOf({ app, namespace, state, replicas }: DeploymentDraft, index: number): Manifest {
  const ports = app.ports.map(({ name, protocol, number }) => ({ name, containerPort: number, protocol }))
  const labels = { app: app.name, deployment: `${app.name}-deploy-${index}` }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: labels.deployment, namespace },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels, ...readiness(state) },
        spec: { containers: [{ name: app.name, image: IMAGE, ports }] },
      },
    },
  }
}

function readiness(state: PodState): { annotations?: Record<string, string> } {
  return state === 'unready' ? { annotations: { 'kubehop.dev/ready': 'false' } } : {}
}
