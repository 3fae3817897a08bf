import { KINDS } from '../api/index.js'
import { metaOf } from './generated.js'
import type { Settlement } from './settlement.js'

/** Makes `default`, `kube-system` and every namespace that an object names. */
export function settleNamespaces({ store }: Settlement): void {
  const wanted = new Set(['default', 'kube-system'])
  for (const object of store.all()) if (KINDS[object.kind].namespaced) wanted.add(object.metadata.namespace)
  for (const name of wanted) {
    if (store.get('Namespace', name) !== undefined) continue
    const labels = { 'kubernetes.io/metadata.name': name }
    store.put({ apiVersion: 'v1', kind: 'Namespace', metadata: metaOf({ name, namespace: '', labels }) })
  }
}
