/** Transport protocols of generated ports. */
export type PortProtocol = 'TCP' | 'UDP' | 'SCTP'

/** How a generated pod stands with its services. */
export type PodState = 'ready' | 'unready' | 'terminating'

/** Types of generated services; `Headless` is a ClusterIP service with `clusterIP: None`. */
export type GeneratedServiceType = 'ClusterIP' | 'Headless' | 'NodePort' | 'LoadBalancer' | 'ExternalName'

/** Kubernetes' Cluster and Local. */
export type Policy = 'Cluster' | 'Local'

/** What generated services may be. Every list names the allowed values, the one to shrink to first. */
export interface ServiceConstraints {
  /** Default: all. */
  readonly types?: readonly GeneratedServiceType[]
  /** Protocols of their ports; default TCP and UDP. */
  readonly protocols?: readonly PortProtocol[]
  /** Default: both. */
  readonly externalTrafficPolicies?: readonly Policy[]
  /** Default: both. */
  readonly internalTrafficPolicies?: readonly Policy[]
  /** Some have `sessionAffinity: ClientIP`; default true. */
  readonly sessionAffinity?: boolean
  /** Some load balancers have `loadBalancerSourceRanges`; default true. */
  readonly sourceRanges?: boolean
  /** Some have `externalIPs`; default true. */
  readonly externalIPs?: boolean
  /** Some have no selector and endpoints written by hand; default true. */
  readonly manualEndpoints?: boolean
  /** Some name a targetPort that nothing listens on; default true. */
  readonly deadTargetPorts?: boolean
}

/** What generated clusters may be. */
export interface ClusterConstraints {
  /** Default 4. */
  readonly maxNodes?: number
  /** Pods written as such, Deployments not counted; at least one is made. Default 6. */
  readonly maxPods?: number
  /** Default 2. */
  readonly maxDeployments?: number
  /** Default 3. */
  readonly maxServices?: number
  /** Default: both. */
  readonly cni?: readonly ('flannel-vxlan' | 'flannel-host-gw')[]
  /** Default: both. */
  readonly bridge?: readonly ('docker0' | 'cni0')[]
  /** Namespaces of the objects; default `default` and `shop`. */
  readonly namespaces?: readonly string[]
  /** States of pods; default all. */
  readonly podStates?: readonly PodState[]
  /** Some pods are on their node's network; default true. */
  readonly hostNetwork?: boolean
  /** Some pods have a hostPort; default true. */
  readonly hostPorts?: boolean
  readonly services?: ServiceConstraints
}

/** Service constraints with every default filled in. */
export type ResolvedServiceConstraints = Required<ServiceConstraints>

/** Cluster constraints with every default filled in. */
export type ResolvedClusterConstraints = Required<Omit<ClusterConstraints, 'services'>> & {
  readonly services: ResolvedServiceConstraints
}

/** Fills up service constraints. */
export function resolveServiceConstraints(given: ServiceConstraints = {}): ResolvedServiceConstraints {
  return {
    types: ['ClusterIP', 'NodePort', 'LoadBalancer', 'Headless', 'ExternalName'],
    protocols: ['TCP', 'UDP'],
    externalTrafficPolicies: ['Cluster', 'Local'],
    internalTrafficPolicies: ['Cluster', 'Local'],
    sessionAffinity: true,
    sourceRanges: true,
    externalIPs: true,
    manualEndpoints: true,
    deadTargetPorts: true,
    ...given,
  }
}

/** Fills up cluster constraints. */
export function resolveClusterConstraints(given: ClusterConstraints = {}): ResolvedClusterConstraints {
  return {
    maxNodes: 4,
    maxPods: 6,
    maxDeployments: 2,
    maxServices: 3,
    cni: ['flannel-vxlan', 'flannel-host-gw'],
    bridge: ['docker0', 'cni0'],
    namespaces: ['default', 'shop'],
    podStates: ['ready', 'unready', 'terminating'],
    hostNetwork: true,
    hostPorts: true,
    ...given,
    services: resolveServiceConstraints(given.services),
  }
}
