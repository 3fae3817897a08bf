import { broadcastOf, type Cidr, cidrContains, formatIpv4, type Ipv4, parseCidr, parseIpv4 } from '../addr/index.js'
import { type Condition, internalIP, type Node, type Pod, type PodPhase, READY_ANNOTATION } from '../api/index.js'
import type { Store } from '../store/index.js'
import { HostLocalRange } from './host-local.js'
import { isHeldPending } from './scheduler.js'
import { systemFirst } from './order.js'
import { nameAndPlace, type Settlement } from './settlement.js'

interface NodeRange {
  readonly cidr: Cidr
  readonly range: HostLocalRange
}

/** Gives every pod that has a node its address and status, as CNI and the kubelet do. */
export function settlePodNetwork(s: Settlement): void {
  const ranges = nodeRanges(s)
  const owners = new Map<string, Pod>()
  const pods = systemFirst(s.store.list('Pod')).filter(runsOnNode)
  for (const pod of pods) if (pod.status.podIP !== undefined) checkGiven(s, pod, ranges, owners)
  for (const pod of pods) {
    const node = s.store.get('Node', pod.spec.nodeName ?? '')
    const ip = node === undefined ? undefined : (pod.status.podIP ?? assign(s, pod, node, ranges))
    if (node !== undefined && ip !== undefined) s.store.put({ ...pod, status: statusOf(pod, node, ip) })
  }
}

function runsOnNode(pod: Pod): boolean {
  const { phase } = pod.status
  return pod.spec.nodeName !== undefined && phase !== 'Succeeded' && phase !== 'Failed' && !isHeldPending(pod)
}

function nodeRanges(s: Settlement): Map<string, NodeRange> {
  const last = lastAllocations(s.store)
  return new Map(
    s.store.list('Node').flatMap((node): [string, NodeRange][] => {
      const cidr = parseCidr(node.spec.podCIDRs[0] ?? '')
      if (cidr === undefined) return []
      return [[node.metadata.name, { cidr, range: new HostLocalRange(cidr, last.get(node.metadata.name)) }]]
    }),
  )
}

/** Per node, the address allocated last: the newest change that gave a pod its first address. */
function lastAllocations(store: Store): Map<string, Ipv4> {
  const last = new Map<string, Ipv4>()
  const without = new Set<string>()
  for (const { type, object } of store.since(0)) {
    if (object.kind !== 'Pod') continue
    const key = `${object.metadata.namespace}/${object.metadata.name}`
    const ip = parseIpv4(object.status.podIP ?? '')
    if (type === 'DELETED') without.delete(key)
    else if (ip === undefined) without.add(key)
    else if (without.delete(key) && !object.spec.hostNetwork) last.set(object.spec.nodeName ?? '', ip)
  }
  return last
}

function checkGiven(s: Settlement, pod: Pod, ranges: ReadonlyMap<string, NodeRange>, owners: Map<string, Pod>): void {
  const ip = pod.status.podIP!
  const nodeName = pod.spec.nodeName!
  const node = s.store.get('Node', nodeName)
  if (node === undefined) return
  if (pod.spec.hostNetwork) {
    const nodeIp = internalIP(node)
    if (ip === nodeIp) return
    return s.error(
      pod,
      'status.podIP',
      `podIP ${ip} is not the address of its node ${nodeName}`,
      `use ${nodeIp}: the pod is on the host network`,
    )
  }
  const other = owners.get(ip)
  if (other !== undefined) {
    s.error(
      pod,
      'status.podIP',
      `podIP ${ip} is already that of ${nameAndPlace(other)}`,
      'leave it out to have one allocated',
    )
  }
  owners.set(ip, pod)
  const here = ranges.get(nodeName)
  const address = parseIpv4(ip)
  if (here === undefined || address === undefined) return
  here.range.reserve(address)
  const cidrText = node.spec.podCIDRs[0]
  if (!cidrContains(here.cidr, address)) {
    return s.error(
      pod,
      'status.podIP',
      `podIP ${ip} is outside ${cidrText}, the range of its node ${nodeName}`,
      'use an address of that range',
    )
  }
  const special = reservedFor(here.cidr, address)
  if (special !== undefined)
    s.error(pod, 'status.podIP', `podIP ${ip} is the ${special} of ${cidrText}`, 'use another address')
}

function reservedFor(cidr: Cidr, address: Ipv4): string | undefined {
  if (address === cidr.address) return 'network address'
  if (address === cidr.address + 1) return 'gateway address'
  return address === broadcastOf(cidr.address, cidr.prefix) ? 'broadcast address' : undefined
}

function assign(s: Settlement, pod: Pod, node: Node, ranges: ReadonlyMap<string, NodeRange>): string | undefined {
  if (pod.spec.hostNetwork) return internalIP(node)
  const here = ranges.get(node.metadata.name)
  if (here === undefined) return undefined
  const address = here.range.allocate()
  if (address !== undefined) return formatIpv4(address)
  const fix = 'use more nodes, or larger ranges'
  s.error(pod, '', `no address is left in ${node.spec.podCIDRs[0]}, the range of its node ${node.metadata.name}`, fix)
  return undefined
}

/** Running unless a person said otherwise; ready unless its condition or annotation says no. */
function statusOf(pod: Pod, node: Node, ip: string): Pod['status'] {
  const phase: PodPhase = pod.status.phase ?? 'Running'
  const refused = pod.status.conditions.some((c) => c.type === 'Ready' && c.status !== 'True')
  const ready = phase === 'Running' && !refused && pod.metadata.annotations[READY_ANNOTATION] !== 'false'
  const hostIP = internalIP(node)
  const readiness: Condition = { type: 'Ready', status: ready ? 'True' : 'False' }
  return {
    ...pod.status,
    phase,
    podIP: ip,
    podIPs: pod.status.podIPs.length > 0 ? pod.status.podIPs : [{ ip }],
    ...(hostIP === undefined ? {} : { hostIP }),
    conditions: [...pod.status.conditions.filter((c) => c.type !== 'Ready'), readiness],
  }
}
