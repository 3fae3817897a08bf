import { broadcastOf, type Cidr, type Ipv4 } from '../addr/index.js'

/**
 * Addresses of one node's pods, as the CNI plugin host-local hands them out: from the one after the last
 * reserved, round the range, past the gateway (.1). The broadcast address is not in the range.
 */
export class HostLocalRange {
  private readonly first: Ipv4
  private readonly last: Ipv4
  private readonly gateway: Ipv4
  private readonly used = new Set<Ipv4>()
  private lastReserved: Ipv4

  /** @param lastReserved where the previous search ended; undefined for a fresh node. */
  constructor(cidr: Cidr, lastReserved?: Ipv4) {
    this.first = cidr.address + 1
    this.gateway = cidr.address + 1
    this.last = broadcastOf(cidr.address, cidr.prefix) - 1
    this.lastReserved = lastReserved ?? this.last
  }

  /** Marks an address as used. */
  reserve(address: Ipv4): void {
    this.used.add(address)
  }

  /** The next free address, or undefined when the range is exhausted. */
  allocate(): Ipv4 | undefined {
    const size = this.last - this.first + 1
    for (let i = 1; i <= size; i++) {
      const address = this.first + ((this.lastReserved - this.first + i) % size)
      if (address === this.gateway || this.used.has(address)) continue
      this.used.add(address)
      this.lastReserved = address
      return address
    }
    return undefined
  }
}
