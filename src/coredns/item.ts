import { type Family, familyOf } from '../addr/index.js'

/** One thing a name stands for, before records of a type are made of it. */
export type Item = AddressItem | AliasItem

export interface AddressItem {
  readonly kind: 'address'
  readonly family: Family
  /** As written in the object. */
  readonly address: string
  /** −1 when the service or slice has no ports: no SRV. */
  readonly port: number
  /** Name of the item itself, below the zone: `web.default.svc`. */
  readonly target: string
}

/** An ExternalName. */
export interface AliasItem {
  readonly kind: 'alias'
  /** Without the last dot. */
  readonly target: string
}

/** Why a name does not exist. */
export type Missing =
  | { readonly kind: 'not-svc-or-pod'; readonly labels: readonly string[] }
  | { readonly kind: 'too-many-labels'; readonly labels: readonly string[] }
  | { readonly kind: 'namespace'; readonly namespace: string; readonly hidden: boolean }
  | { readonly kind: 'service'; readonly namespace: string; readonly service: string }
  | { readonly kind: 'empty-service'; readonly namespace: string; readonly service: string }
  | { readonly kind: 'external-name'; readonly namespace: string; readonly service: string; readonly value: string }
  | { readonly kind: 'external-name-sub-label'; readonly namespace: string; readonly service: string }
  | {
      readonly kind: 'no-ready-endpoint'
      readonly namespace: string
      readonly service: string
      readonly unready: number
    }
  | { readonly kind: 'endpoint'; readonly namespace: string; readonly service: string; readonly endpoint: string }
  | { readonly kind: 'port'; readonly namespace: string; readonly service: string; readonly port: string }
  | { readonly kind: 'pods-disabled' }
  | { readonly kind: 'pod-address'; readonly label: string }
  | { readonly kind: 'no-pod'; readonly namespace: string; readonly address: string }
  | { readonly kind: 'reverse'; readonly address: string | undefined }

/** What a look-up gives: items (none = the name exists and is empty) or the reason why there is no such name. */
export type Found = { readonly items: readonly Item[] } | { readonly missing: Missing }

/** The name exists and holds nothing: NODATA. */
export const EXISTS: Found = Object.freeze({ items: Object.freeze<Item[]>([]) })

/** An address item, or undefined when the text is no address. */
export function addressItem(address: string, port: number, target: string): AddressItem | undefined {
  const family = familyOf(address)
  return family === undefined ? undefined : { kind: 'address', family, address, port, target }
}
