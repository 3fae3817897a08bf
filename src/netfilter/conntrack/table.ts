import type { Choices, Clock, Millis } from '../../base/index.js'
import type { Connection } from './connection.js'
import { printConnection } from './print.js'
import { type ConntrackSysctls, conntrackSysctls } from './sysctls.js'
import { type Direction, sameTuple, type Tuple } from './tuple.js'
import { DEFAULT_ZONE, type Zone, zoneId } from './zone.js'

/** One tuple of an entry in its bucket (struct nf_conntrack_tuple_hash). */
export class TupleEntry {
  readonly tuple: Tuple
  readonly connection: Connection
  readonly direction: Direction
  next: TupleEntry | null

  constructor(tuple: Tuple, connection: Connection, direction: Direction, next: TupleEntry | null) {
    this.tuple = tuple
    this.connection = connection
    this.direction = direction
    this.next = next
  }
}

/** Few: most namespaces have no connection, and every copy of one copies its buckets. */
const FIRST_BUCKETS = 4

/** Entries early drop looks at before it gives up (NF_CT_EVICTION_RANGE). */
const EVICTION_RANGE = 8

/**
 * The connection table of one namespace: chained buckets keyed by tuple, each confirmed entry in it twice. What
 * has expired is dropped when it is met; nothing happens by timer.
 */
export class ConntrackTable {
  readonly sysctls: ConntrackSysctls = conntrackSysctls()
  private readonly clock: Clock
  private readonly all: Set<Connection> = new Set()
  private buckets: (TupleEntry | null)[] = new Array<TupleEntry | null>(FIRST_BUCKETS).fill(null)
  /** Confirmed entries whose source NAT is decided, latest first, by original source (nf_nat_bysource). */
  private readonly bySource: Map<number, Connection[]> = new Map()
  private nextId = 1

  constructor(clock: Clock) {
    this.clock = clock
  }

  get now(): Millis {
    return this.clock.now
  }

  /** Entries, those that expired unnoticed included: what nf_conntrack_count shows. */
  get size(): number {
    return this.all.size
  }

  /** Number for a new entry. */
  newId(): number {
    return this.nextId++
  }

  /** The live entry and direction of a tuple (nf_conntrack_find_get); null = none. */
  lookup(tuple: Tuple, zone: Zone = DEFAULT_ZONE): TupleEntry | null {
    const forward = this.find(tuple, zoneId(zone, 'original'))
    if (forward !== null || zone.direction === 'both') return forward
    return this.find(tuple, zoneId(zone, 'reply'))
  }

  private bucket(at: number): TupleEntry | null {
    return this.buckets[at] ?? null
  }

  private find(tuple: Tuple, zone: number): TupleEntry | null {
    let entry = this.bucket(hashOf(tuple) & (this.buckets.length - 1))
    while (entry !== null) {
      const { next, connection } = entry
      if (sameTuple(entry.tuple, tuple) && zoneId(connection.zone, entry.direction) === zone) {
        if (this.isLive(connection)) return entry
      }
      entry = next
    }
    return null
  }

  private isLive(connection: Connection): boolean {
    if (connection.expires > this.clock.now) return true
    this.remove(connection)
    return false
  }

  /**
   * Is the tuple another connection's (nf_conntrack_tuple_taken)? An entry of the same original tuple does not
   * count: it is the same flow, and confirmation sorts that out.
   */
  isTaken(tuple: Tuple, except: Connection): boolean {
    let entry = this.bucket(hashOf(tuple) & (this.buckets.length - 1))
    while (entry !== null) {
      const { next, connection } = entry
      if (connection !== except && this.sameKey(entry, tuple, except.zone) && this.isLive(connection)) {
        if (!sameTuple(connection.original, except.original)) return true
      }
      entry = next
    }
    return false
  }

  private sameKey(entry: TupleEntry, tuple: Tuple, zone: Zone): boolean {
    const { connection, direction } = entry
    return sameTuple(entry.tuple, tuple) && zoneId(connection.zone, direction) === zoneId(zone, direction)
  }

  /** A live entry that stands in the way of confirming `connection`; null = none. */
  clashOf(connection: Connection): TupleEntry | null {
    return this.clashAt(connection, 'original') ?? this.clashAt(connection, 'reply')
  }

  /** As {@link clashOf}, of one of its tuples alone. */
  clashAt(connection: Connection, direction: Direction): TupleEntry | null {
    return this.find(connection[direction], zoneId(connection.zone, direction))
  }

  /** Puts both tuples in (nf_conntrack_hash_check_insert); the timeout begins now. */
  insert(connection: Connection): void {
    this.link(connection, 'original')
    this.insertReply(connection)
  }

  /** Puts the reply tuple in alone, as for an entry that lost its original tuple to another. */
  insertReply(connection: Connection): void {
    this.link(connection, 'reply')
    connection.confirmed = true
    connection.expires = this.clock.now + connection.timeoutMs
    this.all.add(connection)
    if (connection.srcNatDone) this.rememberSource(connection)
  }

