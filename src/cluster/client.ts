import { cidrContains, formatIpv4, type Ipv4, parseCidr, parseIpv4 } from '../addr/index.js'
import { didYouMean, internalIP, type Pod } from '../api/index.js'
import { type InputIssue, InvalidInputError } from '../base/index.js'
import { NODE_HOSTS, type PodHosts, type ResolvConf } from '../coredns/index.js'
import { type EndpointRef, placeOf, printEndpoint, type TracePlace, type WorkloadKind } from '../trace/index.js'
import { NODE_RESOLV_CONF } from './cluster-pod.js'
import type { Host } from './host.js'
import { OUTSIDE_CLIENT } from './outside.js'
import { keyOfPod, type World } from './world.js'

/** Who asks: a namespace, the source address it insists on (0 = by route), and its resolver's files. */
export interface Client {
  readonly host: Host
  readonly source: Ipv4
  readonly resolvConf: ResolvConf
  readonly hosts: PodHosts
  readonly place: TracePlace
  /** Container or process, for the trace. */
  readonly process: string
}

/** Finds the client a question names. @throws InvalidInputError with near matches. */
export function clientOf(world: World, ref: EndpointRef, namespace: string): Client {
  switch (ref.kind) {
    case 'pod':
    case 'workload':
      return podClient(world, podOf(world, ref, namespace, 'from'))
    case 'node':
      return nodeClient(world, ref.name)
    case 'external':
      return externalClient(world, ref.address === null ? OUTSIDE_CLIENT : parseIpv4(ref.address)!)
    case 'address':
      return addressClient(world, parseIpv4(ref.address)!)
    case 'service':
    case 'name':
      throw problem('from', `"${printEndpoint(ref)}" is no place that sends`, 'name a pod, node, external or address')
  }
}

function podClient(world: World, pod: Pod): Client {
  const running = world.pods.get(keyOfPod(pod))
  if (running === undefined) {
    const why = pod.status.message ?? `its phase is ${pod.status.phase ?? 'unknown'}`
    throw problem('from', `pod ${keyOfPod(pod)} is not running: ${why}`)
  }
  const { host } = running
  return {
    host,
    source: 0,
    resolvConf: running.resolvConf,
    hosts: running.hosts,
    place: { ...placeOf(host.name, (netns) => world.nodeOf(netns)), pod: keyOfPod(pod) },
    process: `container ${pod.spec.containers[0]?.name ?? pod.metadata.name}`,
  }
}

function nodeClient(world: World, name: string): Client {
  const node = world.nodes.get(name)
  if (node === undefined) throw unknownNode(world, name, 'from')
  return plainClient(world, node, 0, 'process on the node')
}

function externalClient(world: World, address: Ipv4): Client {
  if (!isHostAddress(address)) throw noHostAddress('from', address)
  if (world.isInside(address) || podAt(world, address) !== undefined || world.isVip(address)) {
    const fix = 'name the pod or node itself, or an address that is not of the cluster'
    throw problem('from', 'external: this address belongs to the cluster', fix)
  }
  return plainClient(world, world.outside.hostAt(address), address, 'client outside')
}

function addressClient(world: World, address: Ipv4): Client {
  const pod = podAt(world, address)
  if (pod !== undefined) return podClient(world, pod)
  const node = [...world.nodes.values()].find((n) => n.address === address)
  if (node !== undefined) return plainClient(world, node, address, 'process on the node')
  return externalClient(world, address)
}

function plainClient(world: World, host: Host, source: Ipv4, process: string): Client {
  const place = placeOf(host.name, (netns) => world.nodeOf(netns))
  const hosts = { hostNetwork: true, entries: NODE_HOSTS, aliases: [] }
  return { host, source, resolvConf: NODE_RESOLV_CONF, hosts, place, process }
}

function podAt(world: World, address: Ipv4): Pod | undefined {
  return [...world.pods.values()].find((p) => p.address === address && !p.pod.spec.hostNetwork)?.pod
}

