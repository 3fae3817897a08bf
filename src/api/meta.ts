import type { SourcePosition } from '../base/index.js'

/** Labels, annotations, selectors of the simple kind: string to string. */
export type StringMap = Readonly<Record<string, string>>

/** Where an object was read: a position for the object itself (key `''`) and for every path inside it. */
export interface ObjectSource {
  readonly file: string
  /** Keys are kubectl paths: `spec.ports[0].port`. */
  readonly positions: Readonly<Record<string, SourcePosition>>
}

/** The owner that made an object, as in metadata.ownerReferences. */
export interface OwnerReference {
  readonly kind: string
  readonly name: string
  readonly controller: boolean
}

/** Points at another object: `targetRef` of an endpoint. */
export interface ObjectReference {
  readonly kind: string
  readonly name: string
  readonly namespace: string
}

/** metadata of every object. */
export interface ObjectMeta {
  readonly name: string
  /** Empty for cluster-scoped kinds (Node, Namespace). */
  readonly namespace: string
  readonly labels: StringMap
  readonly annotations: StringMap
  readonly ownerReferences: readonly OwnerReference[]
  /** RFC 3339 text; present while the object is being deleted. */
  readonly deletionTimestamp?: string
  /** Set by the store: the version at which the object was last written. */
  readonly resourceVersion?: string
}

/** What all kinds share. */
export interface ObjectBase {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMeta
  /** Present on objects read from a file; kept by copies made with spread. */
  readonly source?: ObjectSource
}

/** Transport protocols a port can name. */
export type Protocol = 'TCP' | 'UDP' | 'SCTP'

/** A port as a number or as the name of a container port. */
export type IntOrString = number | string

/** One entry of status.conditions. */
export interface Condition {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
}
