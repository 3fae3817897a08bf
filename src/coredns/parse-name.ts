import type { Missing } from './item.js'

/** What the labels of a name below the zone ask for. */
export type NameRequest =
  | { readonly kind: 'container' }
  | { readonly kind: 'namespace'; readonly under: 'svc' | 'pod'; readonly namespace: string }
  | ServiceRequest
  | { readonly kind: 'pod'; readonly namespace: string; readonly label: string }
  | { readonly kind: 'invalid'; readonly missing: Missing }

/** SVC.NS.svc, with an endpoint name or with a port and a protocol in front. */
export interface ServiceRequest {
  readonly kind: 'service'
  readonly namespace: string
  readonly service: string
  readonly endpoint: string | null
  /** Empty matches any, as in `_._tcp`. */
  readonly portAndProtocol: { readonly port: string; readonly protocol: string } | null
}

/**
 * Reads the lower-case labels in front of the zone, by the Kubernetes DNS specification as the kubernetes plugin
 * of CoreDNS understands it. There are no wildcards: `*` is a label like any other.
 */
export function parseName(labels: readonly string[]): NameRequest {
  const rest = [...labels]
  const under = rest.pop()
  if (under === undefined) return { kind: 'container' }
  if (under !== 'svc' && under !== 'pod') return { kind: 'invalid', missing: { kind: 'not-svc-or-pod', labels } }
  const namespace = rest.pop()
  if (namespace === undefined) return { kind: 'container' }
  const name = rest.pop()
  if (name === undefined) return { kind: 'namespace', under, namespace }
  if (rest.length > 2) return { kind: 'invalid', missing: { kind: 'too-many-labels', labels } }
  if (under === 'pod') return { kind: 'pod', namespace, label: name }
  return { kind: 'service', namespace, service: name, ...parsePrefix(rest) }
}

function parsePrefix(rest: readonly string[]): Pick<ServiceRequest, 'endpoint' | 'portAndProtocol'> {
  const [first, second] = rest
  if (first === undefined) return { endpoint: null, portAndProtocol: null }
  if (second === undefined) return { endpoint: first, portAndProtocol: null }
  return { endpoint: null, portAndProtocol: { port: unscored(first), protocol: unscored(second) } }
}

function unscored(label: string): string {
  return label.startsWith('_') ? label.slice(1) : label
}
