import { isIpv6Text, parseIpv4 } from '../addr/index.js'
import type { TraceProtocol } from './document.js'

/** Workloads whose pods a question may mean. */
export type WorkloadKind = 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'ReplicaSet'

/** One end of a question as a person writes it. A `namespace` of null means the question's own. */
export type EndpointRef =
  | { readonly kind: 'pod'; readonly namespace: string | null; readonly name: string }
  | {
      readonly kind: 'workload'
      readonly workload: WorkloadKind
      readonly namespace: string | null
      readonly name: string
    }
  | { readonly kind: 'service'; readonly namespace: string | null; readonly name: string }
  | { readonly kind: 'node'; readonly name: string }
  /** The world outside of the cluster; null: an address of its own choosing. */
  | { readonly kind: 'external'; readonly address: string | null }
  | { readonly kind: 'address'; readonly address: string }
  /** To be resolved as the client would. */
  | { readonly kind: 'name'; readonly name: string }

/** An end of a question with what was written behind it. */
export interface ParsedEndpoint {
  readonly ref: EndpointRef
  /** Number, or the name of a service port or container port. */
  readonly port: number | string | null
  readonly protocol: TraceProtocol | null
}

const WORKLOADS: Readonly<Record<string, WorkloadKind>> = {
  deploy: 'Deployment',
  sts: 'StatefulSet',
  ds: 'DaemonSet',
  rs: 'ReplicaSet',
}

/** kubectl's short, singular and plural names, each to its short one. */
const RESOURCES: Readonly<Record<string, string>> = {
  po: 'pod',
  pod: 'pod',
  pods: 'pod',
  deploy: 'deploy',
  deployment: 'deploy',
  deployments: 'deploy',
  'deployment.apps': 'deploy',
  'deployments.apps': 'deploy',
  sts: 'sts',
  statefulset: 'sts',
  statefulsets: 'sts',
  'statefulset.apps': 'sts',
  ds: 'ds',
  daemonset: 'ds',
  daemonsets: 'ds',
  'daemonset.apps': 'ds',
  rs: 'rs',
  replicaset: 'rs',
  replicasets: 'rs',
  'replicaset.apps': 'rs',
  svc: 'svc',
  service: 'svc',
  services: 'svc',
  no: 'node',
  node: 'node',
  nodes: 'node',
}

const SCHEME_PORTS: Readonly<Record<string, { readonly port: number; readonly protocol: TraceProtocol }>> = {
  http: { port: 80, protocol: 'tcp' },
  https: { port: 443, protocol: 'tcp' },
  ws: { port: 80, protocol: 'tcp' },
  wss: { port: 443, protocol: 'tcp' },
}

export const PROTOCOLS: readonly TraceProtocol[] = ['tcp', 'udp', 'sctp', 'icmp']

/** What each form of an endpoint looks like, for messages. */
export const ENDPOINT_FORMS =
  'write pod/[NAMESPACE/]NAME, deploy|sts|ds|rs/[NAMESPACE/]NAME, svc/[NAMESPACE/]NAME[:PORT], node/NAME, external[/IP], IP[:PORT][/PROTOCOL], a DNS name or a URL'

const NAME_PATTERN = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/
const DNS_NAME_PATTERN = /^[A-Za-z0-9_]([-A-Za-z0-9_.]*[A-Za-z0-9_])?\.?$/
const PORT_NAME_PATTERN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/

/** What was wrong with an endpoint's text, and what would be right. */
export interface EndpointFault {
  readonly message: string
  readonly fix?: string
}

/** Reads one endpoint as {@link ENDPOINT_FORMS} describes it; a fault is a value, for the caller collects them. */
export function parseEndpoint(text: string): ParsedEndpoint | EndpointFault {
  if (text.trim() === '') return { message: 'is empty', fix: ENDPOINT_FORMS }
  if (text.includes('://')) return parseUrl(text)
  const suffix = /^(.*[^/])\/(tcp|udp|sctp|icmp)$/i.exec(text)
  const body = suffix === null || !endsAddress(suffix[1]!) ? text : suffix[1]!
  const protocol = body === text ? null : (suffix![2]!.toLowerCase() as TraceProtocol)
  if (isIpv6Text(body.replace(/^\[(.*)\](:\d+)?$/, '$1')))
    return { message: `"${text}" is an IPv6 address`, fix: 'only IPv4 is modelled' }
  const colon = body.lastIndexOf(':')
  const port = colon < 0 ? null : parsePort(body.slice(colon + 1))
  if (port !== null && typeof port === 'object') return port
  const host = colon < 0 ? body : body.slice(0, colon)
  const ref = host.includes('/') ? parseResource(host, text) : parseHost(host, text)
  return 'message' in ref ? ref : { ref, port, protocol }
}

