import type { ObjectBase, ObjectReference, Protocol } from './meta.js'

/** One address of a subset. */
export interface EndpointAddress {
  readonly ip: string
  readonly hostname?: string
  readonly nodeName?: string
  readonly targetRef?: ObjectReference
}

/** Every address of a subset serves every port of it. */
export interface EndpointSubset {
  readonly addresses: readonly EndpointAddress[]
  readonly notReadyAddresses: readonly EndpointAddress[]
  readonly ports: readonly { readonly name: string; readonly port: number; readonly protocol: Protocol }[]
}

/** v1 Endpoints: the older form, mirrored into slices when written by hand. */
export interface Endpoints extends ObjectBase {
  readonly apiVersion: 'v1'
  readonly kind: 'Endpoints'
  readonly subsets: readonly EndpointSubset[]
}
