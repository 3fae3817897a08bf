import type { ApiObject } from '../api/index.js'

/** System objects first: cluster DNS is there before the applications are. Otherwise the order stays. */
export function systemFirst<T extends ApiObject>(objects: readonly T[]): T[] {
  const isSystem = (object: T): boolean => object.metadata.namespace === 'kube-system'
  return [...objects.filter(isSystem), ...objects.filter((object) => !isSystem(object))]
}
