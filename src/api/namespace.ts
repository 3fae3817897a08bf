import type { ObjectBase } from './meta.js'

/** v1 Namespace. Only its existence and labels matter here. */
export interface Namespace extends ObjectBase {
  readonly apiVersion: 'v1'
  readonly kind: 'Namespace'
}
