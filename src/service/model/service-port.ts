import type { Family } from '../../addr/index.js'
import { HEADLESS_LABEL, type Protocol, type Service, SERVICE_PROXY_NAME_LABEL } from '../../api/index.js'
import { byText, canonicalCidr, canonicalIp, isZeroCidr } from './ip-text.js'

/** What identifies a service port: protocol included, so TCP 53 and UDP 53 are two. */
export interface ServicePortName {
  readonly namespace: string
  readonly name: string
  /** Name of the port; empty when unnamed. */
  readonly port: string
  readonly protocol: Protocol
}

/** One port of one service in one address family, as kube-proxy sees it. Addresses are canonical text. */
export interface ServicePortInfo extends ServicePortName {
  readonly clusterIP: string
  readonly servicePort: number
  /** Absent when there is none. Honoured whatever the service's type says. */
  readonly nodePort: number | null
  readonly externalIPs: readonly string[]
  /** Addresses of status.loadBalancer.ingress that packets arrive with. */
  readonly loadBalancerVIPs: readonly string[]
  /** Empty: no restriction. */
  readonly loadBalancerSourceRanges: readonly string[]
  /** Seconds of ClientIP affinity; null without affinity. */
  readonly affinitySeconds: number | null
  readonly externalPolicyLocal: boolean
  readonly internalPolicyLocal: boolean
  readonly healthCheckNodePort: number | null
}

/** `ns/name:port`, or `ns/name` of an unnamed port: the text in comments and hashes. */
export function printServicePortName(name: ServicePortName): string {
  const service = `${name.namespace}/${name.name}`
  return name.port === '' ? service : `${service}:${name.port}`
}

/** Key of a service port in maps: `ns/name:port/tcp`. */
export function servicePortKey(name: ServicePortName): string {
  return `${printServicePortName(name)}/${name.protocol.toLowerCase()}`
}

/** Why kube-proxy writes nothing for a service, as a sentence; undefined when it does write rules. */
export function whySkipped(service: Service, family: Family): string | undefined {
  const { metadata, spec } = service
  if (SERVICE_PROXY_NAME_LABEL in metadata.labels) {
    return `label ${SERVICE_PROXY_NAME_LABEL} gives it to another proxy`
  }
  if (HEADLESS_LABEL in metadata.labels) return `label ${HEADLESS_LABEL} marks it as headless`
  if (spec.type === 'ExternalName') return 'type ExternalName is a DNS alias only'
  if (spec.clusterIP === 'None') return 'it is headless (clusterIP None): clients reach its pods directly'
  if (spec.clusterIP === undefined || spec.clusterIP === '') return 'it has no cluster IP yet'
  if (clusterIPOf(service, family) === undefined) return `it has no cluster IP of family ${apiFamily(family)}`
  return undefined
}

/**
 * All service ports of one family, ordered by name and protocol (ServiceChangeTracker, newBaseServiceInfo).
 * Services that another component serves or that have no cluster IP are left out (`whySkipped`); addresses and
 * ranges of the other family are left out of each port.
 */
export function servicePorts(services: Iterable<Service>, family: Family): readonly ServicePortInfo[] {
  return [...services]
    .filter((service) => whySkipped(service, family) === undefined)
    .flatMap((service) => portsOf(service, family))
    .sort((a, b) => byText(printServicePortName(a), printServicePortName(b)) || byText(a.protocol, b.protocol))
}

/** True when a node port, external IP or load balancer address leads to the service port. */
export function isExternallyAccessible(port: ServicePortInfo): boolean {
  return port.nodePort !== null || port.loadBalancerVIPs.length > 0 || port.externalIPs.length > 0
}

/** True when some traffic goes to the cluster-wide set: also with external policy Local (pods and the node). */
export function usesClusterEndpoints(port: ServicePortInfo): boolean {
  return !port.internalPolicyLocal || isExternallyAccessible(port)
}

/** True when some traffic goes only to endpoints on this node. */
export function usesLocalEndpoints(port: ServicePortInfo): boolean {
  return port.internalPolicyLocal || (port.externalPolicyLocal && isExternallyAccessible(port))
}

function portsOf(service: Service, family: Family): ServicePortInfo[] {
  const { metadata, spec } = service
  const shared = {
    clusterIP: clusterIPOf(service, family)!,
    externalIPs: Object.freeze(ofFamily(spec.externalIPs, family)),
    loadBalancerVIPs: Object.freeze(vipsOf(service, family)),
    loadBalancerSourceRanges: Object.freeze(sourceRanges(service, family)),
    affinitySeconds: affinityOf(service),
    externalPolicyLocal: spec.externalTrafficPolicy === 'Local' && canBeReachedFromOutside(service),
    internalPolicyLocal: spec.internalTrafficPolicy === 'Local',
    healthCheckNodePort: healthCheckNodePortOf(service),
  }
  return spec.ports.map((port) =>
    Object.freeze({
      namespace: metadata.namespace,
      name: metadata.name,
      port: port.name,
      protocol: port.protocol,
      servicePort: port.port,
      nodePort: port.nodePort === undefined || port.nodePort === 0 ? null : port.nodePort,
      ...shared,
    }),
  )
}

/** Without a configured timeout it is the API server's default, three hours. */
function affinityOf({ spec }: Service): number | null {
  return spec.sessionAffinity === 'ClientIP' ? (spec.sessionAffinityConfig?.clientIP.timeoutSeconds ?? 10_800) : null
}

function clusterIPOf(service: Service, family: Family): string | undefined {
  const { clusterIP, clusterIPs } = service.spec
  const candidates = clusterIPs.length > 0 ? clusterIPs : [clusterIP ?? '']
  return ofFamily(candidates, family)[0]
}

function vipsOf(service: Service, family: Family): string[] {
  const vips = service.status.loadBalancer.ingress.filter((ingress) => ingress.ipMode !== 'Proxy')
  return ofFamily(
    vips.map((ingress) => ingress.ip ?? ''),
    family,
  )
}

/** A range that holds every address lifts the restriction of its family. */
function sourceRanges(service: Service, family: Family): string[] {
  const ranges = service.spec.loadBalancerSourceRanges
    .map((range) => canonicalCidr(range.trim(), family))
    .filter((range) => range !== undefined)
  return ranges.some(isZeroCidr) ? [] : ranges
}

function canBeReachedFromOutside(service: Service): boolean {
  const { type, externalIPs } = service.spec
  return type === 'LoadBalancer' || type === 'NodePort' || (type === 'ClusterIP' && externalIPs.length > 0)
}

function healthCheckNodePortOf(service: Service): number | null {
  const { type, externalTrafficPolicy, healthCheckNodePort } = service.spec
  if (type !== 'LoadBalancer' || externalTrafficPolicy !== 'Local') return null
  return healthCheckNodePort === undefined || healthCheckNodePort === 0 ? null : healthCheckNodePort
}

function ofFamily(texts: readonly string[], family: Family): string[] {
  return texts.map((text) => canonicalIp(text, family)).filter((ip) => ip !== undefined)
}

function apiFamily(family: Family): string {
  return family === 'inet' ? 'IPv4' : 'IPv6'
}
