import { familyOf } from '../addr/index.js'
import type { Pod } from '../api/index.js'
import type { Store } from '../store/index.js'
import { addressItem, type Found, type Item } from './item.js'
import type { ClusterDnsOptions } from './options.js'

/**
 * Items of ADDRESS-WITH-DASHES.NS.pod (kubernetes plugin of CoreDNS, findPods). The namespace is known to be
 * exposed. `insecure` answers any address whether or not a pod has it; `verified` wants one in the namespace.
 */
export function lookupPod(store: Store, namespace: string, label: string, options: ClusterDnsOptions): Found {
  if (options.pods === 'disabled') return { missing: { kind: 'pods-disabled' } }
  const address = addressOfLabel(label)
  if (options.pods === 'insecure' && familyOf(address) === undefined) return { missing: { kind: 'pod-address', label } }
  if (options.pods === 'insecure') return { items: podItems(label, namespace, address) }
  const pods = store.list('Pod', namespace).filter((pod) => isWatched(pod) && pod.status.podIP === address)
  if (pods.length === 0) return { missing: { kind: 'no-pod', namespace, address } }
  return { items: pods.flatMap(() => podItems(label, namespace, address)) }
}

function podItems(label: string, namespace: string, address: string): Item[] {
  const item = addressItem(address, 0, `${label}.${namespace}.pod`)
  return item === undefined ? [] : [item]
}

/** Three dashes and no double one make an IPv4 address; anything else is read as IPv6. */
function addressOfLabel(label: string): string {
  const isIpv4 = label.split('-').length === 4 && !label.includes('--')
  return label.replaceAll('-', isIpv4 ? '.' : ':')
}

function isWatched(pod: Pod): boolean {
  const phase = pod.status.phase
  const ended = phase === 'Succeeded' || phase === 'Failed' || phase === 'Unknown'
  return !ended && pod.metadata.deletionTimestamp === undefined
}
