import { formatCidr } from '../../addr/index.js'
import type { FlannelConfig } from './config.js'
import type { Lease } from './lease.js'

/**
 * Text of `/run/flannel/subnet.env`, which the CNI plugin and docker's options are made from. Masquerading is on, as
 * in flannel's own manifest. FLANNEL_SUBNET has the host bits of the first address: the bridge's.
 */
export function printSubnetEnv(lease: Lease, config: FlannelConfig, mtu: number): string {
  const { address, prefix } = lease.subnet
  return [
    `FLANNEL_NETWORK=${formatCidr(config.network)}`,
    `FLANNEL_SUBNET=${formatCidr({ address: address + 1, prefix })}`,
    `FLANNEL_MTU=${mtu}`,
    'FLANNEL_IPMASQ=true',
    '',
  ].join('\n')
}
