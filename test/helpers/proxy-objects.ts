import {
  type Endpoint,
  type EndpointSlice,
  HEADLESS_LABEL,
  type Protocol,
  type Service,
  SERVICE_NAME_LABEL,
  type ServicePort,
  type ServiceSpec,
  type ServiceStatus,
  type StringMap,
} from '../../src/api/index.js'
import { type ProxyInput, type ProxyNode, type ProxyOptions, proxyOptions } from '../../src/service/index.js'

/** A service in few words: what is left out is what the API server would fill in. */
export interface ServiceWords extends Partial<Omit<ServiceSpec, 'ports'>> {
  /** `ns/name`. */
  readonly name: string
  readonly ports: readonly (Partial<ServicePort> & { readonly port: number })[]
  readonly ingress?: ServiceStatus['loadBalancer']['ingress']
  readonly labels?: StringMap
}

/** A valid Service, defaulted as the API server does. */
export function service(words: ServiceWords): Service {
  const { name, ports, ingress, labels, ...spec } = words
  const clusterIP = spec.clusterIP ?? '172.30.0.41'
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(name, labels),
    spec: {
      type: 'ClusterIP',
      clusterIP,
      clusterIPs: [clusterIP],
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      externalIPs: [],
      sessionAffinity: 'None',
      externalTrafficPolicy: 'Cluster',
      internalTrafficPolicy: 'Cluster',
      allocateLoadBalancerNodePorts: true,
      loadBalancerSourceRanges: [],
      publishNotReadyAddresses: false,
      ...spec,
      ports: ports.map((port) => ({ name: '', protocol: 'TCP', targetPort: port.port, ...port })),
    },
    status: { loadBalancer: { ingress: ingress ?? [] } },
  }
}

/** An endpoint in few words; ready unless said otherwise. */
export interface EndpointWords {
  readonly ip: string
  readonly node?: string
  readonly ready?: boolean
  readonly serving?: boolean
  readonly terminating?: boolean
  readonly zones?: readonly string[]
  readonly nodes?: readonly string[]
}

/** An EndpointSlice in few words. */
export interface SliceWords {
  /** `ns/name` of the service. */
  readonly of: string
  readonly name?: string
  readonly ports: readonly { readonly name?: string; readonly protocol?: Protocol; readonly port?: number }[]
  readonly endpoints: readonly EndpointWords[]
  readonly addressType?: EndpointSlice['addressType']
  readonly headless?: boolean
}

/** A valid EndpointSlice. */
export function slice(words: SliceWords): EndpointSlice {
  const [namespace, serviceName] = words.of.split('/') as [string, string]
  const headless = words.headless === true ? { [HEADLESS_LABEL]: '' } : {}
  const labels = { [SERVICE_NAME_LABEL]: serviceName, ...headless }
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: metadata(`${namespace}/${words.name ?? `${serviceName}-abcde`}`, labels),
    addressType: words.addressType ?? 'IPv4',
    ports: words.ports.map((port) => ({ name: '', protocol: 'TCP', ...port })),
    endpoints: words.endpoints.map(endpoint),
  }
}

function endpoint(words: EndpointWords): Endpoint {
  const { ip, node, ready, serving, terminating, zones = [], nodes = [] } = words
  const hints = { forZones: zones.map((name) => ({ name })), forNodes: nodes.map((name) => ({ name })) }
  return {
    addresses: [ip],
    conditions: {
      ...(ready === undefined ? {} : { ready }),
      ...(serving === undefined ? {} : { serving }),
      ...(terminating === undefined ? {} : { terminating }),
    },
    ...(node === undefined ? {} : { nodeName: node }),
    ...(zones.length + nodes.length === 0 ? {} : { hints }),
  }
}

function metadata(name: string, labels: StringMap = {}): Service['metadata'] {
  const [namespace, plain] = name.split('/') as [string, string]
  return { name: plain, namespace, labels, annotations: {}, ownerReferences: [] }
}

/** Node name, addresses and pod network that the flow tables speak of. */
export const NODE = 'node-1'
export const NODE_IP = '192.168.0.2'
export const POD_CIDR = '10.0.0.0/8'

/** A node with a bridge, a second device and loopback. */
export const node: ProxyNode = {
  name: NODE,
  ips: [NODE_IP],
  labels: {},
  localAddresses: ['127.0.0.1', NODE_IP, '192.168.1.2', '10.244.1.1'],
}

/** Options with the detector most clusters have. */
export function options(given: Partial<ProxyOptions> = {}): ProxyOptions {
  return proxyOptions({ detectLocal: { mode: 'ClusterCIDR', cidrs: [POD_CIDR] }, ...given })
}

/** Input of one proxy. */
export function input(
  objects: readonly (Service | EndpointSlice)[],
  on: Partial<ProxyNode> = {},
): ProxyInput & { readonly services: readonly Service[]; readonly endpointSlices: readonly EndpointSlice[] } {
  return {
    services: objects.filter((object) => object.kind === 'Service'),
    endpointSlices: objects.filter((object) => object.kind === 'EndpointSlice'),
    node: { ...node, ...on },
  }
}
