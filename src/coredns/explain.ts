import { type EndpointSlice, nearMatches, serviceNameOf } from '../api/index.js'
import { assertNever } from '../base/index.js'
import { dns } from '../wire/index.js'
import { endpointsOf } from './endpoint-names.js'
import type { Item, Missing } from './item.js'
import { lookup } from './lookup.js'
import type { ClusterDnsOptions } from './options.js'
import { addressOfReverseName } from './reverse-name.js'
import type { PluginReply, ZoneQuery } from './zone-query.js'

/**
 * One line on why `reply` to `question` has no records, or is not known; null when it has some.
 * @param query the question as one about our zone, or null when it is about none.
 */
export function explain(
  question: dns.Question,
  query: ZoneQuery | null,
  reply: PluginReply,
  options: ClusterDnsOptions,
): string | null {
  const onlyAlias = reply.answers.length > 0 && reply.answers.every((record) => record.type === 'CNAME')
  if (reply.answers.length > 0 && !(onlyAlias && isAddressType(question.type))) return null
  if (query === null) return explainOutside(question, reply, options)
  const found = lookup(query.store, query.name, query.zone, options)
  if ('missing' in found) return explainMissing(found.missing, query, reply)
  return explainEmpty(found.items, query)
}

function isAddressType(type: string): boolean {
  return type === 'A' || type === 'AAAA'
}

function explainOutside(question: dns.Question, reply: PluginReply, options: ClusterDnsOptions): string {
  const { name, type } = question
  const where = `${name} is outside ${options.zone}`
  if (reply.rcode === dns.RCODE.NOERROR) return `${where}; the servers outside have no ${type} record for it`
  if (reply.rcode === dns.RCODE.NXDOMAIN) return `${where}; the servers outside say that it does not exist`
  if (options.upstream === null) return `${where}, and no forward plugin is configured`
  return `${where}: the question is forwarded, and what the servers outside answer is unknown`
}

/** The name exists, but not with records of this type. */
function explainEmpty(items: readonly Item[], query: ZoneQuery): string {
  const { qname, type } = query
  const alias = items.find((item) => item.kind === 'alias')
  if (alias !== undefined && isAddressType(type))
    return `${qname} is an ExternalName for ${alias.target}, which gives no ${type} record`
  if (items.length === 0) return `${qname} exists but holds no records: it is no service, endpoint or pod`
  if (!isAddressType(type)) return `${qname} exists but has no ${type} record`
  const other = type === 'A' ? 'IPv6' : 'IPv4'
  return `${qname} exists but has ${other} addresses only`
}

function explainMissing(missing: Missing, query: ZoneQuery, reply: PluginReply): string {
  const why = reasonFor(missing, query)
  if (reply.rcode === dns.RCODE.SERVFAIL && !query.options.synced) return `${why}; the API watch has not synced yet`
  if (missing.kind === 'reverse' && reply.rcode === dns.RCODE.SERVFAIL)
    return `${why}; the question is forwarded, and what the servers outside answer is unknown`
  return why
}

function reasonFor(missing: Missing, query: ZoneQuery): string {
  switch (missing.kind) {
    case 'not-svc-or-pod':
      return notSvcOrPod(missing.labels, query)
    case 'too-many-labels':
      return tooManyLabels(missing.labels, query)
    case 'namespace':
      return noNamespace(missing, query)
    case 'service':
      return noService(missing.namespace, missing.service, query)
    case 'empty-service':
      return `service ${missing.namespace}/${missing.service} has no ready endpoints, and the server ignores such services`
    case 'external-name':
      return `service ${missing.namespace}/${missing.service} has the externalName "${missing.value}", which is not a name`
    case 'external-name-sub-label':
      return `service ${missing.namespace}/${missing.service} is an ExternalName: there is nothing in front of its name`
    case 'no-ready-endpoint':
      return noReadyEndpoint(missing.namespace, missing.service, missing.unready)
    case 'endpoint':
      return noEndpoint(missing, query)
    case 'port':
      return noPort(missing, query)
    case 'pods-disabled':
      return `pod names are not served (pods disabled)`
    case 'pod-address':
      return `"${missing.label}" is not an address: pod names are addresses with dashes, such as 10-244-1-5`
    case 'no-pod':
      return `no pod in namespace ${missing.namespace} has the address ${missing.address}`
    case 'reverse':
      return noPointer(query)
    default:
      return assertNever(missing)
  }
}

