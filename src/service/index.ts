/**
 * @module service
 * kube-proxy: from Services and EndpointSlices to kernel state. One shared model, one folder per mode.
 */
export { type ConntrackEntry, needsConntrackCleanup, staleConntrackEntries } from './conntrack-cleanup.js'
export {
  type DestinationExplanation,
  type EndpointExplanation,
  explainService,
  explainServicePort,
  printExplanation,
  type ServiceExplanation,
  type ServicePortExplanation,
} from './explain.js'
export {
  type HealthCheckAnswer,
  healthCheckAnswer,
  type HealthCheckServer,
  healthCheckServers,
} from './health-check.js'
export { applyTo } from './iptables/apply.js'
export { endpointChain, serviceChains, type ServiceChains } from './iptables/chain-names.js'
export { type DesiredRules, desiredRules } from './iptables/desired-state.js'
export type { Jump } from './iptables/jumps.js'
export { iptablesSysctls } from './iptables/sysctls.js'
export { type CategorizedEndpoints, categorizeEndpoints, type EndpointSet } from './model/categorize-endpoints.js'
export { endpointsByServicePort, type EndpointsMap, type ServiceEndpoint } from './model/service-endpoint.js'
export {
  printServicePortName,
  servicePortKey,
  type ServicePortInfo,
  type ServicePortName,
  servicePorts,
  whySkipped,
} from './model/service-port.js'
export {
  type Fate,
  type ProxyInput,
  type ProxyNode,
  type ServicePortState,
  serviceStates,
} from './model/service-state.js'
export { decideTopology, type NodeTopology, type TopologyDecision } from './model/topology.js'
export {
  type ConntrackOptions,
  conntrackSysctls,
  DEFAULT_CONNTRACK_OPTIONS,
  type NodeKernel,
  programKernel,
  type SysctlSetting,
} from './node-kernel.js'
export { DEFAULT_PROXY_OPTIONS, type LocalDetector, type ProxyOptions, proxyOptions } from './options.js'
