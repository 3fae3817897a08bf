import type { Mac } from '../addr/index.js'
import type { Millis } from '../base/index.js'
import type { NetDevice } from '../netdev/index.js'

/** One MAC address a bridge knows (struct net_bridge_fdb_entry). */
export interface FdbEntry {
  readonly mac: Mac
  /** Port it was seen on; for local entries the device that owns the address. */
  readonly port: NetDevice
  /** The bridge's or a port's own address. */
  readonly local: boolean
  /** Set by hand: neither ages nor moves. */
  readonly permanent: boolean
  readonly updated: Millis
}

/** Forwarding database of one bridge (net/bridge/br_fdb.c). */
export class Fdb {
  /** `ip link set … type bridge ageing_time`: a learnt address is forgotten after this time without frames. */
  ageingMs: Millis = 300_000
  private readonly entries: Map<Mac, FdbEntry> = new Map()

  /** fdb_find_rcu; entries past their age are gone. */
  lookup(mac: Mac, now: Millis): FdbEntry | undefined {
    const entry = this.entries.get(mac)
    if (entry === undefined) return undefined
    const aged = !entry.local && !entry.permanent && now - entry.updated >= this.ageingMs
    if (!aged) return entry
    this.entries.delete(mac)
    return undefined
  }

  /** br_fdb_update: notes where a frame came from. False when the address is one of the bridge's own. */
  learn(mac: Mac, port: NetDevice, now: Millis): boolean {
    const known = this.entries.get(mac)
    if (known?.local === true) return false
    if (known?.permanent === true) return true
    this.entries.set(mac, { mac, port, local: false, permanent: false, updated: now })
    return true
  }

  addLocal(mac: Mac, device: NetDevice): void {
    this.entries.set(mac, { mac, port: device, local: true, permanent: true, updated: 0 })
  }

  /** `bridge fdb add MAC dev PORT master static`. */
  addPermanent(mac: Mac, port: NetDevice): void {
    this.entries.set(mac, { mac, port, local: false, permanent: true, updated: 0 })
  }

  remove(mac: Mac): boolean {
    return this.entries.delete(mac)
  }

  /** Forgets what was learnt on a port. */
  flushPort(port: NetDevice): void {
    for (const [mac, entry] of this.entries) if (entry.port === port) this.entries.delete(mac)
  }

  list(now: Millis): FdbEntry[] {
    return [...this.entries.keys()].map((mac) => this.lookup(mac, now)).filter((e) => e !== undefined)
  }
}
