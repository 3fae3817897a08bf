import { serviceNameOf } from '../api/index.js'
import { assertNever } from '../base/index.js'
import type { Store } from '../store/index.js'
import { readyEndpointsAt, clusterIPsOf } from './endpoint-names.js'
import { EXISTS, type Found, type Missing } from './item.js'
import { lookupPod } from './lookup-pod.js'
import { lookupService } from './lookup-service.js'
import { labelsBelow } from './names.js'
import type { ClusterDnsOptions } from './options.js'
import { parseName } from './parse-name.js'
import { addressOfReverseName, isReverseName } from './reverse-name.js'

/** What a lower-case `name` in `zone` stands for (kubernetes plugin of CoreDNS, Records). */
export function lookup(store: Store, name: string, zone: string, options: ClusterDnsOptions): Found {
  if (isReverseName(name)) return { missing: { kind: 'reverse', address: addressOfReverseName(name) } }
  const request = parseName(labelsBelow(name, zone))
  switch (request.kind) {
    case 'invalid':
      return { missing: request.missing }
    case 'container':
      return EXISTS
    case 'namespace': {
      if (request.under === 'pod' && options.pods === 'disabled') return { missing: { kind: 'pods-disabled' } }
      const missing = missingNamespace(store, request.namespace, options)
      return missing === undefined ? EXISTS : { missing }
    }
    case 'service': {
      const missing = missingNamespace(store, request.namespace, options)
      return missing === undefined ? lookupService(store, request, options) : { missing }
    }
    case 'pod': {
      if (options.pods === 'disabled') return { missing: { kind: 'pods-disabled' } }
      const missing = missingNamespace(store, request.namespace, options)
      return missing === undefined ? lookupPod(store, request.namespace, request.label, options) : { missing }
    }
    default:
      return assertNever(request)
  }
}

/** A namespace is exposed when it exists and, if the option lists namespaces, is among them. */
function missingNamespace(store: Store, namespace: string, options: ClusterDnsOptions): Missing | undefined {
  if (!isListed(namespace, options)) return { kind: 'namespace', namespace, hidden: true }
  const exists = store.get('Namespace', namespace) !== undefined
  return exists ? undefined : { kind: 'namespace', namespace, hidden: false }
}

function isListed(namespace: string, options: ClusterDnsOptions): boolean {
  return options.namespaces === null || options.namespaces.includes(namespace)
}

/**
 * Names an address points back to, without the zone: the one service that has it as cluster IP, else each
 * endpoint that has it, in every service (kubernetes plugin of CoreDNS, serviceRecordForIP).
 */
export function lookupAddress(store: Store, address: string, options: ClusterDnsOptions): string[] {
  const service = store
    .list('Service')
    .find((s) => isListed(s.metadata.namespace, options) && clusterIPsOf(s).includes(address))
  if (service !== undefined) return [`${service.metadata.name}.${service.metadata.namespace}.svc`]
  const names = readyEndpointsAt(store, address, options)
    .filter(({ slice }) => isListed(slice.metadata.namespace, options))
    .map(({ name, slice }) => `${name}.${serviceNameOf(slice)!}.${slice.metadata.namespace}.svc`)
  return [...new Set(names)]
}
