import { cidrContains, parseCidr, parseIpv4 } from '../addr/index.js'
import { didYouMean, labelsMatch, type Node, type Pod } from '../api/index.js'
import { systemFirst } from './order.js'
import type { Settlement } from './settlement.js'

/** The kubelet's default --max-pods. */
const MAX_PODS = 110

interface HostPort {
  readonly ip: string
  readonly port: number
  readonly protocol: string
}

/** What the scheduler knows of one node. */
interface NodeLoad {
  readonly node: Node
  pods: number
  /** Pods per owner, so that replicas spread. */
  readonly byOwner: Map<string, number>
  readonly hostPorts: HostPort[]
}

/**
 * Gives every pod a node: what it names; else, of the nodes that fit, the one with the fewest pods of the same
 * owner, then the fewest pods, then the first. A pod that fits nowhere is Pending, with a warning that says why.
 */
export function schedulePods(s: Settlement): void {
  const loads = new Map(s.store.list('Node').map((node) => [node.metadata.name, emptyLoad(node)]))
  const waiting: Pod[] = []
  for (const pod of systemFirst(s.store.list('Pod'))) {
    if (pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed') continue
    const bound = boundNode(s, pod, loads)
    if (bound !== undefined) admit(s, pod, bound)
    else if (pod.spec.nodeName === undefined && !isHeldPending(pod)) waiting.push(pod)
  }
  const pending = waiting.filter((pod) => !place(s, pod, [...loads.values()]))
  warnOfPending(s, pending)
}

/** One warning for the pods of a workload. */
function warnOfPending(s: Settlement, pending: readonly Pod[]): void {
  const counts = new Map<string, number>()
  const kindOf = (pod: Pod): string => ownerKey(pod) || `Pod ${pod.metadata.namespace}/${pod.metadata.name}`
  for (const pod of pending) counts.set(kindOf(pod), (counts.get(kindOf(pod)) ?? 0) + 1)
  for (const pod of pending) {
    const others = (counts.get(kindOf(pod)) ?? 0) - 1
    if (others < 0) continue
    counts.set(kindOf(pod), 0)
    const message = s.store.get('Pod', pod.metadata.name, pod.metadata.namespace)?.status.message
    s.warn(pod, '', `is Pending${others === 0 ? '' : `, and ${others} more of its kind`}: ${message}`)
  }
}

/** The kubelet's own check of a pod that names its node: host ports must be free. */
function admit(s: Settlement, pod: Pod, load: NodeLoad): void {
  const taken = hostPortsOf(pod).find((a) => load.hostPorts.some((b) => portsConflict(a, b)))
  if (taken === undefined || pod.metadata.ownerReferences.length > 0) return bind(s, pod, load)
  const message = `host port ${taken.port}/${taken.protocol} of ${load.node.metadata.name} is already taken`
  s.warn(pod, '', `Failed: ${message}`, 'use another port or node')
  s.store.put({ ...pod, status: { phase: 'Failed', message, podIPs: [], conditions: [] } })
}

function emptyLoad(node: Node): NodeLoad {
  return { node, pods: 0, byOwner: new Map(), hostPorts: [] }
}

/** A person said it is Pending; the scheduler's own verdict (PodScheduled False) is tried again. */
export function isHeldPending(pod: Pod): boolean {
  return (
    pod.status.phase === 'Pending' &&
    !pod.status.conditions.some((c) => c.type === 'PodScheduled' && c.status === 'False')
  )
}

/** The node that the pod names, or whose range its given address is in. */
function boundNode(s: Settlement, pod: Pod, loads: ReadonlyMap<string, NodeLoad>): NodeLoad | undefined {
  const { nodeName } = pod.spec
  if (nodeName === undefined) return nodeOfAddress(pod, [...loads.values()])
  const load = loads.get(nodeName)
  if (load === undefined) {
    const known = [...loads.keys()]
    const fix = didYouMean(nodeName, known) ?? `use one of ${known.slice(0, 5).join(', ')}`
    s.error(pod, nodeNamePath(pod), `node "${nodeName}" does not exist`, fix)
  }
  return load
}

/** Pods of a workload point at the workload's manifest. */
function nodeNamePath(pod: Pod): string {
  return pod.metadata.ownerReferences.length > 0 ? 'spec.template.spec.nodeName' : 'spec.nodeName'
}

function nodeOfAddress(pod: Pod, loads: readonly NodeLoad[]): NodeLoad | undefined {
  const ip = parseIpv4(pod.status.podIP ?? '')
  if (ip === undefined) return undefined
  return loads.find(({ node }) => {
    const cidr = parseCidr(node.spec.podCIDRs[0] ?? '')
    return cidr !== undefined && cidrContains(cidr, ip)
  })
}

/** Finds a node for the pod; false, and its status says why, when it fits nowhere. */
function place(s: Settlement, pod: Pod, loads: readonly NodeLoad[]): boolean {
  const reasons = new Map<string, number>()
  const fitting = loads.filter((load) => {
    const reason = misfit(pod, load)
    if (reason !== undefined) reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
    return reason === undefined
  })
  const owner = ownerKey(pod)
  const [best] = fitting.sort((a, b) => (a.byOwner.get(owner) ?? 0) - (b.byOwner.get(owner) ?? 0) || a.pods - b.pods)
  if (best !== undefined) {
    bind(s, pod, best)
    return true
  }
  const why = [...reasons].map(([reason, n]) => `${n} ${reason}`).join(', ')
  const message = `0/${loads.length} nodes are available: ${why}`
  const status = {
    phase: 'Pending',
    message,
    podIPs: [],
    conditions: [{ type: 'PodScheduled', status: 'False' }],
  } as const
  s.store.put({ ...pod, status })
  return false
}

/** Why the pod cannot run there, in the scheduler's words; undefined when it can. */
function misfit(pod: Pod, load: NodeLoad): string | undefined {
  if (load.node.spec.unschedulable) return 'node(s) were unschedulable'
  if (!labelsMatch(pod.spec.nodeSelector, load.node.metadata.labels)) {
    return "node(s) didn't match Pod's node affinity/selector"
  }
  const wanted = hostPortsOf(pod)
  if (wanted.some((a) => load.hostPorts.some((b) => portsConflict(a, b)))) {
    return "node(s) didn't have free ports for the requested pod ports"
  }
  return load.pods >= MAX_PODS ? 'Too many pods' : undefined
}

function bind(s: Settlement, pod: Pod, load: NodeLoad): void {
  const owner = ownerKey(pod)
  load.pods++
  load.byOwner.set(owner, (load.byOwner.get(owner) ?? 0) + 1)
  load.hostPorts.push(...hostPortsOf(pod))
  const nodeName = load.node.metadata.name
  if (pod.spec.nodeName === nodeName) return
  const status = isUnscheduled(pod) ? { podIPs: [], conditions: [] } : pod.status
  s.store.put({ ...pod, spec: { ...pod.spec, nodeName }, status })
}

function isUnscheduled(pod: Pod): boolean {
  return pod.status.phase === 'Pending' && !isHeldPending(pod)
}

function ownerKey(pod: Pod): string {
  const ref = pod.metadata.ownerReferences.find((r) => r.controller)
  return ref === undefined ? '' : `${ref.kind} ${pod.metadata.namespace}/${ref.name}`
}

function hostPortsOf(pod: Pod): HostPort[] {
  return pod.spec.containers.flatMap((container) =>
    container.ports.flatMap(({ hostPort, hostIP, protocol }) =>
      hostPort === undefined ? [] : [{ ip: hostIP ?? '0.0.0.0', port: hostPort, protocol }],
    ),
  )
}

function portsConflict(a: HostPort, b: HostPort): boolean {
  if (a.port !== b.port || a.protocol !== b.protocol) return false
  return a.ip === b.ip || a.ip === '0.0.0.0' || b.ip === '0.0.0.0'
}
