import { hasSelector, internalIP, isHeadless, type Pod, type Protocol, type Service } from '../api/index.js'
import type { Cluster } from '../cluster/index.js'
import type { TraceProtocol } from '../trace/index.js'

/** A place in a cluster that a flow may begin at, in a question's own words. */
export interface FlowSource {
  readonly from: string
  /** Names mean something to it: it asks the cluster's DNS. */
  readonly resolvesNames: boolean
}

/** Something that a flow may go to, in a question's own words. */
export interface FlowTarget {
  readonly to: string
  readonly protocol: TraceProtocol
}

/** A port that nothing generated listens on. */
const CLOSED_PORT = 9
const OUTSIDE_HOST = '198.51.100.99'

/** Pods with an address, nodes and the outside world. */
export function flowSources(cluster: Cluster): FlowSource[] {
  return [
    ...cluster
      .list('Pod')
      .filter(isRunning)
      .map((pod) => ({ from: podRef(pod), resolvesNames: true })),
    ...cluster.list('Node').map((node) => ({ from: `node/${node.metadata.name}`, resolvesNames: false })),
    { from: 'external', resolvesNames: false },
    { from: 'external/198.51.100.7', resolvesNames: false },
  ]
}

/** Kinds of targets: pods, services, cluster IPs, node ports, outside addresses, nodes, names, the outside. */
export const TARGET_KINDS = 8

/** Targets by kind, {@link TARGET_KINDS} lists; those that the cluster has none of are empty, never the first. */
export function flowTargets(cluster: Cluster, source: FlowSource): FlowTarget[][] {
  const pods = cluster.list('Pod').filter(isRunning)
  const services = cluster.list('Service')
  const nodes = cluster.list('Node').map((node) => internalIP(node)!)
  return [
    pods.flatMap(podTargets),
    services.filter(hasClusterIp).flatMap((s) => portTargets(s, [serviceRef(s)])),
    services.filter(hasClusterIp).flatMap((s) => portTargets(s, [s.spec.clusterIP!])),
    services.flatMap((s) => nodePortTargets(s, nodes)),
    services.flatMap((s) => portTargets(s, vipsOf(s))),
    [...nodes.map(echo), ...pods.flatMap(hostPortTargets)],
    source.resolvesNames ? nameTargets(services) : [],
    [{ to: `${OUTSIDE_HOST}:443`, protocol: 'tcp' }, { to: `${OUTSIDE_HOST}:53`, protocol: 'udp' }, echo(OUTSIDE_HOST)],
  ]
}

function isRunning(pod: Pod): boolean {
  return pod.status.podIP !== undefined
}

function podRef({ metadata }: Pod): string {
  return `pod/${metadata.namespace}/${metadata.name}`
}

function serviceRef({ metadata }: Service): string {
  return `svc/${metadata.namespace}/${metadata.name}`
}

function echo(to: string): FlowTarget {
  return { to, protocol: 'icmp' }
}

function at(host: string, port: number, protocol: Protocol): FlowTarget {
  return { to: `${host}:${port}`, protocol: protocol.toLowerCase() as TraceProtocol }
}

function portsOf(pod: Pod): Pod['spec']['containers'][number]['ports'] {
  return pod.spec.containers.flatMap((container) => container.ports)
}

function podTargets(pod: Pod): FlowTarget[] {
  const open = portsOf(pod).map(({ containerPort, protocol }) => at(podRef(pod), containerPort, protocol))
  return [...open, echo(podRef(pod)), at(podRef(pod), CLOSED_PORT, 'TCP')]
}

function hostPortTargets(pod: Pod): FlowTarget[] {
  const { hostIP } = pod.status
  return portsOf(pod).flatMap(({ hostPort, protocol }) =>
    hostPort === undefined || hostIP === undefined ? [] : [at(hostIP, hostPort, protocol)],
  )
}

function hasClusterIp({ spec }: Service): boolean {
  return spec.clusterIP !== undefined && spec.clusterIP !== 'None'
}

function portTargets({ spec }: Service, hosts: readonly string[]): FlowTarget[] {
  return hosts.flatMap((host) => spec.ports.map(({ port, protocol }) => at(host, port, protocol)))
}

function nodePortTargets({ spec }: Service, nodes: readonly string[]): FlowTarget[] {
  return nodes.flatMap((node) =>
    spec.ports.flatMap(({ nodePort, protocol }) => (nodePort === undefined ? [] : [at(node, nodePort, protocol)])),
  )
}

function vipsOf({ spec, status }: Service): string[] {
  const ingress = status.loadBalancer.ingress.flatMap(({ ip }) => (ip === undefined ? [] : [ip]))
  return [...ingress, ...spec.externalIPs]
}

function nameTargets(services: readonly Service[]): FlowTarget[] {
  const named = services.flatMap((service) => {
    const { name, namespace } = service.metadata
    const names = [`${name}.${namespace}`, `${name}.${namespace}.svc.cluster.local`]
    if (service.spec.type === 'ExternalName') return names.map((host) => at(host, 80, 'TCP'))
    const port = isHeadless(service) && hasSelector(service) ? backendPort : servicePort
    return names.flatMap((host) => service.spec.ports.map((p) => at(host, port(p), p.protocol)))
  })
  return [...named, at('nowhere.default.svc.cluster.local', 80, 'TCP')]
}

type Port = Service['spec']['ports'][number]

function servicePort({ port }: Port): number {
  return port
}

/** The name of a headless service leads to its pods themselves. */
function backendPort({ port, targetPort }: Port): number {
  return typeof targetPort === 'number' ? targetPort : port
}
