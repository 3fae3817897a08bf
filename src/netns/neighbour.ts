import type { Ipv4, Mac } from '../addr/index.js'
import type { Millis } from '../base/index.js'
import type { NetDevice } from '../netdev/index.js'
import type { Packet } from '../wire/index.js'

/** Neighbour states (NUD_*) that are modelled. Entries do not age: REACHABLE stays so, and STALE is used unasked. */
export type NudState = 'INCOMPLETE' | 'REACHABLE' | 'STALE' | 'FAILED' | 'PERMANENT' | 'NOARP'

/** One neighbour (struct neighbour): a next hop's address on a device and its MAC. */
export class Neighbour {
  readonly device: NetDevice
  readonly address: Ipv4
  mac: Mac | null = null
  state: NudState = 'INCOMPLETE'
  /** When the state last changed. */
  updated: Millis = 0
  /** Requests sent so far while INCOMPLETE. */
  probes = 0
  /** Packets that wait for the answer, oldest first (arp_queue). */
  queue: Packet[] = []

  constructor(device: NetDevice, address: Ipv4) {
    this.device = device
    this.address = address
  }

  /** NUD_VALID: has a MAC to send to. */
  get valid(): boolean {
    return this.state !== 'INCOMPLETE' && this.state !== 'FAILED'
  }
}

/** Neighbours of one namespace (arp_tbl), by device and address. */
export class NeighbourTable {
  private readonly byDevice: Map<number, Map<Ipv4, Neighbour>> = new Map()

  lookup(device: NetDevice, address: Ipv4): Neighbour | undefined {
    return this.byDevice.get(device.ifindex)?.get(address)
  }

  /** Finds or makes the entry (neigh_create). */
  ensure(device: NetDevice, address: Ipv4): Neighbour {
    let entries = this.byDevice.get(device.ifindex)
    if (entries === undefined) {
      entries = new Map<Ipv4, Neighbour>()
      this.byDevice.set(device.ifindex, entries)
    }
    let entry = entries.get(address)
    if (entry === undefined) {
      entry = new Neighbour(device, address)
      entries.set(address, entry)
    }
    return entry
  }

  /** `ip neigh replace … nud permanent`. */
  setPermanent(device: NetDevice, address: Ipv4, mac: Mac): Neighbour {
    const entry = this.ensure(device, address)
    entry.mac = mac
    entry.state = 'PERMANENT'
    return entry
  }

  remove(device: NetDevice, address: Ipv4): boolean {
    return this.byDevice.get(device.ifindex)?.delete(address) ?? false
  }

  /** `ip neigh flush dev DEVICE`: all but permanent entries. */
  flush(device: NetDevice): void {
    const entries = this.byDevice.get(device.ifindex)
    if (entries === undefined) return
    for (const [address, entry] of entries) if (entry.state !== 'PERMANENT') entries.delete(address)
  }

  /** Every entry, by device and address. */
  entries(): Neighbour[] {
    return [...this.byDevice.values()].flatMap((entries) => [...entries.values()]).sort(byDeviceAndAddress)
  }
}

function byDeviceAndAddress(a: Neighbour, b: Neighbour): number {
  return a.device.ifindex - b.device.ifindex || a.address - b.address
}
