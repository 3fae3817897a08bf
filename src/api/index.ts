/**
 * @module api
 * The Kubernetes objects we model: validated, defaulted, stripped to what the network sees.
 */
export type { EndpointAddress, Endpoints, EndpointSubset } from './endpoints.js'
export {
  type Endpoint,
  type EndpointConditions,
  type EndpointHints,
  type EndpointPort,
  type EndpointSlice,
  HEADLESS_LABEL,
  MANAGED_BY_LABEL,
  SERVICE_NAME_LABEL,
  SERVICE_PROXY_NAME_LABEL,
  serviceNameOf,
} from './endpoint-slice.js'
export { labelsMatch, type LabelSelector, type LabelSelectorRequirement, selectorMatches } from './label-selector.js'
export type {
  Condition,
  IntOrString,
  ObjectBase,
  ObjectMeta,
  ObjectReference,
  ObjectSource,
  OwnerReference,
  Protocol,
  StringMap,
} from './meta.js'
export { didYouMean, nearMatches } from './near-matches.js'
export type { Namespace } from './namespace.js'
export {
  internalIP,
  type Node,
  type NodeAddress,
  type NodeAddressType,
  type NodeSpec,
  type NodeStatus,
  ZONE_LABEL,
} from './node.js'
export {
  type ApiObject,
  describeObject,
  isKind,
  keyOf,
  type Kind,
  type KindInfo,
  KINDS,
  type ObjectOf,
  positionOf,
} from './object.js'
export {
  type Container,
  type ContainerPort,
  type DnsPolicy,
  type HostAlias,
  isPodReady,
  isPodTerminal,
  type Pod,
  type PodDnsConfig,
  type PodPhase,
  type PodSpec,
  type PodStatus,
  type PodTemplate,
  READY_ANNOTATION,
} from './pod.js'
export {
  hasSelector,
  type IPFamily,
  isHeadless,
  type LoadBalancerIngress,
  type Service,
  type ServicePort,
  type ServiceSpec,
  type ServiceStatus,
  type ServiceType,
  type TrafficDistribution,
  type TrafficPolicy,
  wantsHealthCheckNodePort,
  wantsNodePorts,
} from './service.js'
export { type ParsedObjects, type ParseOptions, parseManifests, validateObjects } from './validate.js'
export type { ManifestSource } from './read-yaml.js'
export type { DaemonSet, Deployment, ReplicaSet, StatefulSet, StatefulSetSpec, WorkloadSpec } from './workloads.js'
