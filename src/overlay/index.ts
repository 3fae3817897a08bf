/**
 * @module overlay
 * The VXLAN device and what flannel writes into a node for each of its backends.
 */
export type { FlannelConfig } from './flannel/config.js'
export { Flannel } from './flannel/flannel.js'
export { flannelRules, type FlannelRulesSpec } from './flannel/flannel-rules.js'
export type { Lease } from './flannel/lease.js'
export { VxlanDevice, type VxlanFdbEntry, type VxlanSpec } from './vxlan-device.js'
