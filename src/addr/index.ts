/**
 * @module addr
 * Addresses as plain numbers, their text forms, and CIDR algebra.
 */
export {
  broadcastOf,
  type Cidr,
  cidrContains,
  cidrOf,
  cidrOverlaps,
  formatCidr,
  type InterfaceAddress,
  networkOf,
  parseCidr,
  parseInterfaceAddress,
  prefixMask,
} from './cidr.js'
export { CidrPool } from './cidr-pool.js'
export { type Family, familyOf, isIpv6Text } from './family.js'
export { formatIpv4, type Ipv4, isLimitedBroadcast, isLoopback, isMulticast, isZeronet, parseIpv4 } from './ipv4.js'
export { BROADCAST_MAC, formatMac, isGroupMac, type Mac, parseMac } from './mac.js'
export { type HostRange, hostsOf, parseNetmask, splitCidr } from './split-cidr.js'