  private link(connection: Connection, direction: Direction): void {
    if (this.all.size * 2 >= this.buckets.length) this.grow()
    const tuple = connection[direction]
    const at = hashOf(tuple) & (this.buckets.length - 1)
    this.buckets[at] = new TupleEntry(tuple, connection, direction, this.bucket(at))
  }

  private grow(): void {
    const old = this.buckets
    const mask = old.length * 2 - 1
    this.buckets = new Array<TupleEntry | null>(mask + 1).fill(null)
    for (const first of old) {
      for (let entry = first; entry !== null;) {
        const next: TupleEntry | null = entry.next
        const at = hashOf(entry.tuple) & mask
        entry.next = this.bucket(at)
        this.buckets[at] = entry
        entry = next
      }
    }
  }

  private rememberSource(connection: Connection): void {
    const key = sourceKey(connection.original)
    const known = this.bySource.get(key)
    if (known === undefined) this.bySource.set(key, [connection])
    else known.unshift(connection)
  }

  /** Live entries with the original source of `tuple`, latest first. */
  *sameSource(tuple: Tuple): Iterable<Connection> {
    const known = this.bySource.get(sourceKey(tuple))
    if (known === undefined) return
    for (const connection of known) {
      const { original } = connection
      if (original.protocol === tuple.protocol && connection.expires > this.clock.now) yield connection
    }
  }

  /** Takes an entry out (nf_ct_delete). Gives false for one that is not in. */
  remove(connection: Connection): boolean {
    connection.dying = true
    if (!this.all.delete(connection)) return false
    this.unlink(connection, connection.original)
    this.unlink(connection, connection.reply)
    const key = sourceKey(connection.original)
    const known = this.bySource.get(key)
    if (known !== undefined) {
      const others = known.filter((other) => other !== connection)
      if (others.length === 0) this.bySource.delete(key)
      else this.bySource.set(key, others)
    }
    return true
  }

  private unlink(connection: Connection, tuple: Tuple): void {
    const at = hashOf(tuple) & (this.buckets.length - 1)
    let previous: TupleEntry | null = null
    for (let entry = this.bucket(at); entry !== null; entry = entry.next) {
      if (entry.connection === connection && entry.tuple === tuple) {
        if (previous === null) this.buckets[at] = entry.next
        else previous.next = entry.next
        return
      }
      previous = entry
    }
  }

  /** Live entries, oldest first. */
  *entries(): Iterable<Connection> {
    for (const connection of this.all) {
      if (connection.expires > this.clock.now) yield connection
    }
  }

  /** Live entries as `conntrack -L` prints them, one line each. */
  print(): string[] {
    return Array.from(this.entries(), printConnection)
  }

  /** Removes the entries for which `filter` holds (`conntrack -D`); gives how many. */
  delete(filter: (connection: Connection) => boolean): number {
    let deleted = 0
    for (const connection of [...this.entries()]) {
      if (filter(connection) && this.remove(connection)) deleted++
    }
    return deleted
  }

  /** Removes everything (`conntrack -F`). */
  flush(): void {
    this.delete(() => true)
  }

  /** Tracking had a gap: what is known of TCP windows may be outdated (nf_ct_tcp_fixup). */
  forgetWindows(): void {
    for (const { tcp } of this.all) {
      if (tcp?.state !== 'ESTABLISHED') continue
      tcp.original.maxWin = 0
      tcp.reply.maxWin = 0
    }
  }

  /** Room for one more? Past nf_conntrack_max an entry without ASSURED has to go (early_drop). */
  makeRoom(choices: Choices): boolean {
    const { max } = this.sysctls
    if (max === 0 || this.all.size < max) return true
    this.reap()
    return this.all.size < max || this.dropEarly(choices)
  }

  private reap(): void {
    for (const connection of [...this.all]) this.isLive(connection)
  }

  /** The kernel looks through eight buckets from the new tuple's on; by its secret hash that is any place. */
  private dropEarly(choices: Choices): boolean {
    const candidates = [...this.all]
    const start = choices.sample(candidates.length)
    for (let i = 0; i < Math.min(EVICTION_RANGE, candidates.length); i++) {
      const connection = candidates[(start + i) % candidates.length]!
      if (!connection.assured) return this.remove(connection)
    }
    return false
  }
}

function sourceKey(tuple: Tuple): number {
  return tuple.source * 0x1_0000 + tuple.sourcePort
}

function hashOf(tuple: Tuple): number {
  let hash = Math.imul(tuple.source, 0x9e3779b1) ^ Math.imul(tuple.destination, 0x85ebca77)
  hash ^= Math.imul((tuple.sourcePort << 16) | tuple.destinationPort, 0xc2b2ae3d) ^ tuple.protocol
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return (hash ^ (hash >>> 13)) >>> 0
}
