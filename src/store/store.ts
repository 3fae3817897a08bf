import { type ApiObject, keyOf, type Kind, KINDS, type ObjectOf } from '../api/index.js'
import { deepEqual, deepFreeze } from './immutable.js'

/** One change, as a watch would deliver it. */
export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  /** Version of the store right after the change. */
  readonly version: number
  /** The object after the change; for DELETED, as it last was. */
  readonly object: ApiObject
}

/**
 * The cluster's objects by kind, namespace and name. Objects are deeply frozen when stored and replaced, never
 * edited. Every change takes the next version (etcd's revision), which becomes the object's resourceVersion.
 */
export class Store {
  private readonly kinds: Map<Kind, Map<string, ApiObject>> = new Map()
  private readonly log: StoreEvent[] = []
  private revision = 0

  /** Version of the last change; 0 while empty. */
  get version(): number {
    return this.revision
  }

  /** The object, or undefined. `namespace` is empty for cluster-scoped kinds. */
  get<K extends Kind>(kind: K, name: string, namespace = ''): ObjectOf<K> | undefined {
    const key = namespace === '' ? name : `${namespace}/${name}`
    return this.kinds.get(kind)?.get(key) as ObjectOf<K> | undefined
  }

  /** All objects of a kind, of one namespace if given, in the order they were first stored. */
  list<K extends Kind>(kind: K, namespace?: string): ObjectOf<K>[] {
    const all = [...(this.kinds.get(kind)?.values() ?? [])] as ObjectOf<K>[]
    return namespace === undefined ? all : all.filter((o) => o.metadata.namespace === namespace)
  }

  /** Every object of every kind, kinds in the order of {@link KINDS}. */
  all(): ApiObject[] {
    return (Object.keys(KINDS) as Kind[]).flatMap((kind) => this.list(kind) as ApiObject[])
  }

  /**
   * Stores an object under its kind, namespace and name, replacing what was there. Freezes it deeply. Storing
   * what is already there changes nothing, not even the version, as with the API server.
   * @returns the stored object, which carries its resourceVersion.
   */
  put<T extends ApiObject>(object: T): T {
    const objects = this.objectsOf(object.kind)
    const before = objects.get(keyOf(object))
    if (before !== undefined && deepEqual(withVersion(object, before.metadata.resourceVersion), before))
      return before as T
    const stored = deepFreeze(withVersion(object, String(++this.revision)))
    objects.set(keyOf(object), stored)
    this.record(before === undefined ? 'ADDED' : 'MODIFIED', stored)
    return stored
  }

  /** Removes an object. Gives what was removed, or undefined when there was nothing. */
  delete<K extends Kind>(kind: K, name: string, namespace = ''): ObjectOf<K> | undefined {
    const object = this.get(kind, name, namespace)
    if (object === undefined) return undefined
    this.objectsOf(kind).delete(keyOf(object))
    this.revision++
    this.record('DELETED', object)
    return object
  }

  /** Changes after `version`, oldest first: `since(store.version)` is empty, `since(0)` is everything. */
  since(version: number): readonly StoreEvent[] {
    return this.log.filter((event) => event.version > version)
  }

  private objectsOf(kind: Kind): Map<string, ApiObject> {
    const known = this.kinds.get(kind)
    if (known !== undefined) return known
    const made = new Map<string, ApiObject>()
    this.kinds.set(kind, made)
    return made
  }

  private record(type: StoreEvent['type'], object: ApiObject): void {
    this.log.push(Object.freeze({ type, version: this.revision, object }))
  }
}

function withVersion<T extends ApiObject>(object: T, resourceVersion: string | undefined): T {
  const { resourceVersion: _, ...metadata } = object.metadata
  return { ...object, metadata: resourceVersion === undefined ? metadata : { ...metadata, resourceVersion } }
}
