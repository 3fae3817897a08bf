import type { Ipv4 } from '../addr/index.js'
import type { NetDevice } from '../netdev/index.js'
import type { DstRef } from '../wire/index.js'
import type { FibError } from './fib.js'
import type { Route } from './route.js'

/** MTU towards a destination, with what ICMP taught about the way there (struct fib_nh_exception). */
export interface PathMtu {
  readonly mtu: number
  /** The MTU is an ICMP error's, not the route's or device's. */
  readonly learnt: boolean
  /** The learnt MTU is too small to be believed. */
  readonly locked: boolean
  /** Gateway of a redirect; null = none came. */
  readonly gateway: Ipv4 | null
}

/** What becomes of a routed packet (struct rtable): rth->rt_type and the functions behind dst_input/dst_output. */
export type DstType = 'unicast' | 'local' | 'broadcast' | 'multicast' | 'error'

/** A routing decision that travels with the packet (struct rtable). */
export class Dst implements DstRef {
  readonly type: DstType
  /** Device the packet leaves by; `lo` for local destinations of locally made packets. */
  readonly device: NetDevice
  /** Made for a received packet (rt_is_input). */
  readonly isInput: boolean
  readonly route: Route | null
  /** 0 = the destination itself is the next hop. */
  gateway: Ipv4 = 0
  /** Largest packet for this destination: the device's MTU, a route's, or a learnt path MTU. */
  mtu: number
  /** The path MTU was learnt from an ICMP error. */
  pmtuLearnt = false
  /** The path MTU is too small to be believed (ip_mtu_locked): packets may be fragmented on their way. */
  mtuLocked = false
  /** For type 'error': which. */
  error: FibError | null = null
  /** Stands in for a route while a bridged frame visits the IP hooks (bridge_parent_rtable). */
  fake = false

  private constructor(type: DstType, device: NetDevice, route: Route | null, isInput: boolean) {
    this.type = type
    this.device = device
    this.route = route
    this.isInput = isInput
    this.mtu = device.mtu
  }

  /** For a received packet: on the link of `device`, with its MTU. */
  static input(type: DstType, device: NetDevice, route: Route | null): Dst {
    return new Dst(type, device, route, true)
  }

  /** For a packet made here: on the link of `device`, with its MTU. */
  static output(type: DstType, device: NetDevice, route: Route | null): Dst {
    return new Dst(type, device, route, false)
  }

  /** rt_set_nexthop: the route's gateway and MTU, or what ICMP taught in their place. */
  setNextHop(gateway: Ipv4, path: PathMtu): void {
    this.gateway = path.gateway ?? gateway
    this.mtu = path.mtu
    this.pmtuLearnt = path.learnt
    this.mtuLocked = path.locked
  }
}
