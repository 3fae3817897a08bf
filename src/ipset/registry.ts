import { type Clock, cloneGraph, InvalidInputError } from '../base/index.js'
import type { Packet } from '../wire/index.js'
import { printElement } from './element.js'
import { type Entry, type IpSet, keyOf, PLAIN_ELEMENT, type Part } from './ip-set.js'
import { partsOf, type SetRequest } from './packet-parts.js'
import { runRestore, type Sets } from './restore.js'
import { takesNomatch } from './set-type.js'

/** A condition on an element's counter. */
export interface CounterCondition {
  readonly op: 'eq' | 'lt' | 'gt'
  readonly value: number
  readonly invert: boolean
}

/** What the set match asks. */
export interface SetTestRequest extends SetRequest {
  readonly returnNomatch: boolean
  readonly updateCounters: boolean
  readonly updateSubcounters: boolean
  readonly packets: CounterCondition | null
  readonly bytes: CounterCondition | null
}

/** What the SET target adds with. */
export interface SetAddRequest extends SetRequest {
  /** Seconds; null = the set's default. */
  readonly timeout: number | null
  readonly exist: boolean
}

/** A set with its elements, for looking. */
export interface SetListing {
  readonly name: string
  readonly type: string
  readonly references: number
  readonly elements: readonly string[]
}

/** The sets of one namespace. */
export class IpsetRegistry {
  private readonly clock: Clock
  private sets: Sets = new Map()

  constructor(clock: Clock) {
    this.clock = clock
  }

  /**
   * Does what `ipset restore` does with the text, but all or nothing.
   * @throws InvalidInputError with one issue for every line that is wrong.
   */
  restore(text: string, options: { file?: string } = {}): void {
    const work = cloneGraph(this.sets)
    const issues = runRestore(work, text, options.file ?? 'ipset-restore', this.clock.now)
    if (issues.length > 0) throw new InvalidInputError(issues)
    this.sets = work
  }

  /** What `ipset save` prints, elements in the order they were added; the random initval is left out. */
  save(): string {
    return [...this.sets.values()].map((set) => printSet(set, this.clock.now)).join('')
  }

  list(): SetListing[] {
    return [...this.sets.values()].map((set) => {
      set.expire(this.clock.now)
      return {
        name: set.name,
        type: set.type.name,
        references: set.references,
        elements: [...set.entries.values()].map((entry) => printElement(set, entry.parts)),
      }
    })
  }

  has(name: string): boolean {
    return this.sets.has(name)
  }

  /** A rule names the set: it cannot be destroyed meanwhile. */
  retain(name: string): void {
    const set = this.sets.get(name)
    if (set !== undefined) set.references++
  }

  release(name: string): void {
    const set = this.sets.get(name)
    if (set !== undefined) set.references--
  }

  /** Whether the packet is in the set (ip_set_test). */
  test(name: string, pkt: Packet, request: SetTestRequest): boolean {
    const set = this.sets.get(name)
    if (set === undefined || request.directions.length < set.type.dimensions.length) return false
    return set.type.method === 'list' ? this.testList(set, pkt, request) : testSet(set, pkt, request)
  }

  /** The first member that has the packet decides; members' own counters run as the request says. */
  private testList(list: IpSet, pkt: Packet, request: SetTestRequest): boolean {
    const member: SetTestRequest = {
      ...request,
      packets: null,
      bytes: null,
      updateCounters: request.updateCounters && request.updateSubcounters,
    }
    for (const key of list.entries.keys()) {
      const entry = list.get(key, request.now)
      if (entry === null || !this.test(key, pkt, member)) continue
      if (countersMatch(list, entry, pkt, request)) return true
    }
    return false
  }

  /** Adds the packet's fields (SET --add-set); to the first member that takes them, of a list. */
  addPacket(name: string, pkt: Packet, request: SetAddRequest): void {
    this.tryAdd(name, pkt, request)
  }

  private tryAdd(name: string, pkt: Packet, request: SetAddRequest): boolean {
    const set = this.sets.get(name)
    if (set === undefined || request.directions.length < set.type.dimensions.length) return false
    if (set.type.method === 'list') return [...set.entries.keys()].some((member) => this.tryAdd(member, pkt, request))
    const parts = storable(set, partsOf(set, pkt, request))
    if (parts === null) return false
    if (!request.exist && set.get(keyOf(parts), request.now) !== null) return false
    const timeout = set.options.timeout === null ? null : request.timeout
    return set.add(parts, { ...PLAIN_ELEMENT, timeout }, request.now)
  }

