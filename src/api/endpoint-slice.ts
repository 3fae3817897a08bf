import type { ObjectBase, ObjectReference, Protocol } from './meta.js'

/** Conditions of an endpoint. Absent means: ready true, serving true, terminating false, for whoever reads them. */
export interface EndpointConditions {
  readonly ready?: boolean
  readonly serving?: boolean
  readonly terminating?: boolean
}

/** Who should use an endpoint. */
export interface EndpointHints {
  readonly forZones: readonly { readonly name: string }[]
  readonly forNodes: readonly { readonly name: string }[]
}

/** One endpoint of a slice. Consumers use only the first address. */
export interface Endpoint {
  readonly addresses: readonly string[]
  readonly conditions: EndpointConditions
  readonly hostname?: string
  readonly nodeName?: string
  readonly zone?: string
  readonly targetRef?: ObjectReference
  readonly hints?: EndpointHints
}

/** A port of all endpoints of a slice. Without a number it means all ports, and kube-proxy ignores it. */
export interface EndpointPort {
  readonly name: string
  readonly protocol: Protocol
  readonly port?: number
  readonly appProtocol?: string
}

/** discovery.k8s.io/v1 EndpointSlice. */
export interface EndpointSlice extends ObjectBase {
  readonly apiVersion: 'discovery.k8s.io/v1'
  readonly kind: 'EndpointSlice'
  readonly addressType: 'IPv4' | 'IPv6' | 'FQDN'
  readonly endpoints: readonly Endpoint[]
  readonly ports: readonly EndpointPort[]
}

/** Label that names the service a slice belongs to. */
export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name'
/** Label that says who manages a slice. */
export const MANAGED_BY_LABEL = 'endpointslice.kubernetes.io/managed-by'
/** Label (empty value) on slices of headless services. kube-proxy skips objects that carry it. */
export const HEADLESS_LABEL = 'service.kubernetes.io/headless'
/** Label on a Service that another proxy than kube-proxy serves. */
export const SERVICE_PROXY_NAME_LABEL = 'service.kubernetes.io/service-proxy-name'

/** Name of the service a slice belongs to (same namespace), or undefined. */
export function serviceNameOf(slice: EndpointSlice): string | undefined {
  return slice.metadata.labels[SERVICE_NAME_LABEL]
}
