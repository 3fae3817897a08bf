import { type Ipv4, parseIpv4 } from '../addr/index.js'
import type { Pod } from '../api/index.js'
import { EchoServer } from '../netns/index.js'
import type { ClusterNode } from './cluster-node.js'
import { socketProtocol } from './listening-ports.js'
import { hash32 } from './names.js'
import { dockerPublish, type DockerPublishSpec, dockerUnpublish } from './node/docker-rules.js'
import { portmapAdd, type PortMapping, portmapRemove, portmapSetup, type PortmapSpec } from './node/portmap-rules.js'
import type { ResolvedOptions } from './options.js'

/** The hostPorts of one pod: docker publishes with rules and a proxy process, CNI's portmap with rules alone. */
export class HostPorts {
  private readonly pod: Pod
  private readonly podIp: Ipv4
  private readonly node: ClusterNode
  private readonly bridge: ResolvedOptions['bridge']
  private readonly mappings: readonly PortMapping[]
  private readonly dockerProxies: EchoServer[] = []

  constructor(pod: Pod, podIp: Ipv4, node: ClusterNode, bridge: ResolvedOptions['bridge']) {
    this.pod = pod
    this.podIp = podIp
    this.node = node
    this.bridge = bridge
    this.mappings = pod.spec.hostNetwork ? [] : mappingsOf(pod)
  }

  /** Writes the rules into the node's tables and starts the proxies. */
  publish(): void {
    if (this.mappings.length === 0) return
    if (this.bridge === 'docker0') this.publishByDocker()
    else this.publishByPortmap()
  }

  /** The pod goes: so do its rules and proxies. */
  unpublish(): void {
    for (const proxy of this.dockerProxies) proxy.close()
    if (this.mappings.length === 0) return
    const { iptables } = this.node
    if (this.bridge === 'cni0') iptables.restore(portmapRemove(this.portmapSpec), { noflush: true })
    else for (const m of this.mappings) iptables.restore(dockerUnpublish(this.dockerSpec(m)), { noflush: true })
  }

  private publishByDocker(): void {
    for (const mapping of this.mappings) {
      this.node.iptables.restore(dockerPublish(this.dockerSpec(mapping)), { noflush: true })
      const proxy = new EchoServer(this.node.ns, {
        protocol: socketProtocol(mapping.protocol),
        port: mapping.hostPort,
        address: mapping.hostIp ?? 0,
        name: `docker-proxy for ${this.pod.metadata.name}`,
      })
      this.dockerProxies.push(proxy)
    }
  }

  private dockerSpec(mapping: PortMapping): DockerPublishSpec {
    return { bridge: 'docker0', containerIp: this.podIp, ...mapping, userlandProxy: true }
  }

  private publishByPortmap(): void {
    const { node } = this
    if (!node.portmapReady) {
      node.iptables.restore(portmapSetup(), { noflush: true })
      node.setSysctl('net/ipv4/conf/cni0/route_localnet', 1)
      node.portmapReady = true
    }
    node.iptables.restore(portmapAdd(this.portmapSpec), { noflush: true })
  }

  private get portmapSpec(): PortmapSpec {
    return {
      networkName: 'cbr0',
      containerId: sandboxId(this.pod),
      podSubnet: this.node.podCidr,
      podIp: this.podIp,
      mappings: this.mappings,
    }
  }
}

function mappingsOf(pod: Pod): PortMapping[] {
  return pod.spec.containers.flatMap((container) =>
    container.ports.flatMap(({ hostPort, hostIP, containerPort, protocol }) => {
      if (hostPort === undefined) return []
      const hostIp = hostIP === undefined ? undefined : parseIpv4(hostIP)
      return [{ hostPort, containerPort, protocol, hostIp: hostIp === undefined || hostIp === 0 ? null : hostIp }]
    }),
  )
}

/** 64 hexadecimal digits, as containerd names a sandbox. */
function sandboxId(pod: Pod): string {
  const key = `${pod.metadata.namespace}/${pod.metadata.name}`
  return Array.from({ length: 8 }, (_, i) => hash32(`${key}#${i}`).toString(16).padStart(8, '0')).join('')
}
