import { type Cidr, cidrContains, cidrOf, parseCidr, parseIpv4 } from '../addr/index.js'
import { internalIP, isPodTerminal, type Node, type Pod } from '../api/index.js'
import { type InputIssue, Rng, SampledChoices } from '../base/index.js'
import { NODE_NETWORK, settle } from '../controlplane/index.js'
import { type Store } from '../store/index.js'
import { Simulation } from '../trace/index.js'
import { ClusterNode, type ProxyObjects } from './cluster-node.js'
import { ClusterPod } from './cluster-pod.js'
import type { ResolvedOptions } from './options.js'
import { Outside } from './outside.js'

/**
 * Everything one cluster consists of: the objects, and the network that was built from them. All of it is plain state,
 * so that {@link cloneGraph} can copy it for a fork or for the next outcome.
 */
export class World {
  readonly options: ResolvedOptions
  readonly sim: Simulation
  readonly store: Store
  readonly outside: Outside
  readonly nodes: Map<string, ClusterNode> = new Map()
  /** By `NAMESPACE/NAME`. */
  readonly pods: Map<string, ClusterPod> = new Map()
  /** Questions followed so far: each draws from a seed of its own. */
  runs = 0

  constructor(options: ResolvedOptions, store: Store) {
    this.options = options
    this.store = store
    this.sim = new Simulation(new SampledChoices(options.seed))
    this.outside = new Outside(this.sim, underlayPlan(store, options))
  }

  /**
   * Builds a world from a store with manifests in it, in the state that controllers and kubelets would bring about.
   * @throws InvalidInputError with everything that keeps the manifests from becoming a cluster.
   */
  static build(options: ResolvedOptions, store: Store): { world: World; warnings: readonly InputIssue[] } {
    const { warnings } = settleStore(options, store)
    const world = new World(options, store)
    world.reconcile()
    return { world, warnings }
  }

  /** Brings the network to what the (settled) store says: nodes, pods, then every kube-proxy. */
  reconcile(): void {
    const objects: ProxyObjects = {
      services: this.store.list('Service'),
      endpointSlices: this.store.list('EndpointSlice'),
    }
    this.reconcileNodes()
    // kube-proxy runs before the first pod of a CNI node: who prepends a jump to POSTROUTING later stands above it.
    if (this.options.bridge === 'cni0') this.startProxies(objects)
    this.reconcilePods()
    for (const node of this.nodes.values()) node.syncProxy(objects)
    for (const service of objects.services) {
      const proxies = service.status.loadBalancer.ingress.filter(({ ipMode }) => ipMode === 'Proxy')
      this.claimOutsideEndpoints(proxies.flatMap(({ ip }) => ip ?? []))
    }
    for (const slice of objects.endpointSlices) this.claimOutsideEndpoints(slice.endpoints.flatMap((e) => e.addresses))
    this.sim.queue.settle()
  }

  private startProxies(objects: ProxyObjects): void {
    for (const node of this.nodes.values()) if (!node.proxyRan) node.syncProxy(objects)
  }

  private reconcileNodes(): void {
    const wanted = new Map(this.store.list('Node').map((node) => [node.metadata.name, node]))
    for (const [name, node] of this.nodes) if (!wanted.has(name)) this.removeNode(node)
    for (const node of wanted.values()) {
      const known = this.nodes.get(node.metadata.name)
      if (known === undefined) this.addNode(node)
      else known.update(node)
    }
  }

  private addNode(object: Node): void {
    const isFirst = this.nodes.size === 0
    const plug = (host: Parameters<Outside['plug']>[0], address: number): void => {
      this.outside.plug(host, address)
      host.route(0, 0, 'eth0', this.outside.plan.gateway)
    }
    const node = new ClusterNode(this.sim, object, this.options, plug, isFirst)
    for (const peer of this.nodes.values()) {
      peer.addPeer(node)
      node.addPeer(peer)
    }
    this.nodes.set(node.name, node)
  }

  /** The Node object is gone: peers forget its subnet; the machine answers no more. */
  private removeNode(node: ClusterNode): void {
    this.nodes.delete(node.name)
    for (const peer of this.nodes.values()) peer.removePeer(node)
    node.ns.removeDevice('eth0')
  }

