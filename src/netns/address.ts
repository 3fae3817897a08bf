import { broadcastOf, type Ipv4, isLoopback, networkOf } from '../addr/index.js'
import type { NetDevice } from '../netdev/index.js'
import { type Route, type RouteType, SCOPE, TABLE } from './route.js'

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

/** The address of the same subnet that was there first and makes a new one secondary (__inet_insert_ifa). */
export function primaryOf(
  known: readonly DeviceAddress[],
  dev: NetDevice,
  address: Ipv4,
  prefix: number,
): DeviceAddress | undefined {
  return known.find((a) => !a.secondary && isSameSubnet(a, dev, address, prefix))
}

/** Both addresses are of one subnet of one device. */
export function isSameSubnet(a: DeviceAddress, dev: NetDevice, address: Ipv4, prefix: number): boolean {
  return a.device === dev && a.prefix === prefix && networkOf(a.address, prefix) === networkOf(address, prefix)
}

/**
 * Where a new address belongs in the list of all (__inet_insert_ifa): a secondary last; a primary behind the last
 * primary of its device whose scope is no narrower, so that link scope comes before global scope.
 */
export function placeOf(known: readonly DeviceAddress[], added: DeviceAddress): number {
  if (added.secondary) return known.length
  const first = known.findIndex((a) => a.device === added.device)
  if (first === -1) return known.length
  const last = known.findLastIndex((a) => a.device === added.device && !a.secondary && added.scope <= a.scope)
  return last === -1 ? first : last + 1
}

/** Routes that come with an address: local, connected, broadcast (fib_add_ifaddr). */
export function localRoutes(ifa: DeviceAddress): Route[] {
  const { device, address, prefix } = ifa
  const routes = [kernelRoute('local', address, 32, TABLE.local, SCOPE.host, ifa.primary, device)]
  const network = networkOf(address, prefix)
  if (network === 0 || ifa.secondary || (prefix === 32 && network === address)) return routes
  if (device.isLoopback) {
    routes.push(kernelRoute('local', network, prefix, TABLE.local, SCOPE.host, address, device))
  } else {
    routes.push(kernelRoute('unicast', network, prefix, TABLE.main, SCOPE.link, address, device))
  }
  if (prefix < 31) {
    routes.push(kernelRoute('broadcast', broadcastOf(network, prefix), 32, TABLE.local, SCOPE.link, address, device))
  }
  return routes
}

function kernelRoute(
  type: RouteType,
  destination: Ipv4,
  prefix: number,
  table: number,
  scope: number,
  prefSrc: Ipv4,
  device: NetDevice,
): Route {
  return {
    type,
    destination,
    prefix,
    table,
    tos: 0,
    metric: 0,
    scope,
    protocol: 'kernel',
    prefSrc,
    mtu: 0,
    nextHops: [{ device, gateway: 0, weight: 1, onlink: false }],
  }
}

/** inet_select_addr; null when no device of the host has an address of that scope. */
export function inetSelectAddr(
  addresses: readonly DeviceAddress[],
  dev: NetDevice,
  destination: Ipv4,
  scope: number,
  routeLocalnet: boolean,
): Ipv4 | null {
  const localnetScope = routeLocalnet ? SCOPE.link : SCOPE.host
  let first: Ipv4 | null = null
  for (const ifa of addresses) {
    if (ifa.device !== dev || ifa.secondary) continue
    if (Math.min(ifa.scope, localnetScope) > scope) continue
    if (destination === 0 || networkOf(destination, ifa.prefix) === networkOf(ifa.address, ifa.prefix))
      return ifa.address
    first ??= ifa.address
  }
  return first ?? anyAddress(addresses, scope)
}

/** in_dev_select_addr over all devices, `lo` first. */
function anyAddress(addresses: readonly DeviceAddress[], scope: number): Ipv4 | null {
  const usable = addresses
    .filter(
      (a) =>
        !a.secondary && a.scope !== SCOPE.link && a.scope <= scope && !(isLoopback(a.address) && scope < SCOPE.host),
    )
    .sort((a, b) => a.device.ifindex - b.device.ifindex)
  return usable[0]?.address ?? null
}
