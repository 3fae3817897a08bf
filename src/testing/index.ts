/**
 * @module testing
 * For tests of and with kubehop: fast-check arbitraries of clusters and what is in them, matchers for vitest.
 */
export { clusterArbitrary } from './cluster-arbitrary.js'
export { ClusterPlan } from './cluster-plan.js'
export type {
  ClusterConstraints,
  GeneratedServiceType,
  PodState,
  Policy,
  PortProtocol,
  ServiceConstraints,
} from './constraints.js'
export { type App, type AppPort } from './app.js'
export { briefTrace } from './brief-trace.js'
export { endpointSliceArbitrary, type SliceOwner } from './endpoint-slice-arbitrary.js'
export { clusterWithFlowsArbitrary, flowArbitrary, type PlanWithFlows } from './flow-arbitrary.js'
export { type Manifest, printManifests } from './manifest.js'
export {
  type Delivery,
  type Dropping,
  installMatchers,
  type KubehopMatchers,
  type MatcherResult,
  matchers,
  type Reach,
} from './matchers.js'
export { serviceArbitrary, type ServicePlace } from './service-arbitrary.js'
export type {} from './vitest.js'
