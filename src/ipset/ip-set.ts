import type { Millis } from '../base/index.js'
import type { Ipv4 } from '../addr/index.js'
import { prefixMask } from '../addr/index.js'
import { type SetType, takesNomatch } from './set-type.js'

/** One part of an element. */
export type Part =
  | { readonly kind: 'ip'; readonly address: Ipv4 }
  | { readonly kind: 'net'; readonly address: Ipv4; readonly prefix: number }
  | { readonly kind: 'port'; readonly protocol: number; readonly port: number }
  | { readonly kind: 'iface'; readonly name: string; readonly physdev: boolean; readonly wildcard: boolean }
  | { readonly kind: 'set'; readonly name: string }

/** How a set was created; null where the option was not given. */
export interface SetOptions {
  readonly hashsize: number
  readonly maxelem: number
  readonly bucketsize: number
  readonly netmask: number
  /** Default timeout in seconds; 0 = for ever; null = the set has no timeouts. */
  readonly timeout: number | null
  readonly counters: boolean
  readonly comment: boolean
  readonly skbinfo: boolean
  readonly forceadd: boolean
  /** Of bitmaps, inclusive. */
  readonly range: { readonly min: number; readonly max: number } | null
  /** Of list:set. */
  readonly size: number
}

/** What an element is added with. */
export interface ElementOptions {
  /** Seconds; null = the set's default. */
  readonly timeout: number | null
  readonly packets: number
  readonly bytes: number
  readonly comment: string | null
  readonly nomatch: boolean
  /** `skbmark …` as written; kept for printing only. */
  readonly skbinfo: string | null
}

/** An element of a set. */
export interface Entry {
  readonly parts: readonly Part[]
  /** Absolute time of death; null = none. */
  expires: Millis | null
  packets: number
  bytes: number
  comment: string | null
  nomatch: boolean
  skbinfo: string | null
}

/** Options of an element that is added by a rule. */
export const PLAIN_ELEMENT: ElementOptions = Object.freeze({
  timeout: null,
  packets: 0,
  bytes: 0,
  comment: null,
  nomatch: false,
  skbinfo: null,
})

/** The key of an element: equal parts, equal key. */
export function keyOf(parts: readonly Part[]): string {
  let key = ''
  for (const part of parts) key += partKey(part)
  return key
}

function partKey(part: Part): string {
  switch (part.kind) {
    case 'ip':
      return `${part.address};`
    case 'net':
      return `${part.address}/${part.prefix};`
    case 'port':
      return `${part.protocol}:${part.port};`
    case 'iface':
      return `${part.physdev ? 'physdev:' : ''}${part.name}${part.wildcard ? '+' : ''};`
    case 'set':
      return part.name
  }
}

/** A set: elements by key, in the order they were added. */
export class IpSet {
  name: string
  readonly type: SetType
  readonly options: SetOptions
  readonly entries: Map<string, Entry> = new Map()
  /** How many elements have a network part of each length. */
  private readonly prefixes: Map<number, number> = new Map()
  /** Those lengths, longest first. */
  private lengths: number[] = []
  /** Rules and lists that name it. */
  references = 0

  constructor(name: string, type: SetType, options: SetOptions) {
    this.name = name
    this.type = type
    this.options = options
  }

  /** The living element of that key. */
  get(key: string, now: Millis): Entry | null {
    const entry = this.entries.get(key)
    if (entry === undefined) return null
    if (entry.expires === null || entry.expires > now) return entry
    this.delete(key)
    return null
  }

  /** Adds or, when it is there, renews an element. Gives false when the set is full. */
  add(parts: readonly Part[], options: ElementOptions, now: Millis): boolean {
    const key = keyOf(parts)
    const existing = this.get(key, now)
    if (existing === null) {
      this.expire(now)
      if (this.isFull && !this.makeRoom()) return false
      this.entries.set(key, this.entryOf(parts, options, now))
      this.countPrefix(parts, 1)
      return true
    }
    Object.assign(existing, this.entryOf(parts, options, now))
    return true
  }

  /** Removes an element; gives whether it was there. */
  delete(key: string): boolean {
    const entry = this.entries.get(key)
    if (entry === undefined) return false
    this.entries.delete(key)
    this.countPrefix(entry.parts, -1)
    return true
  }

  flush(): void {
    this.entries.clear()
    this.prefixes.clear()
    this.lengths = []
  }

  /** Drops what has timed out. */
  expire(now: Millis): void {
    if (this.options.timeout === null) return
    for (const [key, entry] of this.entries) if (entry.expires !== null && entry.expires <= now) this.delete(key)
  }

  /**
   * The element that matches these parts of a packet: of network parts the longest prefix that has one wins
   * (mtype_test_cidrs). Addresses of the `net` part come with prefix 32.
   */
  find(parts: readonly Part[], now: Millis): Entry | null {
    const at = parts.findIndex((part) => part.kind === 'net')
    if (at < 0) return this.get(keyOf(parts), now)
    const net = parts[at]!
    if (net.kind !== 'net') return null
    for (const prefix of this.lengths) {
      const address = (net.address & prefixMask(prefix)) >>> 0
      const tried = parts.map((part, i): Part => (i === at ? { kind: 'net', address, prefix } : part))
      const entry = this.get(keyOf(tried), now) ?? this.findWildcard(tried, now)
      if (entry !== null) return entry
    }
    return null
  }

  /** `eth+` elements. */
  private findWildcard(parts: readonly Part[], now: Millis): Entry | null {
    const device = parts.at(-1)
    if (device?.kind !== 'iface') return null
    for (let length = device.name.length; length >= 0; length--) {
      const wild: Part = { ...device, name: device.name.slice(0, length), wildcard: true }
      const entry = this.get(keyOf([...parts.slice(0, -1), wild]), now)
      if (entry !== null) return entry
    }
    return null
  }

  /** The prefix length that a rule adds networks with: the longest in use, or whole addresses. */
  get addedPrefix(): number {
    return this.lengths[0] ?? 32
  }

  private get isFull(): boolean {
    if (this.type.method === 'hash') return this.entries.size >= this.options.maxelem
    return this.type.method === 'list' && this.entries.size >= 65536
  }

  private makeRoom(): boolean {
    const oldest = this.options.forceadd ? this.entries.keys().next().value : undefined
    return oldest !== undefined && this.delete(oldest)
  }

  private entryOf(parts: readonly Part[], options: ElementOptions, now: Millis): Entry {
    const seconds = options.timeout ?? this.options.timeout
    return {
      parts,
      expires: seconds === null || seconds === 0 ? null : now + seconds * 1000,
      packets: options.packets,
      bytes: options.bytes,
      comment: options.comment,
      nomatch: options.nomatch && takesNomatch(this.type),
      skbinfo: options.skbinfo,
    }
  }

  private countPrefix(parts: readonly Part[], by: number): void {
    const net = parts.find((part) => part.kind === 'net')
    if (net?.kind !== 'net') return
    const count = (this.prefixes.get(net.prefix) ?? 0) + by
    if (count === 0) this.prefixes.delete(net.prefix)
    else this.prefixes.set(net.prefix, count)
    this.lengths = [...this.prefixes.keys()].sort((a, b) => b - a)
  }
}
