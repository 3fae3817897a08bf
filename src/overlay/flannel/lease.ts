import type { Cidr, Ipv4, Mac } from '../../addr/index.js'

/** What one node tells the others: its pod network, where it is reached, and its tunnel device's MAC. */
export interface Lease {
  /** Pod CIDR of the node. */
  readonly subnet: Cidr
  /** The node's own address on the underlay. */
  readonly publicIp: Ipv4
  /** MAC of the node's VXLAN device; of no use to host-gw. */
  readonly vtepMac: Mac
}
