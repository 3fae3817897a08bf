/**
 * @module overlay
 * The VXLAN device and what flannel writes into a node for each of its backends.
 */
export { VxlanDevice, type VxlanFdbEntry, type VxlanSpec } from './vxlan-device.js'
