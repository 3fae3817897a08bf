import { type ApiObject, isKind } from '../api/index.js'
import type { Settlement } from './settlement.js'

/**
 * Removes what controllers and the garbage collector would: objects whose controller was deleted, and pods of
 * deleted nodes. Only an owner that this store once had counts as deleted: a dump may hold pods without their
 * ReplicaSet.
 */
export function collectGarbage(s: Settlement): void {
  for (;;) {
    const deleted = deletedKeys(s)
    const orphans = deleted.size === 0 ? [] : s.store.all().filter((object) => isOrphan(s, object, deleted))
    if (orphans.length === 0) return
    for (const { kind, metadata } of orphans) s.store.delete(kind, metadata.name, metadata.namespace)
  }
}

function deletedKeys({ store }: Settlement): Set<string> {
  const events = store.since(0).filter((event) => event.type === 'DELETED')
  return new Set(events.map(({ object: { kind, metadata } }) => `${kind} ${metadata.namespace}/${metadata.name}`))
}

function isOrphan(s: Settlement, object: ApiObject, deleted: ReadonlySet<string>): boolean {
  const gone = (kind: string, name: string, namespace: string): boolean =>
    deleted.has(`${kind} ${namespace}/${name}`) && isKind(kind) && s.store.get(kind, name, namespace) === undefined
  if (object.kind === 'Pod' && object.spec.nodeName !== undefined && gone('Node', object.spec.nodeName, '')) return true
  const { namespace, ownerReferences } = object.metadata
  return ownerReferences.some((ref) => ref.controller && gone(ref.kind, ref.name, namespace))
}
