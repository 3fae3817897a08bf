import { type Cidr, formatIpv4, type Ipv4, parseCidr, parseIpv4 } from '../addr/index.js'
import { internalIP, type EndpointSlice, type Node, type Service } from '../api/index.js'
import { BridgeDevice } from '../bridge/index.js'
import { invariant } from '../base/index.js'
import { EchoServer } from '../netns/index.js'
import { Flannel, flannelRules, type Lease } from '../overlay/index.js'
import {
  applyTo,
  conntrackSysctls,
  DEFAULT_CONNTRACK_OPTIONS,
  desiredRules,
  endpointsByServicePort,
  type EndpointsMap,
  healthCheckServers,
  iptablesSysctls,
  programKernel,
  type ProxyInput,
  proxyOptions,
  type ProxyOptions,
  servicePorts,
  staleConntrackEntries,
} from '../service/index.js'
import type { Simulation } from '../trace/index.js'
import { Host } from './host.js'
import { macOf } from './names.js'
import { dockerRules } from './node/docker-rules.js'
import { kubeletRules } from './node/kubelet-rules.js'
import type { ResolvedOptions } from './options.js'

/** What kube-proxy watches. */
export interface ProxyObjects {
  readonly services: readonly Service[]
  readonly endpointSlices: readonly EndpointSlice[]
}

/**
 * A node: its namespace with eth0, the flannel device, the pods' bridge, and the rules that flannel, docker or CNI,
 * kubelet and kube-proxy wrote, in the order in which they start on a real node.
 */
export class ClusterNode extends Host {
  readonly address: Ipv4
  readonly podCidr: Cidr
  readonly flannel: Flannel
  /** docker0 from the start; cni0 appears with the first pod. */
  bridge: BridgeDevice | null = null
  /** CNI's portmap chains exist. */
  portmapReady = false
  private readonly options: ResolvedOptions
  private readonly proxy: ProxyOptions
  private node: Node
  /** kube-proxy has synced at least once. */
  proxyRan = false
  private endpoints: EndpointsMap = new Map()
  private readonly healthChecks: Map<number, EchoServer> = new Map()

  constructor(
    sim: Simulation,
    node: Node,
    options: ResolvedOptions,
    plug: (host: Host, address: Ipv4) => void,
    isFirst: boolean,
  ) {
    super(sim, node.metadata.name)
    this.node = node
    this.options = options
    this.address = parseIpv4(internalIP(node) ?? '')!
    this.podCidr = parseCidr(node.spec.podCIDRs[0] ?? '')!
    this.proxy = proxyOptions({ detectLocal: { mode: 'ClusterCIDR', cidrs: [options.podCidr] } })
    plug(this, this.address)
    this.setSysctl('net/ipv4/ip_forward', 1)
    this.setSysctl('net/bridge/bridge-nf-call-iptables', 1)
    const eth0 = this.ns.device('eth0')!
    this.flannel = new Flannel(this.ns, eth0, this.lease, {
      network: parseCidr(options.podCidr)!,
      backend: options.cni === 'flannel-vxlan' ? 'vxlan' : 'host-gw',
      vni: 1,
      port: 8472,
    })
    if (options.bridge === 'docker0') this.startDocker()
    this.iptables.restore(kubeletRules(), { noflush: true })
    this.startProcesses(isFirst)
  }

  /** What the node publishes for its peers. */
  get lease(): Lease {
    return { subnet: this.podCidr, publicIp: this.address, vtepMac: macOf(`vtep ${this.name}`, 0xaa) }
  }

  /** MTU of the pods' devices (FLANNEL_MTU). */
  get podMtu(): number {
    return this.flannel.mtu
  }

  /** Address of the bridge: the pods' gateway. */
  get bridgeAddress(): Ipv4 {
    return this.podCidr.address + 1
  }

  /** Every address on the node (`ip -4 addr`). */
  get localAddresses(): readonly Ipv4[] {
    return this.ns.addresses.list().map((a) => a.address)
  }

  /** The classic set-up: flanneld, then dockerd with its bridge on the flannel subnet. */
  private startDocker(): void {
    this.restoreFlannelRules()
    this.makeBridge('docker0')
    const rules = dockerRules({
      bridge: 'docker0',
      subnet: this.podCidr,
      ipMasq: false,
      userlandProxy: true,
      icc: true,
    })
    this.iptables.restore(rules, { noflush: true })
  }