function orTry(wanted: string, candidates: readonly string[], suffix = ''): string {
  const near = nearMatches(wanted, candidates).map((name) => `${name}${suffix}`)
  return near.length === 0 ? '' : `; did you mean ${near.join(' or ')}?`
}

function notSvcOrPod(labels: readonly string[], query: ZoneQuery): string {
  const [service, namespace, ...more] = labels
  const head = `names in ${query.zone} end in svc.${query.zone} or pod.${query.zone}`
  const known = service !== undefined && namespace !== undefined && more.length === 0
  if (!known || query.store.get('Service', service, namespace) === undefined) return head
  return `${head}; did you mean ${service}.${namespace}.svc.${query.zone}?`
}

function tooManyLabels(labels: readonly string[], query: ZoneQuery): string {
  const base = labels.join('.')
  const inner = base.indexOf(`.${query.zone}.`)
  if (inner >= 0) return `${base.slice(0, inner)}.${query.zone} with a search element behind it is no name`
  return `no name in ${query.zone} has ${labels.length} labels in front of it`
}

function noNamespace(missing: Extract<Missing, { kind: 'namespace' }>, query: ZoneQuery): string {
  const { namespace, hidden } = missing
  if (hidden) return `namespace ${namespace} is not among those the server exposes`
  const all = query.store.list('Namespace').map((object) => object.metadata.name)
  return `namespace ${namespace} does not exist${orTry(namespace, all)}`
}

/** A service of this name in another namespace is likelier meant than one of a similar name in this one. */
function noService(namespace: string, service: string, query: ZoneQuery): string {
  const head = `service ${service} does not exist in namespace ${namespace}`
  const services = query.store.list('Service')
  const elsewhere = services
    .filter((object) => object.metadata.name === service)
    .map((object) => object.metadata.namespace)
  if (elsewhere.length > 0) return `${head}; it does in ${elsewhere.join(', ')}: ${service}.${elsewhere[0]!}`
  const here = services
    .filter((object) => object.metadata.namespace === namespace)
    .map((object) => object.metadata.name)
  return `${head}${orTry(service, here)}`
}

function noReadyEndpoint(namespace: string, service: string, unready: number): string {
  const count = unready === 0 ? 'no endpoints' : `no ready endpoints (${unready} not ready)`
  return `headless service ${namespace}/${service} has ${count}`
}

function noEndpoint(missing: Extract<Missing, { kind: 'endpoint' }>, query: ZoneQuery): string {
  const { namespace, service, endpoint } = missing
  const all = endpointsOf(query.store, namespace, service, query.options)
  const head = `service ${namespace}/${service} has no ready endpoint named ${endpoint}`
  if (all.some((each) => each.name === endpoint)) return `${head}: it is not ready`
  return `${head}${orTry(
    endpoint,
    all.map((each) => each.name),
  )}`
}

function noPort(missing: Extract<Missing, { kind: 'port' }>, query: ZoneQuery): string {
  const { namespace, service, port } = missing
  const spec = query.store.get('Service', service, namespace)?.spec
  const slices = query.store.list('EndpointSlice', namespace).filter((slice) => serviceNameOf(slice) === service)
  const ports = spec?.clusterIP === 'None' ? slices.flatMap((slice: EndpointSlice) => slice.ports) : (spec?.ports ?? [])
  const names = [...new Set(ports.filter((p) => p.name !== '').map((p) => `_${p.name}._${p.protocol.toLowerCase()}`))]
  const has = names.length === 0 ? 'it has no named ports' : `it has ${names.join(', ')}`
  return `service ${namespace}/${service} has no port ${port}; ${has}`
}

function noPointer(query: ZoneQuery): string {
  const address = addressOfReverseName(query.name)
  if (address === undefined) return `${query.qname} is not a complete address`
  return `no service and no ready endpoint of one has the address ${address}`
}