  private reconcilePods(): void {
    const wanted = new Map<string, Pod>()
    for (const pod of this.store.list('Pod')) if (this.isRunning(pod)) wanted.set(keyOfPod(pod), pod)
    for (const [key, pod] of this.pods) {
      if (sameSandbox(pod.pod, wanted.get(key))) continue
      pod.remove()
      this.pods.delete(key)
    }
    for (const [key, pod] of wanted) {
      const known = this.pods.get(key)
      if (known !== undefined) {
        known.listen(this.store)
        continue
      }
      const node = this.nodes.get(pod.spec.nodeName!)!
      this.pods.set(key, new ClusterPod(pod, node, { options: this.options, store: this.store }))
    }
  }

  private isRunning(pod: Pod): boolean {
    const { nodeName } = pod.spec
    return nodeName !== undefined && this.nodes.has(nodeName) && pod.status.podIP !== undefined && !isPodTerminal(pod)
  }

  /** Endpoints of a person's own slices that no pod or node has: somebody outside does. */
  private claimOutsideEndpoints(addresses: readonly string[]): void {
    for (const text of addresses) {
      const address = parseIpv4(text)
      if (address === undefined || this.isInside(address)) continue
      this.outside.hostAt(address)
    }
  }

  /** An address of a node, of the pod network or of the service network. */
  isInside(address: number): boolean {
    if ([...this.nodes.values()].some((node) => node.address === address)) return true
    return this.outside.plan.inside.some((net) => cidrContains(net, address)) || address === this.outside.plan.gateway
  }

  /** An address that services are reached by from outside: a load balancer's, or an external IP. */
  isVip(address: number): boolean {
    const vips = this.store
      .list('Service')
      .flatMap((service) => [
        ...service.spec.externalIPs,
        ...service.status.loadBalancer.ingress.flatMap(({ ip }) => ip ?? []),
      ])
    return vips.some((ip) => parseIpv4(ip) === address)
  }

  /** Node a namespace is on; null outside of the nodes. */
  nodeOf(netns: string): string | null {
    if (this.nodes.has(netns)) return netns
    if (!netns.startsWith('pod/')) return null
    return this.pods.get(netns.slice('pod/'.length))?.node.name ?? null
  }
}

/** Settles a store as {@link World.build} does; call it after every change. */
export function settleStore(options: ResolvedOptions, store: Store): { warnings: readonly InputIssue[] } {
  return settle(store, {
    nodes: options.nodes,
    podCidr: options.podCidr,
    serviceCidr: options.serviceCidr,
    rng: new Rng(options.seed),
  })
}

/** `NAMESPACE/NAME`. */
export function keyOfPod(pod: Pod): string {
  return `${pod.metadata.namespace}/${pod.metadata.name}`
}

/** The same sandbox goes on: nothing that its network depends on has changed. */
function sameSandbox(a: Pod, b: Pod | undefined): boolean {
  if (b === undefined) return false
  const wiring = (pod: Pod): string => JSON.stringify([pod.spec, pod.status.podIP])
  return wiring(a) === wiring(b)
}

/** The nodes' network: the default one, or the smallest that holds every node's address, at most a /24. */
function underlayPlan(store: Store, options: ResolvedOptions): Outside['plan'] {
  const addresses = store.list('Node').flatMap((node) => parseIpv4(internalIP(node) ?? '') ?? [])
  const network = networkOfNodes(addresses)
  const taken = new Set(addresses)
  let gateway = network.address + 1
  while (taken.has(gateway)) gateway++
  const inside = [parseCidr(options.podCidr)!, parseCidr(options.serviceCidr)!]
  return { network, gateway, inside, hosts: options.hosts }
}

function networkOfNodes(addresses: readonly number[]): Cidr {
  const usual = parseCidr(NODE_NETWORK)!
  if (addresses.every((a) => cidrContains(usual, a))) return usual
  let prefix = 24
  while (prefix > 0 && !addresses.every((a) => cidrContains(cidrOf(addresses[0]!, prefix), a))) prefix--
  return cidrOf(addresses[0]!, prefix)
}
