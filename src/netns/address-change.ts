import { type Ipv4, prefixMask } from '../addr/index.js'
import type { NetDevice } from '../netdev/index.js'
import { type DeviceAddress, localRoutes } from './address.js'
import type { Namespace } from './namespace.js'
import { type Route, TABLE } from './route.js'

/** `ip addr add`: the address, and with it the local, broadcast and connected routes (fib_add_ifaddr). */
export function addAddress(ns: Namespace, dev: NetDevice, address: Ipv4, prefix: number, scope: number): void {
  const added = ns.addresses.insert(dev, address, prefix, scope)
  for (const route of localRoutes(added)) ns.fib.addRoute(route)
}

/**
 * `ip addr del`: the address and its routes go (fib_del_ifaddr), with a primary address its secondaries too, unless
 * `promote_secondaries` makes the first of them the primary. The last address of a device takes its routes and
 * neighbours with it. False when there is no such address.
 */
export function removeAddress(ns: Namespace, dev: NetDevice, address: Ipv4, prefix: number): boolean {
  const gone = ns.addresses.find(dev, address, prefix)
  if (gone === undefined) return false
  const secondaries = ns.addresses.secondariesOf(gone)
  for (const secondary of secondaries) dropAddress(ns, secondary)
  dropAddress(ns, gone)
  if (ns.sysctls.effective('promote_secondaries', dev.name, 'or') !== 0) {
    for (const secondary of secondaries) addAddress(ns, dev, secondary.address, prefix, secondary.scope)
  }
  if (!ns.addresses.hasAny(dev)) disableIp(ns, dev)
  return true
}

/** fib_disable_ip: a device without addresses has neither routes nor neighbours. */
export function disableIp(ns: Namespace, dev: NetDevice): void {
  ns.fib.removeDevice(dev.name)
  for (const entry of ns.neighbours.entries()) {
    if (entry.device === dev) ns.neighbours.remove(dev, entry.address)
  }
}

function dropAddress(ns: Namespace, gone: DeviceAddress): void {
  ns.addresses.remove(gone)
  for (const route of localRoutes(gone)) ns.fib.removeRoute(route.table, (r) => isSameRoute(r, route))
  if (ns.addresses.deviceOf(gone.address) !== null) return
  // fib_sync_down_addr: routes of the main table that name the address as their source.
  while (ns.fib.removeRoute(TABLE.main, (r) => r.prefSrc === gone.address) !== undefined);
  ns.hooks.addressGone(gone.device.ifindex, gone.address)
}

function isSameRoute(a: Route, b: Route): boolean {
  return (
    a.type === b.type &&
    a.destination === b.destination &&
    a.prefix === b.prefix &&
    a.prefSrc === b.prefSrc &&
    a.nextHops[0]?.device === b.nextHops[0]?.device &&
    (a.destination & ~prefixMask(a.prefix)) === 0
  )
}
