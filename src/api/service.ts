import type { IntOrString, ObjectBase, Protocol, StringMap } from './meta.js'

/** spec.type of a Service. */
export type ServiceType = 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName'

/** An address family as the API spells it. */
export type IPFamily = 'IPv4' | 'IPv6'

/** external/internalTrafficPolicy. */
export type TrafficPolicy = 'Cluster' | 'Local'

/** spec.trafficDistribution; PreferClose is the older name of PreferSameZone. */
export type TrafficDistribution = 'PreferClose' | 'PreferSameZone' | 'PreferSameNode'

/** One port of a Service, with the API server's defaults filled in. */
export interface ServicePort {
  /** Empty when unnamed (allowed only for a single port). */
  readonly name: string
  readonly protocol: Protocol
  readonly port: number
  /** Container port number or name; equals `port` when omitted. */
  readonly targetPort: IntOrString
  /** Absent until allocated, and for services without node ports. */
  readonly nodePort?: number
  readonly appProtocol?: string
}

/** spec of a Service. */
export interface ServiceSpec {
  readonly type: ServiceType
  /** Absent or empty: endpoints are managed by hand. */
  readonly selector?: StringMap
  /** `'None'` for headless; absent until allocated, and for ExternalName. Equals clusterIPs[0]. */
  readonly clusterIP?: string
  readonly clusterIPs: readonly string[]
  readonly ipFamilies: readonly IPFamily[]
  readonly ipFamilyPolicy: 'SingleStack' | 'PreferDualStack' | 'RequireDualStack'
  readonly ports: readonly ServicePort[]
  readonly externalIPs: readonly string[]
  readonly externalName?: string
  readonly sessionAffinity: 'None' | 'ClientIP'
  /** Present exactly when sessionAffinity is ClientIP; the timeout is 10800 by default. */
  readonly sessionAffinityConfig?: { readonly clientIP: { readonly timeoutSeconds: number } }
  readonly externalTrafficPolicy: TrafficPolicy
  readonly internalTrafficPolicy: TrafficPolicy
  /** Only for LoadBalancer with externalTrafficPolicy Local. */
  readonly healthCheckNodePort?: number
  readonly allocateLoadBalancerNodePorts: boolean
  readonly loadBalancerSourceRanges: readonly string[]
  readonly loadBalancerIP?: string
  readonly publishNotReadyAddresses: boolean
  readonly trafficDistribution?: TrafficDistribution
}

/** One address of a load balancer; ip, hostname or both. */
export interface LoadBalancerIngress {
  readonly ip?: string
  readonly hostname?: string
  readonly ipMode?: 'VIP' | 'Proxy'
}

/** status of a Service. Without ingress a LoadBalancer is pending. */
export interface ServiceStatus {
  readonly loadBalancer: { readonly ingress: readonly LoadBalancerIngress[] }
}

/** v1 Service. */
export interface Service extends ObjectBase {
  readonly apiVersion: 'v1'
  readonly kind: 'Service'
  readonly spec: ServiceSpec
  readonly status: ServiceStatus
}

/** True for a headless service: `clusterIP: None`. */
export function isHeadless(service: Service): boolean {
  return service.spec.clusterIP === 'None'
}

/** True when endpoints follow from a selector (an ExternalName has none, whatever it says). */
export function hasSelector(service: Service): boolean {
  return service.spec.type !== 'ExternalName' && Object.keys(service.spec.selector ?? {}).length > 0
}

/** True for types that get node ports: NodePort, and LoadBalancer unless it opted out. */
export function wantsNodePorts(service: Service): boolean {
  const { type, allocateLoadBalancerNodePorts } = service.spec
  return type === 'NodePort' || (type === 'LoadBalancer' && allocateLoadBalancerNodePorts)
}

/** True for a LoadBalancer with externalTrafficPolicy Local, which gets a healthCheckNodePort. */
export function wantsHealthCheckNodePort(service: Service): boolean {
  return service.spec.type === 'LoadBalancer' && service.spec.externalTrafficPolicy === 'Local'
}
