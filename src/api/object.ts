import type { SourcePosition } from '../base/index.js'
import type { Endpoints } from './endpoints.js'
import type { EndpointSlice } from './endpoint-slice.js'
import type { ObjectBase } from './meta.js'
import type { Namespace } from './namespace.js'
import type { Node } from './node.js'
import type { Pod } from './pod.js'
import type { Service } from './service.js'
import type { DaemonSet, Deployment, ReplicaSet, StatefulSet } from './workloads.js'

/** Every object we model, told apart by `kind`. */
export type ApiObject =
  Namespace | Node | Pod | Service | EndpointSlice | Endpoints | Deployment | ReplicaSet | StatefulSet | DaemonSet

/** Kinds we model. */
export type Kind = ApiObject['kind']

/** The object type of a kind: `ObjectOf<'Pod'>` is `Pod`. */
export type ObjectOf<K extends Kind> = Extract<ApiObject, { readonly kind: K }>

/** The API's facts about a kind. */
export interface KindInfo {
  readonly apiVersion: string
  readonly namespaced: boolean
}

/** All modelled kinds with their one supported apiVersion. */
export const KINDS: Readonly<Record<Kind, KindInfo>> = Object.freeze({
  Namespace: { apiVersion: 'v1', namespaced: false },
  Node: { apiVersion: 'v1', namespaced: false },
  Pod: { apiVersion: 'v1', namespaced: true },
  Service: { apiVersion: 'v1', namespaced: true },
  Endpoints: { apiVersion: 'v1', namespaced: true },
  EndpointSlice: { apiVersion: 'discovery.k8s.io/v1', namespaced: true },
  Deployment: { apiVersion: 'apps/v1', namespaced: true },
  ReplicaSet: { apiVersion: 'apps/v1', namespaced: true },
  StatefulSet: { apiVersion: 'apps/v1', namespaced: true },
  DaemonSet: { apiVersion: 'apps/v1', namespaced: true },
})

/** True when `kind` is one we model. */
export function isKind(kind: string): kind is Kind {
  return Object.hasOwn(KINDS, kind)
}

/** `NAMESPACE/NAME`, or `NAME` for cluster-scoped kinds. */
export function keyOf(object: ObjectBase): string {
  const { namespace, name } = object.metadata
  return namespace === '' ? name : `${namespace}/${name}`
}

/** How messages name an object: `Service shop/web`. */
export function describeObject(object: ObjectBase): string {
  return `${object.kind} ${keyOf(object)}`
}

/**
 * Where `path` of an object was written: the position of the nearest enclosing thing that was written at all
 * (a defaulted field gives its parent). Undefined for objects that were not read from a file.
 */
export function positionOf(object: Pick<ObjectBase, 'source'>, path = ''): SourcePosition | undefined {
  const positions = object.source?.positions
  if (positions === undefined) return undefined
  let at = path
  while (at !== '' && positions[at] === undefined) at = parentPath(at)
  return positions[at]
}

function parentPath(path: string): string {
  const cut = Math.max(path.lastIndexOf('.'), path.lastIndexOf('['))
  return cut <= 0 ? '' : path.slice(0, cut)
}
