import fc from 'fast-check'
import type { AppPort } from './app.js'
import type { Manifest } from './manifest.js'

/** The service that hand-written slices belong to. */
export interface SliceOwner {
  readonly name: string
  readonly namespace: string
  readonly ports: readonly AppPort[]
  /** Addresses the endpoints may have; default some of 198.51.100.0/24 (outside of the cluster). */
  readonly addresses?: readonly string[]
}

/** One endpoint of a slice to be. */
export interface EndpointDraft {
  readonly address: string
  readonly conditions: { readonly ready?: boolean; readonly serving?: boolean; readonly terminating?: boolean }
}

/** TEST-NET-2 (RFC 5737): hosts outside of the cluster. */
const OUTSIDE: readonly string[] = Array.from({ length: 8 }, (_, i) => `198.51.100.${101 + i}`)

const CONDITIONS: readonly EndpointDraft['conditions'][] = [
  { ready: true },
  {},
  { ready: false },
  { ready: false, serving: true, terminating: true },
  { ready: false, serving: false, terminating: true },
]

/** Endpoints with addresses of their own; they shrink to none, each to a ready one. */
export function endpointDraftsArbitrary(addresses: readonly string[] = OUTSIDE): fc.Arbitrary<EndpointDraft[]> {
  return fc.uniqueArray(
    fc.record({ address: fc.constantFrom(...addresses), conditions: fc.constantFrom(...CONDITIONS) }),
    { selector: ({ address }) => address, maxLength: 4 },
  )
}

/** The slice as an object. */
export function endpointSliceOf(owner: SliceOwner, endpoints: readonly EndpointDraft[]): Manifest {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${owner.name}-manual`,
      namespace: owner.namespace,
      labels: { 'kubernetes.io/service-name': owner.name },
    },
    addressType: 'IPv4',
    ports: owner.ports.map(({ name, protocol, number }) => ({ name, protocol, port: number })),
    endpoints: endpoints.map(({ address, conditions }) => ({ addresses: [address], conditions })),
  }
}

/** Slices written by hand for a service without a selector: ready, unready, ending and undecided endpoints. */
export function endpointSliceArbitrary(owner: SliceOwner): fc.Arbitrary<Manifest> {
  return endpointDraftsArbitrary(owner.addresses).map((endpoints) => endpointSliceOf(owner, endpoints))
}
