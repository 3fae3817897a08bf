import { familyOf } from '../addr/index.js'
import { type Service, isHeadless } from '../api/index.js'
import type { Store } from '../store/index.js'
import { clusterIPsOf, type EndpointAddress, endpointsOf } from './endpoint-names.js'
import { addressItem, type Found, type Item, type Missing } from './item.js'
import { withoutRoot } from './names.js'
import type { ClusterDnsOptions } from './options.js'
import type { ServiceRequest } from './parse-name.js'

/** A port as DNS sees it. */
interface NamedPort {
  readonly name: string
  readonly protocol: string
  readonly port: number
}

/** Stands in for the ports of a service or slice that has none: addresses yes, SRV no. */
const PORTLESS: readonly NamedPort[] = Object.freeze([{ name: '', protocol: '', port: -1 }])

/** Items of a service name (kubernetes plugin of CoreDNS, findServices). The namespace is known to be exposed. */
export function lookupService(store: Store, request: ServiceRequest, options: ClusterDnsOptions): Found {
  const { namespace, service: name } = request
  const service = store.get('Service', name, namespace)
  if (service === undefined) return { missing: { kind: 'service', namespace, service: name } }
  if (service.spec.type === 'ExternalName') return lookupAlias(service, request)
  const endpoints = endpointsOf(store, namespace, name, options)
  if (options.ignoreEmptyService && !isHeadless(service) && !endpoints.some((endpoint) => endpoint.ready))
    return { missing: { kind: 'empty-service', namespace, service: name } }
  const items =
    isHeadless(service) || request.endpoint !== null
      ? endpointItems(endpoints, request)
      : clusterIPItems(service, request)
  return items.length > 0 ? { items } : { missing: whyNone(request, endpoints) }
}

function lookupAlias(service: Service, request: ServiceRequest): Found {
  const { namespace, service: name } = request
  if (request.endpoint !== null || request.portAndProtocol !== null)
    return { missing: { kind: 'external-name-sub-label', namespace, service: name } }
  const value = service.spec.externalName ?? ''
  if (value === '' || familyOf(value) !== undefined)
    return { missing: { kind: 'external-name', namespace, service: name, value } }
  return { items: [{ kind: 'alias', target: withoutRoot(value) }] }
}

/** One item per ready address and matching slice port. */
function endpointItems(endpoints: readonly EndpointAddress[], request: ServiceRequest): Item[] {
  return endpoints
    .filter((endpoint) => endpoint.ready)
    .filter((endpoint) => request.endpoint === null || endpoint.name === request.endpoint)
    .flatMap(({ address, name, slice }) => {
      const ports = slice.ports.map((port) => ({ ...port, port: port.port ?? -1 }))
      const target = `${name}.${request.service}.${request.namespace}.svc`
      return matching(ports, request).map((port) => addressItem(address, port.port, target))
    })
    .filter((item) => item !== undefined)
}

/** One item per matching service port and cluster IP. */
function clusterIPItems(service: Service, request: ServiceRequest): Item[] {
  const target = `${request.service}.${request.namespace}.svc`
  return matching(service.spec.ports, request)
    .flatMap((port) => clusterIPsOf(service).map((ip) => addressItem(ip, port.port, target)))
    .filter((item) => item !== undefined)
}

function matching(ports: readonly NamedPort[], request: ServiceRequest): readonly NamedPort[] {
  const all = ports.length > 0 ? ports : PORTLESS
  const wanted = request.portAndProtocol
  if (wanted === null) return all
  return all.filter((port) => matches(wanted.port, port.name) && matches(wanted.protocol, port.protocol))
}

function matches(wanted: string, value: string): boolean {
  return wanted === '' || wanted === value.toLowerCase()
}

function whyNone(request: ServiceRequest, endpoints: readonly EndpointAddress[]): Missing {
  const { namespace, service, endpoint, portAndProtocol } = request
  if (endpoint !== null) return { kind: 'endpoint', namespace, service, endpoint }
  const ready = endpoints.filter((each) => each.ready)
  if (portAndProtocol === null || (endpoints.length > 0 && ready.length === 0))
    return { kind: 'no-ready-endpoint', namespace, service, unready: endpoints.length }
  return { kind: 'port', namespace, service, port: `_${portAndProtocol.port}._${portAndProtocol.protocol}` }
}