/** The pod a reference means; of a workload its first running pod. @throws InvalidInputError with near matches. */
export function podOf(
  world: World,
  ref: Extract<EndpointRef, { kind: 'pod' | 'workload' }>,
  namespace: string,
  path: string,
): Pod {
  const ns = ref.namespace ?? namespace
  if (ref.kind === 'pod') {
    const pod = world.store.get('Pod', ref.name, ns)
    if (pod !== undefined) return pod
    throw unknownObject(world, 'pod', 'Pod', ns, ref.name, path)
  }
  const owner = world.store.get(ref.workload, ref.name, ns)
  if (owner === undefined) throw unknownObject(world, ref.workload, ref.workload, ns, ref.name, path)
  const pods = world.store.list('Pod', ns).filter((pod) => ownedBy(world, pod, ref.workload, ref.name))
  const running = pods.find((pod) => world.pods.has(keyOfPod(pod))) ?? pods[0]
  if (running === undefined) throw problem(path, `${ref.workload} ${ns}/${ref.name} has no pods`, 'give it replicas')
  return running
}

function ownedBy(world: World, pod: Pod, kind: WorkloadKind, name: string): boolean {
  return pod.metadata.ownerReferences.some((owner) => {
    if (owner.kind === kind && owner.name === name) return true
    if (owner.kind !== 'ReplicaSet' || kind !== 'Deployment') return false
    const set = world.store.get('ReplicaSet', owner.name, pod.metadata.namespace)
    return set?.metadata.ownerReferences.some((o) => o.kind === kind && o.name === name) ?? false
  })
}

/** "no such …" with what may have been meant, in this namespace or another. */
export function unknownObject(
  world: World,
  word: string,
  kind: 'Pod' | 'Service' | WorkloadKind,
  namespace: string,
  name: string,
  path: string,
): InvalidInputError {
  const all = world.store.list(kind)
  const elsewhere = all.find((o) => o.metadata.name === name)
  const here = all.filter((o) => o.metadata.namespace === namespace).map((o) => o.metadata.name)
  const message = `there is no ${word.toLowerCase()} "${name}" in namespace ${namespace}`
  if (elsewhere !== undefined) {
    const other = elsewhere.metadata.namespace
    return problem(path, message, `namespace ${other} has one: write ${other}/${name} or -n ${other}`)
  }
  return problem(path, message, didYouMean(name, here) ?? listed(here))
}

/** "no such node" with what may have been meant. */
export function unknownNode(world: World, name: string, path: string): InvalidInputError {
  const names = [...world.nodes.keys()]
  return problem(path, `there is no node "${name}"`, didYouMean(name, names) ?? listed(names))
}

function listed(names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined
  const shown = names.slice(0, 5).join(', ')
  return `there is ${shown}${names.length > 5 ? ' and more' : ''}`
}

/** One problem as an error. */
export function problem(path: string, message: string, fix?: string): InvalidInputError {
  const issue: InputIssue = fix === undefined ? { path, message } : { path, message, fix }
  return new InvalidInputError([issue])
}

/** Networks of which no host on an Ethernet can have an address (RFC 1122 3.2.1.3, RFC 1112). */
const NO_HOSTS = ['0.0.0.0/8', '127.0.0.0/8', '224.0.0.0/4', '240.0.0.0/4'].map((text) => parseCidr(text)!)

/** Can a host be reached by, and send from, this address? */
export function isHostAddress(address: Ipv4): boolean {
  return !NO_HOSTS.some((net) => cidrContains(net, address))
}

/** An address that stands for no single host. */
export function noHostAddress(path: string, address: Ipv4): InvalidInputError {
  const fix = 'name a pod, service or node, or a unicast address'
  return problem(path, `${formatIpv4(address)} is no address that a host can have`, fix)
}

/** A node's InternalIP as a number. */
export function nodeAddress(world: World, name: string): Ipv4 | undefined {
  const node = world.store.get('Node', name)
  return node === undefined ? undefined : parseIpv4(internalIP(node) ?? '')
}
