import type { Condition, ObjectBase, ObjectMeta, Protocol, StringMap } from './meta.js'

/** One port that a container says it listens on. */
export interface ContainerPort {
  /** Empty when unnamed. */
  readonly name: string
  readonly containerPort: number
  readonly protocol: Protocol
  readonly hostPort?: number
  readonly hostIP?: string
}

/** A container or init container: only what the network sees of it. */
export interface Container {
  readonly name: string
  readonly image: string
  readonly ports: readonly ContainerPort[]
  /** Only on init containers: `Always` makes it a sidecar, whose ports stay open. */
  readonly restartPolicy?: 'Always'
}

/** Where the pod's resolv.conf starts from. */
export type DnsPolicy = 'ClusterFirst' | 'ClusterFirstWithHostNet' | 'Default' | 'None'

/** spec.dnsConfig: merged over what dnsPolicy gives. */
export interface PodDnsConfig {
  readonly nameservers: readonly string[]
  readonly searches: readonly string[]
  readonly options: readonly { readonly name: string; readonly value?: string }[]
}

/** One entry added to the pod's /etc/hosts. */
export interface HostAlias {
  readonly ip: string
  readonly hostnames: readonly string[]
}

/** spec of a Pod, and of a pod template. */
export interface PodSpec {
  /** The node it runs on; absent until scheduled. */
  readonly nodeName?: string
  readonly nodeSelector: StringMap
  readonly hostNetwork: boolean
  readonly dnsPolicy: DnsPolicy
  readonly dnsConfig?: PodDnsConfig
  readonly hostname?: string
  readonly subdomain?: string
  readonly restartPolicy: 'Always' | 'OnFailure' | 'Never'
  readonly containers: readonly Container[]
  readonly initContainers: readonly Container[]
  readonly hostAliases: readonly HostAlias[]
}

/** Where a pod stands in its life. */
export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown'

/** status of a Pod. Everything is absent until given by a person or settled by the control plane. */
export interface PodStatus {
  readonly phase?: PodPhase
  /** Why a pod is Pending or Failed, in a sentence. */
  readonly message?: string
  readonly podIP?: string
  /** First equals podIP. */
  readonly podIPs: readonly { readonly ip: string }[]
  readonly hostIP?: string
  readonly conditions: readonly Condition[]
}

/** v1 Pod. */
export interface Pod extends ObjectBase {
  readonly apiVersion: 'v1'
  readonly kind: 'Pod'
  readonly spec: PodSpec
  readonly status: PodStatus
}

/** The pattern a workload makes pods from. */
export interface PodTemplate {
  readonly metadata: Pick<ObjectMeta, 'labels' | 'annotations'>
  readonly spec: PodSpec
}

/** Annotation on a pod or template: `"false"` makes its pods unready. */
export const READY_ANNOTATION = 'kubehop.dev/ready'

/** True when the pod's Ready condition is True (after settling; a pod without the condition is not ready). */
export function isPodReady(pod: Pod): boolean {
  return pod.status.conditions.some((c) => c.type === 'Ready' && c.status === 'True')
}

/** True when the pod has ended for good (phase Succeeded or Failed): it holds no IP and is no endpoint. */
export function isPodTerminal(pod: Pod): boolean {
  return pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed'
}