  private restoreFlannelRules(): void {
    const rules = flannelRules({ network: parseCidr(this.options.podCidr)!, subnet: this.podCidr, randomFully: true })
    this.iptables.restore(rules, { noflush: true })
  }

  private makeBridge(name: string): BridgeDevice {
    const { ns } = this
    const mac = macOf(`${name} ${this.name}`)
    const bridge = new BridgeDevice(ns, name, ns.takeIfindex(), mac, this.podMtu)
    ns.addDevice(bridge)
    ns.addAddress(bridge, this.bridgeAddress, this.podCidr.prefix)
    this.bridge = bridge
    return bridge
  }

  /** The pods' bridge; the CNI bridge plugin makes cni0 for the first pod. */
  ensureBridge(): BridgeDevice {
    return this.bridge ?? this.makeBridge('cni0')
  }

  /** Processes that listen on every node, and the API server on the first. */
  private startProcesses(isFirst: boolean): void {
    this.listen(10250, 'kubelet')
    this.listen(10256, 'kube-proxy healthz')
    if (isFirst) this.listen(6443, 'kube-apiserver')
  }

  private listen(port: number, name: string): EchoServer {
    return new EchoServer(this.ns, { protocol: 'tcp', port, address: 0, name })
  }

  /** A peer's lease appeared or went (flannel's subnet watch). */
  addPeer(peer: ClusterNode): void {
    this.flannel.addPeer(peer.lease)
  }

  removePeer(peer: ClusterNode): void {
    this.flannel.removePeer(peer.lease)
  }

  /** The Node object changed: labels may matter to topology. */
  update(node: Node): void {
    this.node = node
  }

  /** What kube-proxy sees from here. */
  proxyView(objects: ProxyObjects): ProxyInput {
    return {
      services: objects.services,
      endpointSlices: objects.endpointSlices,
      node: {
        name: this.name,
        ips: [internalIP(this.node) ?? ''],
        labels: this.node.metadata.labels,
        localAddresses: this.localAddresses.map(formatIpv4),
      },
    }
  }

  /** One sync of kube-proxy: rules, sysctls, stale UDP flows, health check ports. */
  syncProxy(objects: ProxyObjects): void {
    const input = this.proxyView(objects)
    if (!this.proxyRan) {
      programKernel(this, conntrackSysctls(DEFAULT_CONNTRACK_OPTIONS))
      programKernel(this, iptablesSysctls(input.node, this.proxy, 'inet'))
    }
    this.iptables.apply(applyTo(this.iptables.ruleSet(), desiredRules(input, this.proxy)))
    this.cleanConntrack(objects)
    this.syncHealthChecks(input)
    if (!this.proxyRan && this.options.bridge === 'cni0') this.restoreFlannelRules()
    this.proxyRan = true
  }

  private cleanConntrack(objects: ProxyObjects): void {
    const before = this.endpoints
    const after = endpointsByServicePort(objects.endpointSlices, { family: 'inet', nodeName: this.name })
    this.endpoints = after
    if (!this.proxyRan) return
    const ports = servicePorts(objects.services, 'inet')
    const entries = [...this.netfilter.conntrack.entries()]
    const stale = new Set(staleConntrackEntries({ before, after }, ports, entries))
    if (stale.size > 0) this.netfilter.conntrack.delete((entry) => stale.has(entry))
  }

  private syncHealthChecks(input: ProxyInput): void {
    const wanted = new Map(
      healthCheckServers(input, { family: 'inet', nodePortAddresses: this.proxy.nodePortAddresses }).map((server) => [
        server.port,
        `kube-proxy health check of ${server.namespace}/${server.name}`,
      ]),
    )
    for (const [port, server] of this.healthChecks) {
      if (wanted.has(port)) continue
      server.close()
      this.healthChecks.delete(port)
    }
    for (const [port, name] of wanted) {
      if (!this.healthChecks.has(port)) this.healthChecks.set(port, this.listen(port, name))
    }
  }

  /** The bridge device, which must exist by now. */
  get podBridge(): BridgeDevice {
    invariant(this.bridge !== null, `${this.name} has no bridge yet`)
    return this.bridge
  }
}
