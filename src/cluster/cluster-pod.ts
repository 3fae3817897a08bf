import { BROADCAST_MAC, formatIpv4, type Ipv4, parseCidr, parseIpv4 } from '../addr/index.js'
import { type Container, type Endpoint, type EndpointSlice, type Pod, type Protocol } from '../api/index.js'
import { LazyRef } from '../base/index.js'
import { ClusterDns, podHosts, podResolvConf, type PodHosts, type ResolvConf } from '../coredns/index.js'
import { EchoServer, sendArp } from '../netns/index.js'
import type { Store } from '../store/index.js'
import { arp } from '../wire/index.js'
import type { ClusterNode } from './cluster-node.js'
import { DnsServer } from './dns-server.js'
import { cable, Host } from './host.js'
import { dockerMac, hash32, macOf, podNetns, vethName } from './names.js'
import { dockerPublish, dockerUnpublish } from './node/docker-rules.js'
import { portmapAdd, portmapRemove, portmapSetup } from './node/portmap-rules.js'
import type { ResolvedOptions } from './options.js'
import { OUTSIDE_DNS } from './outside.js'
import { outsideNames } from './outside-names.js'

/** A port that a process of the pod listens on. */
export interface ListeningPort {
  readonly port: number
  readonly protocol: 'tcp' | 'udp' | 'sctp'
  readonly process: string
}

/** A hostPort as the runtime hands it to docker or to portmap. */
interface Mapping {
  readonly hostPort: number
  readonly containerPort: number
  readonly protocol: Protocol
  readonly hostIp: Ipv4 | null
}

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
  private readonly mappings: readonly Mapping[]
  private readonly dockerProxies: Process[] = []

  constructor(pod: Pod, node: ClusterNode, around: PodSurroundings) {
    this.pod = pod
    this.node = node
    this.options = around.options
    this.address = parseIpv4(pod.status.podIP ?? '')!
    this.mappings = pod.spec.hostNetwork ? [] : mappingsOf(pod)
    this.sandbox = new LazyRef(new Sandbox(pod.spec.hostNetwork ? node : this.wire()))
    this.listen(around.store)
    this.publish()
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

  /** hostPorts: docker publishes with rules and a proxy process, CNI's portmap with rules alone. */
  private publish(): void {
    if (this.mappings.length === 0) return
    if (this.options.bridge === 'docker0') this.publishByDocker()
    else this.publishByPortmap()
  }

  private publishByDocker(): void {
    for (const mapping of this.mappings) {
      this.node.iptables.restore(dockerPublish(this.dockerMapping(mapping)), { noflush: true })
      const proxy = new EchoServer(this.node.ns, {
        protocol: lower(mapping.protocol),
        port: mapping.hostPort,
        address: mapping.hostIp ?? 0,
        name: `docker-proxy for ${this.pod.metadata.name}`,
      })
      this.dockerProxies.push(proxy)
    }
  }

  private dockerMapping(mapping: Mapping): Parameters<typeof dockerPublish>[0] {
    return {
      bridge: 'docker0',
      containerIp: this.address,
      hostIp: mapping.hostIp,
      hostPort: mapping.hostPort,
      containerPort: mapping.containerPort,
      protocol: mapping.protocol,
      userlandProxy: true,
    }
  }

  private publishByPortmap(): void {
    const { node } = this
    if (!node.portmapReady) {
      node.iptables.restore(portmapSetup(), { noflush: true })
      node.setSysctl('net/ipv4/conf/cni0/route_localnet', 1)
      node.portmapReady = true
    }
    node.iptables.restore(portmapAdd(this.portmap), { noflush: true })
  }

  private get portmap(): Parameters<typeof portmapAdd>[0] {
    return {
      networkName: 'cbr0',
      containerId: sandboxId(this.pod),
      podSubnet: this.node.podCidr,
      podIp: this.address,
      mappings: this.mappings,
    }
  }

  /** The sandbox goes: veth, hostPort rules. Packets on their way to it find nobody. */
  remove(): void {
    for (const process of [...this.servers.values(), ...this.dockerProxies]) process.close()
    if (this.pod.spec.hostNetwork) return
    const port = vethName(`${this.pod.metadata.namespace}/${this.pod.metadata.name}`, this.options.bridge)
    const dev = this.node.ns.device(port)
    if (dev !== undefined) {
      this.node.podBridge.removePort(dev)
      this.node.ns.removeDevice(port)
    }
    const { iptables } = this.node
    if (this.mappings.length === 0) return
    if (this.options.bridge === 'cni0') iptables.restore(portmapRemove(this.portmap), { noflush: true })
    else for (const m of this.mappings) iptables.restore(dockerUnpublish(this.dockerMapping(m)), { noflush: true })
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

/** 64 hexadecimal digits, as containerd names a sandbox. */
function sandboxId(pod: Pod): string {
  const key = `${pod.metadata.namespace}/${pod.metadata.name}`
  return Array.from({ length: 8 }, (_, i) => hash32(`${key}#${i}`).toString(16).padStart(8, '0')).join('')
}

/**
 * Ports that the pod's processes listen on: those its containers declare (sidecars among the init containers too). A
 * pod that declares none is taken to listen where its services send.
 */
export function listeningPorts(pod: Pod, slices: readonly EndpointSlice[]): ListeningPort[] {
  const running = [...pod.spec.containers, ...pod.spec.initContainers.filter((c) => c.restartPolicy === 'Always')]
  const declared = running.flatMap((container) =>
    container.ports.map((port) => listening(container, port.containerPort, port.protocol)),
  )
  return distinct(declared.length > 0 ? declared : targetedPorts(pod, slices))
}

function listening(container: Pick<Container, 'name'>, port: number, protocol: Protocol): ListeningPort {
  return { port, protocol: lower(protocol), process: `container ${container.name}, port ${port}` }
}

function targetedPorts(pod: Pod, slices: readonly EndpointSlice[]): ListeningPort[] {
  const container = pod.spec.containers[0] ?? { name: pod.metadata.name }
  const mine = slices.filter((slice) => slice.endpoints.some((endpoint) => pointsAt(endpoint, pod)))
  return mine.flatMap((slice) =>
    slice.ports.flatMap(({ port, protocol }) => (port === undefined ? [] : [listening(container, port, protocol)])),
  )
}

/** By targetRef where there is one: hostNetwork pods of a node share their address. */
function pointsAt({ targetRef, addresses }: Endpoint, pod: Pod): boolean {
  if (targetRef?.kind !== 'Pod') return addresses[0] === pod.status.podIP
  return targetRef.name === pod.metadata.name && targetRef.namespace === pod.metadata.namespace
}

function distinct(ports: readonly ListeningPort[]): ListeningPort[] {
  const seen = new Set<string>()
  return ports.filter(({ port, protocol }) => {
    const key = `${port}/${protocol}`
    return seen.has(key) ? false : seen.add(key)
  })
}

function mappingsOf(pod: Pod): Mapping[] {
  return pod.spec.containers.flatMap((container) =>
    container.ports.flatMap((port) => {
      if (port.hostPort === undefined) return []
      const hostIp = port.hostIP === undefined ? undefined : parseIpv4(port.hostIP)
      return [
        {
          hostPort: port.hostPort,
          containerPort: port.containerPort,
          protocol: port.protocol,
          hostIp: hostIp === undefined || hostIp === 0 ? null : hostIp,
        },
      ]
    }),
  )
}

function lower(protocol: Protocol): 'tcp' | 'udp' | 'sctp' {
  return protocol.toLowerCase() as 'tcp' | 'udp' | 'sctp'
}
