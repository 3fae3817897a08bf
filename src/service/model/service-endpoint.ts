import type { Family } from '../../addr/index.js'
import {
  type Endpoint,
  type EndpointPort,
  type EndpointSlice,
  HEADLESS_LABEL,
  SERVICE_PROXY_NAME_LABEL,
  serviceNameOf,
} from '../../api/index.js'
import { byText, canonicalIp, joinHostPort } from './ip-text.js'
import { servicePortKey } from './service-port.js'

/** One endpoint of a service port, as kube-proxy sees it from its node. */
export interface ServiceEndpoint {
  readonly ip: string
  readonly port: number
  /** `ip:port`: its identity, and what it is sorted by. */
  readonly text: string
  /** Its nodeName is this node's name; without a nodeName it is remote. */
  readonly isLocal: boolean
  readonly ready: boolean
  readonly serving: boolean
  readonly terminating: boolean
  readonly nodeName: string | null
  readonly zoneHints: readonly string[]
  readonly nodeHints: readonly string[]
}

/** Endpoints by `servicePortKey`; each list sorted by the text `ip:port`, without duplicates. */
export type EndpointsMap = ReadonlyMap<string, readonly ServiceEndpoint[]>

/**
 * Joins slices to service ports by service name, port name and protocol; `targetPort` plays no part
 * (EndpointSliceCache). Services need not exist. Text order is rule order: `10.1.1.11:11` before `10.1.1.1:11`.
 */
export function endpointsByServicePort(
  slices: Iterable<EndpointSlice>,
  from: { readonly family: Family; readonly nodeName: string },
): EndpointsMap {
  const found = new Map<string, Map<string, ServiceEndpoint>>()
  const inOrder = [...slices].sort((a, b) => byText(a.metadata.name, b.metadata.name))
  for (const slice of inOrder) {
    const service = serviceNameOf(slice)
    if (service === undefined || service === '' || isFiltered(slice) || !isOfFamily(slice, from.family)) continue
    for (const port of slice.ports) {
      if (port.port === undefined || port.port === 0) continue
      const { name, protocol } = port
      const key = servicePortKey({ namespace: slice.metadata.namespace, name: service, port: name, protocol })
      const byAddress = found.get(key) ?? new Map<string, ServiceEndpoint>()
      found.set(key, byAddress)
      addEndpoints(byAddress, slice.endpoints, { ...port, port: port.port }, from)
    }
  }
  return new Map([...found].map(([key, list]) => [key, [...list.values()].sort((a, b) => byText(a.text, b.text))]))
}

/** The informer's selector takes these away before kube-proxy sees them. */
function isFiltered(slice: EndpointSlice): boolean {
  return HEADLESS_LABEL in slice.metadata.labels || SERVICE_PROXY_NAME_LABEL in slice.metadata.labels
}

function isOfFamily(slice: EndpointSlice, family: Family): boolean {
  return slice.addressType === (family === 'inet' ? 'IPv4' : 'IPv6')
}

/** The first of several with one address stays, unless a later one is local. */
function addEndpoints(
  byAddress: Map<string, ServiceEndpoint>,
  endpoints: readonly Endpoint[],
  port: EndpointPort & { readonly port: number },
  from: { readonly family: Family; readonly nodeName: string },
): void {
  for (const endpoint of endpoints) {
    const ip = canonicalIp(endpoint.addresses[0] ?? '', from.family)
    if (ip === undefined) continue
    const seen = serviceEndpoint(endpoint, ip, port.port, from.nodeName)
    if (seen.isLocal || !byAddress.has(seen.text)) byAddress.set(seen.text, seen)
  }
}

function serviceEndpoint(endpoint: Endpoint, ip: string, port: number, nodeName: string): ServiceEndpoint {
  const { ready, serving, terminating } = endpoint.conditions
  return Object.freeze({
    ip,
    port,
    text: joinHostPort(ip, port),
    isLocal: endpoint.nodeName === nodeName,
    ready: ready ?? true,
    serving: serving ?? true,
    terminating: terminating ?? false,
    nodeName: endpoint.nodeName ?? null,
    zoneHints: Object.freeze((endpoint.hints?.forZones ?? []).map((hint) => hint.name)),
    nodeHints: Object.freeze((endpoint.hints?.forNodes ?? []).map((hint) => hint.name)),
  })
}
