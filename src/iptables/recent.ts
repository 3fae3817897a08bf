import { formatIpv4, type Ipv4 } from '../addr/index.js'

/** Addresses a list holds before the oldest makes room (module parameter ip_list_tot). */
const LIST_MAX = 100
/** Times kept of an address when no rule counts hits. */
const DEFAULT_STAMPS = 32

/** An address in a list, with the times its packets were seen (struct recent_entry), in jiffies. */
export class RecentEntry {
  readonly address: Ipv4
  ttl: number
  /** A ring: `index` is where the next time goes. */
  readonly stamps: number[]
  index = 1

  constructor(address: Ipv4, ttl: number, now: number) {
    this.address = address
    this.ttl = ttl
    this.stamps = [now]
  }

  /** The most recent time. */
  get last(): number {
    return this.stamps[this.index - 1]!
  }
}

/** One list of the recent match (struct recent_table), least recently updated entry first. */
export class RecentList {
  readonly name: string
  private stampsMax: number
  private entries: RecentEntry[] = []

  constructor(name: string, stampsMax: number) {
    this.name = name
    this.stampsMax = stampsMax
  }

  /** Makes room for more times; that empties the list (recent_mt_check). */
  widen(stampsMax: number): void {
    if (stampsMax <= this.stampsMax) return
    this.stampsMax = stampsMax
    this.entries = []
  }

  /** The entry of an address; `ttl` 0 = any (recent_entry_lookup). */
  lookup(address: Ipv4, ttl: number): RecentEntry | null {
    for (const entry of this.entries) {
      if (entry.address === address && (ttl === 0 || entry.ttl === 0 || entry.ttl === ttl)) return entry
    }
    return null
  }

  add(address: Ipv4, ttl: number, now: number): void {
    if (this.entries.length >= LIST_MAX) this.entries.shift()
    this.entries.push(new RecentEntry(address, ttl, now))
  }

  remove(entry: RecentEntry): void {
    const at = this.entries.indexOf(entry)
    if (at >= 0) this.entries.splice(at, 1)
  }

  /** Notes another packet (recent_entry_update). */
  update(entry: RecentEntry, ttl: number, now: number): void {
    if (entry.index >= this.stampsMax) entry.index = 0
    entry.stamps[entry.index++] = now
    entry.ttl = ttl
    this.remove(entry)
    this.entries.push(entry)
  }

  /** Drops the oldest entry if it was last seen before `time` (recent_entry_reap), but not one about to be updated. */
  reap(time: number, keep: RecentEntry | null): void {
    const oldest = this.entries[0]
    if (oldest === undefined || oldest === keep) return
    if (time > oldest.last) this.entries.shift()
  }

  /** Lines as /proc/net/xt_recent/NAME shows them. */
  print(): string {
    return this.entries
      .map((entry) => {
        const head = `src=${formatIpv4(entry.address)} ttl: ${entry.ttl} last_seen: ${entry.last} oldest_pkt: ${entry.index}`
        return `${head} ${entry.stamps.join(', ')}\n`
      })
      .join('')
  }
}

/** The lists of one namespace: alive as long as a rule of any table names them. */
export class RecentLists {
  private readonly lists: Map<string, RecentList> = new Map()

  /** The list of that name, made if needed, with room for the hits a rule counts. */
  use(name: string, hitcount: number): RecentList {
    const stamps = hitcount === 0 ? DEFAULT_STAMPS : 2 ** Math.ceil(Math.log2(hitcount))
    const existing = this.lists.get(name)
    if (existing !== undefined) {
      existing.widen(stamps)
      return existing
    }
    const made = new RecentList(name, stamps)
    this.lists.set(name, made)
    return made
  }

  /** Forgets the lists that no rule names any more. */
  keepOnly(names: ReadonlySet<string>): void {
    for (const name of this.lists.keys()) if (!names.has(name)) this.lists.delete(name)
  }

  get(name: string): RecentList | undefined {
    return this.lists.get(name)
  }

  get names(): string[] {
    return [...this.lists.keys()].sort()
  }
}
