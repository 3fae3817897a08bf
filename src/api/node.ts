import type { Condition, ObjectBase } from './meta.js'

/** Kinds of node address that the API knows. */
export type NodeAddressType = 'InternalIP' | 'ExternalIP' | 'Hostname' | 'InternalDNS' | 'ExternalDNS'

/** One entry of status.addresses. */
export interface NodeAddress {
  readonly type: NodeAddressType
  readonly address: string
}

/** spec of a Node. */
export interface NodeSpec {
  /** One range per family; empty until allocated. The first equals podCIDR. */
  readonly podCIDRs: readonly string[]
  /** Cordoned: takes no new pods except those of a DaemonSet. */
  readonly unschedulable: boolean
}

/** status of a Node. */
export interface NodeStatus {
  readonly addresses: readonly NodeAddress[]
  readonly conditions: readonly Condition[]
}

/** v1 Node, without taints. */
export interface Node extends ObjectBase {
  readonly apiVersion: 'v1'
  readonly kind: 'Node'
  readonly spec: NodeSpec
  readonly status: NodeStatus
}

/** Label that names a node's zone. */
export const ZONE_LABEL = 'topology.kubernetes.io/zone'

/** The node's first InternalIP, or undefined while it has none. */
export function internalIP(node: Node): string | undefined {
  return node.status.addresses.find((a) => a.type === 'InternalIP')?.address
}
