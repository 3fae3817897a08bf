import { type Ipv4, isLoopback, networkOf } from '../addr/index.js'
import type { NetDevice } from '../netdev/index.js'
import type { DeviceAddress } from './address.js'
import { SCOPE } from './route.js'

/** The addresses of a namespace, in the order in which Linux keeps them (the ifa_list of each in_device). */
export class AddressTable {
  private readonly addresses: DeviceAddress[] = []

  /** __inet_insert_ifa: the address as entered, secondary if one of its subnet was there first. */
  insert(device: NetDevice, address: Ipv4, prefix: number, scope: number): DeviceAddress {
    const first = this.addresses.find((a) => !a.secondary && isSameSubnet(a, device, address, prefix))
    const secondary = first !== undefined
    const added: DeviceAddress = { device, address, prefix, scope, secondary, primary: first?.address ?? address }
    this.addresses.splice(this.placeOf(added), 0, added)
    return added
  }

  /**
   * A secondary belongs last; a primary behind the last primary of its device whose scope is no narrower, so that link
   * scope comes before global scope.
   */
  private placeOf(added: DeviceAddress): number {
    const known = this.addresses
    if (added.secondary) return known.length
    const first = known.findIndex((a) => a.device === added.device)
    if (first === -1) return known.length
    const last = known.findLastIndex((a) => a.device === added.device && !a.secondary && added.scope <= a.scope)
    return last === -1 ? first : last + 1
  }

  /** Takes out an address of the table. */
  remove(gone: DeviceAddress): void {
    this.addresses.splice(this.addresses.indexOf(gone), 1)
  }

  /** This address of this device with this prefix length, if there is one. */
  find(dev: NetDevice, address: Ipv4, prefix: number): DeviceAddress | undefined {
    return this.addresses.find((a) => a.device === dev && a.address === address && a.prefix === prefix)
  }

  /** Addresses of a device, or of all. */
  list(dev?: NetDevice): readonly DeviceAddress[] {
    return dev === undefined ? this.addresses : this.addresses.filter((a) => a.device === dev)
  }

  /** Addresses that came after this one in its subnet; none if it is a secondary itself. */
  secondariesOf(primary: DeviceAddress): DeviceAddress[] {
    if (primary.secondary) return []
    const { device, address, prefix } = primary
    return this.addresses.filter((a) => a.secondary && isSameSubnet(a, device, address, prefix))
  }

  /** The first address of the device with this index; null when it has none. */
  primaryOf(ifindex: number): Ipv4 | null {
    const found = this.addresses.find((a) => a.device.ifindex === ifindex && !a.secondary)
    return found?.address ?? null
  }

  /** __ip_dev_find: the device that has this very address; null when none has. */
  deviceOf(address: Ipv4): NetDevice | null {
    for (let i = 0; i < this.addresses.length; i++) {
      if (this.addresses[i]!.address === address) return this.addresses[i]!.device
    }
    return null
  }

  /** The device has this very address. */
  has(dev: NetDevice, address: Ipv4): boolean {
    return this.addresses.some((a) => a.device === dev && a.address === address)
  }

  /** Some device has this address with a scope wider than the link's. */
  hasGlobal(address: Ipv4): boolean {
    return this.addresses.some((a) => a.address === address && a.scope < SCOPE.link)
  }

  /** The device has an address at all. */
  hasAny(dev: NetDevice): boolean {
    for (let i = 0; i < this.addresses.length; i++) if (this.addresses[i]!.device === dev) return true
    return false
  }

  /** inet_addr_onlink: `a` (and `b`, unless 0) lie in one subnet of the device. */
  onLink(dev: NetDevice, a: Ipv4, b: Ipv4): boolean {
    for (let i = 0; i < this.addresses.length; i++) {
      const ifa = this.addresses[i]!
      if (ifa.device === dev && isInSubnet(ifa, a) && (b === 0 || isInSubnet(ifa, b))) return true
    }
    return false
  }

  /**
   * inet_select_addr: source towards `destination` out of `dev`; null when no device has an address of that scope.
   * `localnetScope` is `link` where `route_localnet` makes loopback addresses usable, else `host`.
   */
  select(dev: NetDevice, destination: Ipv4, scope: number, localnetScope: number): Ipv4 | null {
    let first: Ipv4 | null = null
    for (const ifa of this.addresses) {
      if (ifa.device !== dev || ifa.secondary) continue
      if (Math.min(ifa.scope, localnetScope) > scope) continue
      if (destination === 0 || isInSubnet(ifa, destination)) return ifa.address
      first ??= ifa.address
    }
    return first ?? this.selectOfAnyDevice(scope)
  }

  /** in_dev_select_addr over all devices, `lo` first. */
  private selectOfAnyDevice(scope: number): Ipv4 | null {
    let found: DeviceAddress | null = null
    for (const ifa of this.addresses) {
      if (ifa.secondary || ifa.scope === SCOPE.link || ifa.scope > scope) continue
      if (isLoopback(ifa.address) && scope < SCOPE.host) continue
      if (found === null || ifa.device.ifindex < found.device.ifindex) found = ifa
    }
    return found?.address ?? null
  }
}

/** inet_ifa_match */
function isInSubnet(ifa: DeviceAddress, address: Ipv4): boolean {
  return networkOf(address, ifa.prefix) === networkOf(ifa.address, ifa.prefix)
}

function isSameSubnet(ifa: DeviceAddress, dev: NetDevice, address: Ipv4, prefix: number): boolean {
  return ifa.device === dev && ifa.prefix === prefix && isInSubnet(ifa, address)
}
