import {
  type Endpoint,
  type EndpointHints,
  type EndpointPort,
  type EndpointSlice,
  hasSelector,
  HEADLESS_LABEL,
  isHeadless,
  isPodReady,
  isPodTerminal,
  labelsMatch,
  MANAGED_BY_LABEL,
  type Pod,
  type Service,
  SERVICE_NAME_LABEL,
  serviceNameOf,
  ZONE_LABEL,
} from '../api/index.js'
import { familyOf } from '../addr/index.js'
import { controllerRef, metaOf } from './generated.js'
import { canonicalJson } from './hash.js'
import type { Settlement } from './settlement.js'

/** managed-by of slices that follow from selectors. */
const SLICE_CONTROLLER = 'endpointslice-controller.k8s.io'

/** Writes the slices of every service with a selector: one per set of ports its pods resolve to. */
export function settleEndpointSlices(s: Settlement): void {
  for (const service of s.store.list('Service')) {
    if (!hasSelector(service)) continue
    const groups = groupByPorts(s, service)
    warnOfMissingPorts(s, service, [...groups.values()])
    putSlices(s, service, SLICE_CONTROLLER, [...groups.values()])
  }
}

/** A slice without its name. */
export interface SliceContent {
  readonly ports: readonly EndpointPort[]
  readonly endpoints: readonly Endpoint[]
}

/** A named targetPort that none of the pods has: the service port exists and has no endpoint. */
function warnOfMissingPorts(s: Settlement, service: Service, contents: readonly SliceContent[]): void {
  if (contents.every((content) => content.endpoints.length === 0)) return
  service.spec.ports.forEach(({ name, protocol, targetPort }, i) => {
    const found = contents.some(({ ports }) => ports.some((p) => p.name === name && p.protocol === protocol))
    if (found) return
    const message = `none of its pods has a ${protocol} container port named "${targetPort}"`
    s.warn(service, `spec.ports[${i}].targetPort`, message, 'use the name or the number of a container port')
  })
}

function groupByPorts(s: Settlement, service: Service): Map<string, SliceContent> {
  const groups = new Map<string, { readonly ports: readonly EndpointPort[]; readonly endpoints: Endpoint[] }>()
  for (const pod of s.store.list('Pod', service.metadata.namespace)) {
    if (!labelsMatch(service.spec.selector ?? {}, pod.metadata.labels)) continue
    if (isPodTerminal(pod) || familyOf(pod.status.podIP ?? '') !== 'inet') continue
    const ports = resolvePorts(service, pod)
    const key = canonicalJson(ports)
    const group = groups.get(key) ?? { ports, endpoints: [] }
    group.endpoints.push(endpointOf(s, service, pod))
    groups.set(key, group)
  }
  if (groups.size === 0) groups.set('', { ports: [], endpoints: [] })
  return groups
}

/** The service's ports as this pod serves them. A pod without a container port of the name lacks that port. */
function resolvePorts(service: Service, pod: Pod): EndpointPort[] {
  return service.spec.ports.flatMap(({ name, protocol, targetPort, appProtocol }): EndpointPort[] => {
    const port = typeof targetPort === 'number' ? targetPort : findPort(pod, targetPort, protocol)
    if (port === undefined) return []
    return [{ name, protocol, port, ...(appProtocol === undefined ? {} : { appProtocol }) }]
  })
}

function findPort(pod: Pod, name: string, protocol: string): number | undefined {
  const sidecars = pod.spec.initContainers.filter((container) => container.restartPolicy === 'Always')
  const ports = [...pod.spec.containers, ...sidecars].flatMap((container) => container.ports)
  return ports.find((port) => port.name === name && port.protocol === protocol)?.containerPort
}

function endpointOf(s: Settlement, service: Service, pod: Pod): Endpoint {
  const { nodeName, hostname, subdomain } = pod.spec
  const { name, namespace } = pod.metadata
  const terminating = pod.metadata.deletionTimestamp !== undefined
  const serving = isPodReady(pod)
  const ready = service.spec.publishNotReadyAddresses || (serving && !terminating)
  const zone = s.store.get('Node', nodeName ?? '')?.metadata.labels[ZONE_LABEL]
  const hints = ready ? hintsOf(service, nodeName, zone) : undefined
  return {
    addresses: [pod.status.podIP!],
    conditions: { ready, serving, terminating },
    ...(hostname !== undefined && subdomain === service.metadata.name ? { hostname } : {}),
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(zone === undefined ? {} : { zone }),
    targetRef: { kind: 'Pod', name, namespace },
    ...(hints === undefined ? {} : { hints }),
  }
}

/** trafficDistribution: each endpoint is for its own zone, with PreferSameNode also for its own node. */
function hintsOf(service: Service, node: string | undefined, zone: string | undefined): EndpointHints | undefined {
  const { trafficDistribution } = service.spec
  if (trafficDistribution === undefined) return undefined
  const forZones = zone === undefined ? [] : [{ name: zone }]
  const forNodes = trafficDistribution === 'PreferSameNode' && node !== undefined ? [{ name: node }] : []
  return forZones.length + forNodes.length === 0 ? undefined : { forZones, forNodes }
}

/** Makes a manager's slices of a service have just these contents; names of slices with the same ports stay. */
export function putSlices(s: Settlement, service: Service, manager: string, contents: readonly SliceContent[]): void {
  const { name, namespace } = service.metadata
  const existing = s.store
    .list('EndpointSlice', namespace)
    .filter((slice) => serviceNameOf(slice) === name && slice.metadata.labels[MANAGED_BY_LABEL] === manager)
  const free = new Map(existing.map((slice) => [canonicalJson(slice.ports), slice]))
  const kept = new Set<EndpointSlice>()
  const unnamed: SliceContent[] = []
  for (const content of contents) {
    const slice = free.get(canonicalJson(content.ports))
    if (slice === undefined) unnamed.push(content)
    else {
      kept.add(slice)
      s.store.put({ ...slice, ...content, metadata: { ...slice.metadata, labels: sliceLabels(service, manager) } })
    }
  }
  const spare = existing.filter((slice) => !kept.has(slice))
  for (const content of unnamed) {
    const reused = spare.shift()
    if (reused !== undefined) s.store.put({ ...reused, ...content })
    else s.store.put(newSlice(s, service, manager, content))
  }
  for (const slice of spare) s.store.delete('EndpointSlice', slice.metadata.name, namespace)
}

function sliceLabels(service: Service, manager: string): Record<string, string> {
  return {
    ...service.metadata.labels,
    [SERVICE_NAME_LABEL]: service.metadata.name,
    [MANAGED_BY_LABEL]: manager,
    ...(isHeadless(service) ? { [HEADLESS_LABEL]: '' } : {}),
  }
}

function newSlice(s: Settlement, service: Service, manager: string, content: SliceContent): EndpointSlice {
  const { name, namespace } = service.metadata
  const taken = (candidate: string): boolean => s.store.get('EndpointSlice', candidate, namespace) !== undefined
  const sliceName = s.generateName(`slice ${namespace}/${name} ${canonicalJson(content.ports)}`, `${name}-`, taken)
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: metaOf({
      name: sliceName,
      namespace,
      labels: sliceLabels(service, manager),
      ownerReferences: [controllerRef(service)],
    }),
    addressType: 'IPv4',
    ...content,
  }
}
