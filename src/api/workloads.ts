import type { LabelSelector } from './label-selector.js'
import type { ObjectBase } from './meta.js'
import type { PodTemplate } from './pod.js'

/** What every workload's spec has. */
export interface WorkloadSpec {
  readonly selector: LabelSelector
  readonly template: PodTemplate
}

/** apps/v1 Deployment. */
export interface Deployment extends ObjectBase {
  readonly apiVersion: 'apps/v1'
  readonly kind: 'Deployment'
  readonly spec: WorkloadSpec & { readonly replicas: number }
}

/** apps/v1 ReplicaSet. */
export interface ReplicaSet extends ObjectBase {
  readonly apiVersion: 'apps/v1'
  readonly kind: 'ReplicaSet'
  readonly spec: WorkloadSpec & { readonly replicas: number }
}

/** spec of a StatefulSet. */
export interface StatefulSetSpec extends WorkloadSpec {
  readonly replicas: number
  /** Headless service that names the pods; empty when none. */
  readonly serviceName: string
  /** `start` is the number of the first pod. */
  readonly ordinals: { readonly start: number }
}

/** apps/v1 StatefulSet. */
export interface StatefulSet extends ObjectBase {
  readonly apiVersion: 'apps/v1'
  readonly kind: 'StatefulSet'
  readonly spec: StatefulSetSpec
}

/** apps/v1 DaemonSet. */
export interface DaemonSet extends ObjectBase {
  readonly apiVersion: 'apps/v1'
  readonly kind: 'DaemonSet'
  readonly spec: WorkloadSpec
}
