import { objectMeta } from './decode-common.js'
import { checkSlice, endpointSubset, sliceFields } from './decode-endpoints.js'
import { nodeSpec, nodeStatus } from './decode-node.js'
import { podSpec, podStatus } from './decode-pod.js'
import { serviceSpec, serviceStatus } from './decode-service.js'
import { daemonSetSpec, replicatedSpec, statefulSetSpec } from './decode-workloads.js'
import { type Decoder, defaulted, type Field, type Fields, list, mapped, record, required } from './decode.js'
import type { Endpoints } from './endpoints.js'
import type { EndpointSlice } from './endpoint-slice.js'
import type { ObjectMeta } from './meta.js'
import { dns1035LabelProblem, dns1123LabelProblem, dns1123SubdomainProblem } from './names.js'
import type { Namespace } from './namespace.js'
import type { Node } from './node.js'
import { type ApiObject, type Kind, KINDS, type ObjectOf } from './object.js'
import type { Pod } from './pod.js'
import type { Service } from './service.js'
import type { DaemonSet, Deployment, ReplicaSet, StatefulSet } from './workloads.js'

type Body<T extends ApiObject> = Omit<T, 'apiVersion' | 'kind' | 'source'>

function header(nameProblem: (name: string) => string | undefined): { readonly metadata: Field<ObjectMeta> } {
  return { metadata: required(objectMeta(nameProblem)) }
}

const subdomain = header(dns1123SubdomainProblem)
const IGNORED_TOP = ['apiVersion', 'kind', 'source']
const STATUS_IGNORED = [...IGNORED_TOP, 'status']

function body<T extends ApiObject>(fields: Fields<Body<T>>, ignored: readonly string[]): Decoder<Body<T>> {
  return record<Body<T>>(fields, ignored)
}

const DECODERS: { readonly [K in Kind]: Decoder<Body<ObjectOf<K>>> } = {
  Namespace: body<Namespace>(header(dns1123LabelProblem), [...IGNORED_TOP, 'spec', 'status']),
  Node: body<Node>(
    {
      ...subdomain,
      spec: defaulted(nodeSpec, { podCIDRs: [], unschedulable: false }),
      status: defaulted(nodeStatus, { addresses: [], conditions: [] }),
    },
    IGNORED_TOP,
  ),
  Pod: body<Pod>(
    { ...subdomain, spec: required(podSpec), status: defaulted(podStatus, { podIPs: [], conditions: [] }) },
    IGNORED_TOP,
  ),
  Service: body<Service>(
    {
      ...header(dns1035LabelProblem),
      spec: required(serviceSpec),
      status: defaulted(serviceStatus, { loadBalancer: { ingress: [] } }),
    },
    IGNORED_TOP,
  ),
  Endpoints: body<Endpoints>({ ...subdomain, subsets: defaulted(list(endpointSubset), []) }, IGNORED_TOP),
  EndpointSlice: mapped(body<EndpointSlice>({ ...subdomain, ...sliceFields }, IGNORED_TOP), checkSlice),
  Deployment: body<Deployment>({ ...subdomain, spec: required(replicatedSpec) }, STATUS_IGNORED),
  ReplicaSet: body<ReplicaSet>({ ...subdomain, spec: required(replicatedSpec) }, STATUS_IGNORED),
  StatefulSet: body<StatefulSet>({ ...subdomain, spec: required(statefulSetSpec) }, STATUS_IGNORED),
  DaemonSet: body<DaemonSet>({ ...subdomain, spec: required(daemonSetSpec) }, STATUS_IGNORED),
}

/**
 * Decodes the manifest of a known kind. Paths in the report start inside the object. A namespaced object without
 * a namespace gets `defaultNamespace`; a cluster-scoped one loses what namespace it was given.
 */
export function decodeObject(
  kind: Kind,
  value: unknown,
  defaultNamespace: string,
  report: Parameters<Decoder<unknown>>[2],
): ApiObject | undefined {
  const decoded = (DECODERS[kind] as Decoder<Body<ApiObject>>)(value, '', report)
  if (decoded === undefined) return undefined
  const { apiVersion, namespaced } = KINDS[kind]
  const namespace = namespaced ? decoded.metadata.namespace || defaultNamespace : ''
  const metadata = { ...decoded.metadata, namespace }
  return { apiVersion, kind, ...decoded, metadata } as unknown as ApiObject
}
