/**
 * @module ipset
 * Sets of addresses, ports and devices that rules look packets up in.
 */
export type { SetRequest } from './packet-parts.js'
export {
  type CounterCondition,
  IpsetRegistry,
  type SetAddRequest,
  type SetListing,
  type SetTestRequest,
} from './registry.js'
