/**
 * @module bridge
 * docker0 and cni0: learning bridge with br_netfilter.
 */
export { BridgeDevice } from './bridge-device.js'
export { Fdb, type FdbEntry } from './fdb.js'
export type { BridgeHost } from './host.js'
export { BridgePort } from './port.js'
