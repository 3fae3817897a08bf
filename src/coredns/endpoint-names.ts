import { type Endpoint, type EndpointSlice, type Service, serviceNameOf } from '../api/index.js'
import type { Store } from '../store/index.js'
import type { ClusterDnsOptions } from './options.js'

/** One address of one endpoint of one slice. */
export interface EndpointAddress {
  readonly address: string
  /** Its label in front of the service's name. */
  readonly name: string
  readonly ready: boolean
  readonly slice: EndpointSlice
}

/** Whether an endpoint counts for DNS: ready true or absent. Neither serving nor terminating is looked at. */
export function isReadyForDns(endpoint: Endpoint): boolean {
  return endpoint.conditions.ready ?? true
}

/**
 * The one label that names an endpoint address: its hostname; with `endpoint_pod_names` its pod's name, if
 * shorter than 64 characters; else the address with dashes.
 */
function endpointName(endpoint: Endpoint, address: string, options: ClusterDnsOptions): string {
  if (endpoint.hostname !== undefined && endpoint.hostname !== '') return endpoint.hostname
  const pod = endpoint.targetRef?.name ?? ''
  if (options.endpointPodNames && pod !== '' && pod.length < 64) return pod
  if (!address.includes(':')) return address.replaceAll('.', '-')
  const dashed = address.replaceAll(':', '-')
  return dashed.endsWith('-') ? `${dashed}0` : dashed
}

/** Every address of the slices that belong to a service, ready or not, in the order of the slices. */
export function endpointsOf(
  store: Store,
  namespace: string,
  service: string,
  options: ClusterDnsOptions,
): EndpointAddress[] {
  if (options.noEndpoints) return []
  return store
    .list('EndpointSlice', namespace)
    .filter((slice) => serviceNameOf(slice) === service)
    .flatMap((slice) => addressesOf(slice, options))
}

/** Ready addresses equal to `address`, in all slices of the cluster that belong to a service. */
export function readyEndpointsAt(store: Store, address: string, options: ClusterDnsOptions): EndpointAddress[] {
  if (options.noEndpoints) return []
  return store
    .list('EndpointSlice')
    .filter((slice) => serviceNameOf(slice) !== undefined)
    .flatMap((slice) => addressesOf(slice, options))
    .filter((endpoint) => endpoint.ready && endpoint.address === address)
}

/** Addresses of type FQDN are no addresses: DNS has nothing to say of them. */
function addressesOf(slice: EndpointSlice, options: ClusterDnsOptions): EndpointAddress[] {
  if (slice.addressType === 'FQDN') return []
  return slice.endpoints.flatMap((endpoint) =>
    endpoint.addresses.map((address) => ({
      address,
      name: endpointName(endpoint, address, options),
      ready: isReadyForDns(endpoint),
      slice,
    })),
  )
}

/** spec.clusterIPs, else the one spec.clusterIP; empty for headless services. */
export function clusterIPsOf(service: Service): readonly string[] {
  const { clusterIP, clusterIPs } = service.spec
  const all = clusterIPs.length > 0 ? clusterIPs : [clusterIP ?? '']
  return all[0] === 'None' ? [] : all.filter((ip) => ip !== '')
}
