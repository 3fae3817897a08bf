import { broadcastOf, type Ipv4, networkOf } from '../addr/index.js'
import type { NetDevice } from '../netdev/index.js'
import { type Route, SCOPE, TABLE } from './route.js'

/** An address of a device (struct in_ifaddr). */
export interface DeviceAddress {
  readonly device: NetDevice
  readonly address: Ipv4
  readonly prefix: number
  readonly scope: number
  /** Another address of the same subnet was there first (IFA_F_SECONDARY). */
  readonly secondary: boolean
  /** The first address of the subnet, which is the source of everything a secondary brings along. */
  readonly primary: Ipv4
}

/** Routes that come with an address: local, connected, broadcast (fib_add_ifaddr). */
export function localRoutes(ifa: DeviceAddress): Route[] {
  const { device, address, prefix } = ifa
  const routes = [kernelRoute(ifa, 'local', address, 32)]
  const network = networkOf(address, prefix)
  if (network === 0 || ifa.secondary || (prefix === 32 && network === address)) return routes
  routes.push(kernelRoute(ifa, device.isLoopback ? 'local' : 'unicast', network, prefix))
  if (prefix < 31) routes.push(kernelRoute(ifa, 'broadcast', broadcastOf(network, prefix), 32))
  return routes
}

/** fib_magic */
function kernelRoute(
  ifa: DeviceAddress,
  type: 'local' | 'unicast' | 'broadcast',
  destination: Ipv4,
  prefix: number,
): Route {
  return {
    type,
    destination,
    prefix,
    table: type === 'unicast' ? TABLE.main : TABLE.local,
    tos: 0,
    metric: 0,
    scope: type === 'local' ? SCOPE.host : SCOPE.link,
    protocol: 'kernel',
    prefSrc: ifa.primary,
    mtu: 0,
    nextHops: [{ device: ifa.device, gateway: 0, weight: 1, onlink: false }],
  }
}
