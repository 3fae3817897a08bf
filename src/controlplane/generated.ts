import type { ApiObject, ObjectMeta, OwnerReference } from '../api/index.js'

/** metadata of an object that the control plane makes. */
export function metaOf(given: Partial<ObjectMeta> & Pick<ObjectMeta, 'name' | 'namespace'>): ObjectMeta {
  return { labels: {}, annotations: {}, ownerReferences: [], ...given }
}

/** The reference an object carries to the one that controls it. */
export function controllerRef(owner: ApiObject): OwnerReference {
  return { kind: owner.kind, name: owner.metadata.name, controller: true }
}

/** True when `owner` controls `object` (same namespace). */
export function isControlledBy(object: ApiObject, owner: ApiObject): boolean {
  if (object.metadata.namespace !== owner.metadata.namespace) return false
  return object.metadata.ownerReferences.some(
    (ref) => ref.controller && ref.kind === owner.kind && ref.name === owner.metadata.name,
  )
}