/** Prints a reference as {@link parseEndpoint} reads it. */
export function printEndpoint(ref: EndpointRef): string {
  const inNamespace = (namespace: string | null, name: string): string =>
    namespace === null ? name : `${namespace}/${name}`
  switch (ref.kind) {
    case 'pod':
      return `pod/${inNamespace(ref.namespace, ref.name)}`
    case 'workload':
      return `${shortWorkload(ref.workload)}/${inNamespace(ref.namespace, ref.name)}`
    case 'service':
      return `svc/${inNamespace(ref.namespace, ref.name)}`
    case 'node':
      return `node/${ref.name}`
    case 'external':
      return ref.address === null ? 'external' : `external/${ref.address}`
    case 'address':
      return ref.address
    case 'name':
      return ref.name
  }
}

function shortWorkload(kind: WorkloadKind): string {
  return Object.keys(WORKLOADS).find((short) => WORKLOADS[short] === kind)!
}

function resourceOf(type: string): string | undefined {
  const key = type.toLowerCase()
  return Object.hasOwn(RESOURCES, key) ? RESOURCES[key] : undefined
}

/** A protocol may follow an address or a port; behind a bare resource name it would be a name itself. */
function endsAddress(body: string): boolean {
  const host = body.replace(/:[^:/]*$/, '')
  return host !== body || parseIpv4(host) !== undefined || !(host.includes('/') || resourceOf(host) !== undefined)
}

function parseUrl(text: string): ParsedEndpoint | EndpointFault {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([/?#].*)?$/i.exec(text)
  const scheme = match?.[1]?.toLowerCase() ?? ''
  const known =
    (Object.hasOwn(SCHEME_PORTS, scheme) ? SCHEME_PORTS[scheme] : undefined) ??
    (isTransport(scheme) ? { port: null, protocol: scheme } : undefined)
  if (match === null || known === undefined) {
    return {
      message: `"${text}" is not a URL that is understood`,
      fix: 'use http://, https://, ws://, wss://, tcp:// or udp://',
    }
  }
  const authority = match[2]!.replace(/^.*@/, '')
  const inner = parseEndpoint(authority)
  if ('message' in inner) return inner
  if (inner.ref.kind !== 'name' && inner.ref.kind !== 'address') {
    return { message: `"${text}" has no host`, fix: `write ${scheme}://HOST[:PORT]/` }
  }
  return { ref: inner.ref, port: inner.port ?? known.port, protocol: known.protocol }
}

function isTransport(scheme: string): scheme is 'tcp' | 'udp' | 'sctp' {
  return scheme === 'tcp' || scheme === 'udp' || scheme === 'sctp'
}

function parsePort(text: string): number | string | EndpointFault {
  if (/^\d+$/.test(text)) {
    const port = Number(text)
    return port >= 1 && port <= 65535 ? port : { message: `port ${text} is out of range`, fix: 'use 1 to 65535' }
  }
  if (PORT_NAME_PATTERN.test(text)) return text
  return {
    message: `"${text}" is neither a port number nor a port name`,
    fix: 'use 1 to 65535, or a port name of the service',
  }
}

function parseHost(host: string, text: string): EndpointRef | EndpointFault {
  if (host === 'external') return { kind: 'external', address: null }
  if (parseIpv4(host) !== undefined) return { kind: 'address', address: host }
  if (/^[\d.]+$/.test(host)) {
    return {
      message: `"${host}" is not an IPv4 address`,
      fix: 'write four decimal numbers from 0 to 255 without leading zeros',
    }
  }
  if (DNS_NAME_PATTERN.test(host) && host.length <= 253) return { kind: 'name', name: host }
  return { message: `"${text}" is not an endpoint`, fix: ENDPOINT_FORMS }
}

function parseResource(host: string, text: string): EndpointRef | EndpointFault {
  const [type = '', ...path] = host.split('/')
  if (type === 'external') return parseExternal(path, text)
  const resource = resourceOf(type)
  if (resource === undefined) return { message: `"${type}" is not a kind of endpoint`, fix: ENDPOINT_FORMS }
  const most = resource === 'node' ? 1 : 2
  const bad = path.find((part) => !NAME_PATTERN.test(part))
  if (path.length > most || bad !== undefined || path.length === 0) {
    const form = resource === 'node' ? 'node/NAME' : `${resource}/[NAMESPACE/]NAME`
    const why = bad === undefined ? `"${text}" has the wrong number of parts` : `"${bad}" in "${text}" is not a name`
    return { message: why, fix: `write ${form}` }
  }
  const name = path.at(-1)!
  const namespace = path.length === 2 ? path[0]! : null
  if (resource === 'pod') return { kind: 'pod', namespace, name }
  if (resource === 'svc') return { kind: 'service', namespace, name }
  if (resource === 'node') return { kind: 'node', name }
  return { kind: 'workload', workload: WORKLOADS[resource]!, namespace, name }
}

function parseExternal(path: readonly string[], text: string): EndpointRef | EndpointFault {
  const [address] = path
  if (path.length === 1 && address !== undefined && parseIpv4(address) !== undefined)
    return { kind: 'external', address }
  return { message: `"${text}" does not name an outside address`, fix: 'write external or external/IP' }
}
