import { invariant } from '../base/index.js'
import { broadcastOf, type Cidr, cidrOf, cidrOverlaps } from './cidr.js'

/**
 * Hands out equal sub-networks of one network, as Kubernetes' node IPAM controller does for pod CIDRs: a cursor
 * walks upward, skips what is used, and wraps at the end; what is released is used again only when the cursor
 * comes round.
 */
export class CidrPool {
  readonly cidr: Cidr
  /** Length of the networks handed out. */
  readonly prefix: number
  /** How many networks there are in all. */
  readonly size: number
  private readonly used = new Set<number>()
  private cursor = 0

  /** @param prefix length of the networks to hand out, from that of `cidr` to 32. */
  constructor(cidr: Cidr, prefix: number) {
    invariant(prefix >= cidr.prefix && prefix <= 32, `no /${prefix} in a /${cidr.prefix}`)
    this.cidr = cidr
    this.prefix = prefix
    this.size = 2 ** (prefix - cidr.prefix)
  }

  /** The next free network, or undefined when all are used. */
  allocate(): Cidr | undefined {
    if (this.used.size >= this.size) return undefined
    while (this.used.has(this.cursor)) this.cursor = (this.cursor + 1) % this.size
    const index = this.cursor
    this.used.add(index)
    this.cursor = (index + 1) % this.size
    return this.at(index)
  }

  /**
   * Marks every network that overlaps `cidr` as used. Gives false, and changes nothing, when `cidr` does not
   * touch the pool. Used networks may be reserved again.
   */
  reserve(cidr: Cidr): boolean {
    if (!cidrOverlaps(this.cidr, cidr)) return false
    this.forEachOverlapping(cidr, (index) => this.used.add(index))
    return true
  }

  /** Frees every network that overlaps `cidr`. */
  release(cidr: Cidr): void {
    if (cidrOverlaps(this.cidr, cidr)) this.forEachOverlapping(cidr, (index) => this.used.delete(index))
  }

  /** Whether any network that overlaps `cidr` is used. */
  isUsed(cidr: Cidr): boolean {
    if (!cidrOverlaps(this.cidr, cidr)) return false
    let used = false
    this.forEachOverlapping(cidr, (index) => (used ||= this.used.has(index)))
    return used
  }

  /** How many networks are free. */
  get free(): number {
    return this.size - this.used.size
  }

  private at(index: number): Cidr {
    return cidrOf(this.cidr.address + index * 2 ** (32 - this.prefix), this.prefix)
  }

  private forEachOverlapping(cidr: Cidr, visit: (index: number) => void): void {
    const start = this.cidr.address
    const end = broadcastOf(start, this.cidr.prefix)
    const step = 2 ** (32 - this.prefix)
    const first = Math.floor((Math.max(start, cidr.address) - start) / step)
    const last = Math.floor((Math.min(end, broadcastOf(cidr.address, cidr.prefix)) - start) / step)
    for (let index = first; index <= last; index++) visit(index)
  }
}
