import type { Cidr } from '../../addr/index.js'

/** The network's configuration (net-conf.json), the same on every node. */
export interface FlannelConfig {
  /** All pods of the cluster. */
  readonly network: Cidr
  readonly backend: 'vxlan' | 'host-gw'
  /** VXLAN network identifier; flannel's default is 1. */
  readonly vni: number
  /** UDP port of the tunnel; Linux' own default is 8472. */
  readonly port: number
}