  /** Removes the packet's fields (SET --del-set). */
  deletePacket(name: string, pkt: Packet, request: SetRequest): void {
    this.tryDelete(name, pkt, request)
  }

  private tryDelete(name: string, pkt: Packet, request: SetRequest): boolean {
    const set = this.sets.get(name)
    if (set === undefined || request.directions.length < set.type.dimensions.length) return false
    if (set.type.method === 'list')
      return [...set.entries.keys()].some((member) => this.tryDelete(member, pkt, request))
    const parts = storable(set, partsOf(set, pkt, request))
    return parts !== null && set.delete(keyOf(parts))
  }
}

/** A network part takes the longest prefix the set has. */
function storable(set: IpSet, parts: Part[] | null): Part[] | null {
  if (parts === null) return null
  const prefix = set.addedPrefix
  return parts.map((part): Part => {
    if (part.kind !== 'net') return part
    const size = 2 ** (32 - prefix)
    return { kind: 'net', address: Math.floor(part.address / size) * size, prefix }
  })
}

function testSet(set: IpSet, pkt: Packet, request: SetTestRequest): boolean {
  const parts = partsOf(set, pkt, request)
  const entry = parts === null ? null : set.find(parts, request.now)
  if (entry === null || !countersMatch(set, entry, pkt, request)) return false
  const found = !entry.nomatch
  return request.returnNomatch && takesNomatch(set.type) ? !found : found
}

/** ip_set_match_extensions: counts first, then compares. */
function countersMatch(set: IpSet, entry: Entry, pkt: Packet, request: SetTestRequest): boolean {
  if (!set.options.counters) return true
  if (request.updateCounters) {
    entry.packets++
    entry.bytes += pkt.bytes.length
  }
  return holds(request.packets, entry.packets) && holds(request.bytes, entry.bytes)
}

function holds(condition: CounterCondition | null, value: number): boolean {
  if (condition === null) return true
  switch (condition.op) {
    case 'eq':
      return (value === condition.value) !== condition.invert
    case 'lt':
      return value < condition.value
    case 'gt':
      return value > condition.value
  }
}

function printSet(set: IpSet, now: number): string {
  set.expire(now)
  const lines = [`create ${set.name} ${set.type.name} ${printOptions(set)}`.trimEnd()]
  for (const entry of set.entries.values()) lines.push(printEntry(set, entry, now))
  return `${lines.join('\n')}\n`
}

function printOptions(set: IpSet): string {
  const { options, type } = set
  const words: (string | false)[] = []
  if (type.method === 'hash') words.push(`family inet hashsize ${options.hashsize} maxelem ${options.maxelem}`)
  if (type.method === 'list') words.push(`size ${options.size}`)
  if (options.range !== null) words.push(`range ${printRange(set)}`)
  words.push(
    options.netmask !== 32 && `netmask ${options.netmask}`,
    options.timeout !== null && `timeout ${options.timeout}`,
    options.counters && 'counters',
    options.comment && 'comment',
    options.forceadd && 'forceadd',
    options.skbinfo && 'skbinfo',
    type.method === 'hash' && `bucketsize ${options.bucketsize}`,
  )
  return words.filter((word) => word !== false).join(' ')
}

function printRange(set: IpSet): string {
  const { min, max } = set.options.range!
  const print = (value: number): string => {
    if (set.type.name === 'bitmap:port') return String(value)
    return printElement(set, [{ kind: 'ip', address: value }])
  }
  return `${print(min)}-${print(max)}`
}

function printEntry(set: IpSet, entry: Entry, now: number): string {
  const left = entry.expires === null ? 0 : Math.max(1, Math.floor((entry.expires - now) / 1000))
  const words: (string | false)[] = [
    `add ${set.name} ${printElement(set, entry.parts)}`,
    set.options.timeout !== null && `timeout ${left}`,
    entry.nomatch && 'nomatch',
    set.options.counters && `packets ${entry.packets} bytes ${entry.bytes}`,
    entry.comment !== null && `comment "${entry.comment}"`,
    entry.skbinfo ?? false,
  ]
  return words.filter((word) => word !== false).join(' ')
}
