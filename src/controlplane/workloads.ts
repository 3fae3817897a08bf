import {
  type DaemonSet,
  type Deployment,
  labelsMatch,
  type ObjectMeta,
  type Pod,
  type PodTemplate,
  type ReplicaSet,
  type StatefulSet,
} from '../api/index.js'
import { controllerRef, isControlledBy, metaOf } from './generated.js'
import { canonicalJson, templateHash } from './hash.js'
import { systemFirst } from './order.js'
import type { Settlement } from './settlement.js'

const TEMPLATE_HASH = 'pod-template-hash'

/** Expands Deployments to ReplicaSets, and every workload to its pods; pods that are too many go. */
export function settleWorkloads(s: Settlement): void {
  for (const deployment of systemFirst(s.store.list('Deployment'))) settleDeployment(s, deployment)
  for (const replicaSet of systemFirst(s.store.list('ReplicaSet'))) settleReplicaSet(s, replicaSet)
  for (const statefulSet of systemFirst(s.store.list('StatefulSet'))) settleStatefulSet(s, statefulSet)
  for (const daemonSet of systemFirst(s.store.list('DaemonSet'))) settleDaemonSet(s, daemonSet)
}

/** After the roll-out: one ReplicaSet with the present template has all replicas, the others have none. */
function settleDeployment(s: Settlement, deployment: Deployment): void {
  if (tooMany(s, deployment)) return
  const owned = s.store
    .list('ReplicaSet', deployment.metadata.namespace)
    .filter((replicaSet) => isControlledBy(replicaSet, deployment))
  const wanted = canonicalJson(withoutHash(deployment.spec.template))
  const current = owned.find((replicaSet) => canonicalJson(withoutHash(replicaSet.spec.template)) === wanted)
  for (const old of owned) if (old !== current) s.store.put({ ...old, spec: { ...old.spec, replicas: 0 } })
  const { replicas } = deployment.spec
  if (current === undefined) s.store.put(replicaSetOf(deployment))
  else s.store.put({ ...current, spec: { ...current.spec, replicas } })
}

function withoutHash(template: PodTemplate): PodTemplate {
  const { [TEMPLATE_HASH]: _, ...labels } = template.metadata.labels
  return { ...template, metadata: { ...template.metadata, labels } }
}

function replicaSetOf(deployment: Deployment): ReplicaSet {
  const { name, namespace } = deployment.metadata
  const { replicas, selector, template } = deployment.spec
  const hash = templateHash(template)
  const labels = { ...template.metadata.labels, [TEMPLATE_HASH]: hash }
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: metaOf({ name: `${name}-${hash}`, namespace, labels, ownerReferences: [controllerRef(deployment)] }),
    spec: {
      replicas,
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [TEMPLATE_HASH]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
    ...(deployment.source === undefined ? {} : { source: deployment.source }),
  }
}

type Workload = ReplicaSet | StatefulSet | DaemonSet

/** The workload's pods that still count: not ended, not being deleted. */
function activePods(s: Settlement, owner: Workload): Pod[] {
  return s.store
    .list('Pod', owner.metadata.namespace)
    .filter((pod) => isControlledBy(pod, owner) && pod.metadata.deletionTimestamp === undefined && !hasEnded(pod))
}

function hasEnded(pod: Pod): boolean {
  return pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed'
}

/** More pods than this are a slip of the pen, and no cluster. */
const MAX_REPLICAS = 10_000

function tooMany(s: Settlement, owner: Deployment | ReplicaSet | StatefulSet): boolean {
  const { replicas } = owner.spec
  if (replicas <= MAX_REPLICAS) return false
  s.error(owner, 'spec.replicas', `${replicas} replicas are more than is modelled`, `use at most ${MAX_REPLICAS}`)
  return true
}

function settleReplicaSet(s: Settlement, replicaSet: ReplicaSet): void {
  if (tooMany(s, replicaSet)) return
  const pods = activePods(s, replicaSet)
  for (const pod of pods.slice(replicaSet.spec.replicas))
    s.store.delete('Pod', pod.metadata.name, pod.metadata.namespace)
  for (let i = pods.length; i < replicaSet.spec.replicas; i++) {
    s.store.put(podOf(replicaSet, { name: freePodName(s, replicaSet, String(i)) }))
  }
}

function freePodName(s: Settlement, owner: Workload, salt: string): string {
  const { name, namespace } = owner.metadata
  const taken = (candidate: string): boolean => s.store.get('Pod', candidate, namespace) !== undefined
  return s.generateName(`pod ${owner.kind} ${namespace}/${name} ${salt}`, `${name}-`, taken)
}

function settleStatefulSet(s: Settlement, set: StatefulSet): void {
  const { replicas, ordinals, serviceName } = set.spec
  const { name, namespace } = set.metadata
  if (tooMany(s, set)) return
  const wanted = Array.from({ length: replicas }, (_, i) => `${name}-${ordinals.start + i}`)
  for (const pod of activePods(s, set)) {
    if (!wanted.includes(pod.metadata.name)) s.store.delete('Pod', pod.metadata.name, namespace)
  }
  for (const podName of wanted) {
    if (s.store.get('Pod', podName, namespace) !== undefined) continue
    const labels = {
      'statefulset.kubernetes.io/pod-name': podName,
      'apps.kubernetes.io/pod-index': podName.slice(name.length + 1),
    }
    const pod = podOf(set, { name: podName, labels })
    const subdomain = serviceName === '' ? {} : { subdomain: serviceName }
    s.store.put({ ...pod, spec: { ...pod.spec, hostname: podName, ...subdomain } })
  }
}

function settleDaemonSet(s: Settlement, set: DaemonSet): void {
  const pods = activePods(s, set)
  for (const node of s.store.list('Node')) {
    const here = pods.filter((pod) => pod.spec.nodeName === node.metadata.name)
    const eligible = labelsMatch(set.spec.template.spec.nodeSelector, node.metadata.labels)
    for (const pod of here.slice(eligible ? 1 : 0)) s.store.delete('Pod', pod.metadata.name, pod.metadata.namespace)
    if (!eligible || here.length > 0) continue
    const pod = podOf(set, { name: freePodName(s, set, node.metadata.name) })
    s.store.put({ ...pod, spec: { ...pod.spec, nodeName: node.metadata.name } })
  }
}

/** A pod from the workload's template. It points at the workload's place in the input for messages. */
function podOf(owner: Workload, given: Partial<ObjectMeta> & Pick<ObjectMeta, 'name'>): Pod {
  const { metadata, spec } = owner.spec.template
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: metaOf({
      ...given,
      namespace: owner.metadata.namespace,
      labels: { ...metadata.labels, ...given.labels },
      annotations: metadata.annotations,
      ownerReferences: [controllerRef(owner)],
    }),
    spec,
    status: { podIPs: [], conditions: [] },
    ...(owner.source === undefined ? {} : { source: owner.source }),
  }
}
