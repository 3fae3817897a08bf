import { BROADCAST_MAC, formatIpv4, type Ipv4, parseCidr, parseIpv4 } from '../addr/index.js'
import type { Pod } from '../api/index.js'
import { LazyRef } from '../base/index.js'
import { ClusterDns, podHosts, podResolvConf, type PodHosts, type ResolvConf } from '../coredns/index.js'
import { EchoServer, sendArp } from '../netns/index.js'
import type { Store } from '../store/index.js'
import { arp } from '../wire/index.js'
import type { ClusterNode } from './cluster-node.js'
import { DnsServer } from './dns-server.js'
import { cable, Host } from './host.js'
import { HostPorts } from './host-ports.js'
import { type ListeningPort, listeningPorts } from './listening-ports.js'
import { dockerMac, macOf, podNetns, vethName } from './names.js'
import type { ResolvedOptions } from './options.js'
import { OUTSIDE_DNS } from './outside.js'
import { outsideNames } from './outside-names.js'

/** A process that listens. */
interface Process {
  close(): void
}

/** CoreDNS' TCP port belongs to the server that its UDP port has opened. */
const IN_DNS_SERVER: Process = Object.freeze({ close: (): void => undefined })

/** The namespace that a pod's containers share, and the processes in it, by `PORT/PROTOCOL`. */
class Sandbox {
  readonly host: Host
  readonly servers: Map<string, Process> = new Map()

  constructor(host: Host) {
    this.host = host
  }
}

/** What wiring a pod needs from around it. */
export interface PodSurroundings {
  readonly options: ResolvedOptions
  readonly store: Store
}

/**
 * A pod's network: the namespace that the pause container holds and all containers share, its veth into the node's
 * bridge, its listeners, its resolv.conf and hosts file. With hostNetwork there is only the node's namespace.
 */
export class ClusterPod {
  readonly pod: Pod
  readonly node: ClusterNode
  readonly address: Ipv4
  /** Most questions never come by most pods: a lazy copy of a cluster leaves their sandboxes out. */
  private readonly sandbox: LazyRef<Sandbox>
  private readonly options: ResolvedOptions
  private readonly hostPorts: HostPorts

  constructor(pod: Pod, node: ClusterNode, around: PodSurroundings) {
    this.pod = pod
    this.node = node
    this.options = around.options
    this.address = parseIpv4(pod.status.podIP ?? '')!
    this.sandbox = new LazyRef(new Sandbox(pod.spec.hostNetwork ? node : this.wire()))
    this.listen(around.store)
    this.hostPorts = new HostPorts(pod, this.address, node, this.options.bridge)
    this.hostPorts.publish()
  }

  /** The pod's own namespace, or the node's. */
  get host(): Host {
    return this.sandbox.get().host
  }

  get netns(): string {
    const { namespace, name } = this.pod.metadata
    return this.pod.spec.hostNetwork ? this.node.name : podNetns(namespace, name)
  }

  private get servers(): Map<string, Process> {
    return this.sandbox.get().servers
  }

  /** kubelet's resolv.conf for the pod. */
  get resolvConf(): ResolvConf {
    return podResolvConf(this.pod, {
      clusterDNS: [clusterDnsAddress(this.options)],
      clusterDomain: 'cluster.local',
      hostResolvConf: NODE_RESOLV_CONF,
      nodeFamilies: ['inet'],
    })
  }

  get hosts(): PodHosts {
    return podHosts(this.pod, 'cluster.local')
  }

  /** Sandbox: namespace, veth pair into the bridge, address, default route. */
  private wire(): Host {
    const { pod, node, options } = this
    const { namespace, name } = pod.metadata
    const host = new Host(node.ns.sim, podNetns(namespace, name))
    const bridge = node.ensureBridge()
    const isDocker = options.bridge === 'docker0'
    const key = `${namespace}/${name}`
    const inner = {
      host,
      name: 'eth0',
      kind: 'veth' as const,
      mac: isDocker ? dockerMac(this.address) : macOf(`eth0 ${key}`),
    }
    const outer = { host: node, name: vethName(key, options.bridge), kind: 'veth' as const, mac: macOf(`veth ${key}`) }
    const [eth0, port] = cable(inner, outer, node.podMtu)
    bridge.addPort(port, { hairpin: !isDocker })
    host.ns.addAddress(eth0, this.address, node.podCidr.prefix)
    const clusterNetwork = parseCidr(options.podCidr)!
    host.route(0, 0, 'eth0', node.bridgeAddress)
    if (!isDocker) host.route(clusterNetwork.address, clusterNetwork.prefix, 'eth0', node.bridgeAddress)
    if (!isDocker) announce(host, this.address)
    return host
  }

  /** Opens and closes ports so that the pod listens on what it should by the store. */
  listen(store: Store): void {
    const wanted = new Map(
      listeningPorts(this.pod, store.list('EndpointSlice')).map((port) => [`${port.port}/${port.protocol}`, port]),
    )
    for (const [key, server] of this.servers) {
      if (wanted.has(key)) continue
      server.close()
      this.servers.delete(key)
    }
    for (const [key, port] of wanted) if (!this.servers.has(key)) this.servers.set(key, this.open(port, store))
  }

  private open({ port, protocol, process }: ListeningPort, store: Store): Process {
    const { ns } = this.host
    const isDns = port === 53 && isClusterDns(this.pod)
    if (isDns && protocol === 'udp') return this.dnsServer(store)
    if (isDns && protocol === 'tcp' && this.servers.has('53/udp')) return IN_DNS_SERVER
    return new EchoServer(ns, { protocol, port, address: 0, name: process })
  }

  /** CoreDNS: UDP and TCP port 53. */
  private dnsServer(store: Store): Process {
    const cluster = new ClusterDns(store, {
      upstream: outsideNames(this.options.hosts),
      localAddresses: [this.pod.status.podIP ?? ''],
    })
    return new DnsServer(this.host.ns, 'coredns, port 53', cluster, null)
  }

  /** The sandbox goes: listeners, hostPorts, veth. Packets on their way to it find nobody. */
  remove(): void {
    for (const server of this.servers.values()) server.close()
    this.hostPorts.unpublish()
    if (this.pod.spec.hostNetwork) return
    const port = vethName(`${this.pod.metadata.namespace}/${this.pod.metadata.name}`, this.options.bridge)
    const dev = this.node.ns.device(port)
    if (dev === undefined) return
    this.node.podBridge.removePort(dev)
    this.node.ns.removeDevice(port)
  }
}

/** resolv.conf of every node: a resolver outside of the cluster. */
export const NODE_RESOLV_CONF: ResolvConf = Object.freeze({ nameservers: [OUTSIDE_DNS], search: [], options: [] })

/** arp_notify: a new pod on cni0 announces its address. */
function announce(host: Host, address: Ipv4): void {
  const eth0 = host.ns.device('eth0')!
  sendArp(host.ns, eth0, BROADCAST_MAC, { op: arp.REQUEST, sha: eth0.mac, spa: address, tha: 0, tpa: address }, null)
}

/** The tenth address of the service network. */
function clusterDnsAddress(options: ResolvedOptions): string {
  return formatIpv4(parseCidr(options.serviceCidr)!.address + 10)
}

function isClusterDns(pod: Pod): boolean {
  return pod.metadata.namespace === 'kube-system' && pod.metadata.labels['k8s-app'] === 'kube-dns'
}
