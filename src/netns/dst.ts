import type { Ipv4 } from '../addr/index.js'
import type { NetDevice } from '../netdev/index.js'
import type { DstRef } from '../wire/index.js'
import type { FibError } from './fib.js'
import type { Route } from './route.js'

/** What becomes of a routed packet (struct rtable): rth->rt_type and the functions behind dst_input/dst_output. */
export type DstType = 'unicast' | 'local' | 'broadcast' | 'multicast' | 'error'

/** A routing decision that travels with the packet (struct rtable). */
export class Dst implements DstRef {
  readonly type: DstType
  /** Device the packet leaves by; `lo` for local destinations of locally made packets. */
  readonly device: NetDevice
  /** 0 = the destination itself is the next hop. */
  readonly gateway: Ipv4
  /** Made for a received packet (rt_is_input). */
  readonly isInput: boolean
  /** For type 'error': which. */
  readonly error: FibError | null
  readonly route: Route | null
  /** Largest packet for this destination: the device's MTU, a route's, or a learnt path MTU. */
  readonly mtu: number
  /** Stands in for a route while a bridged frame visits the IP hooks (bridge_parent_rtable). */
  fake = false
  /** The path MTU is too small to be believed (ip_mtu_locked): packets may be fragmented on their way. */
  mtuLocked = false
  /** The path MTU was learnt from an ICMP error. */
  readonly pmtuLearnt: boolean

  constructor(
    type: DstType,
    device: NetDevice,
    gateway: Ipv4,
    isInput: boolean,
    route: Route | null,
    mtu: number,
    pmtuLearnt: boolean,
    error: FibError | null,
  ) {
    this.type = type
    this.device = device
    this.gateway = gateway
    this.isInput = isInput
    this.route = route
    this.mtu = mtu
    this.pmtuLearnt = pmtuLearnt
    this.error = error
  }
}
