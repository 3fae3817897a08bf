import type { Ipv4 } from '../../addr/index.js'
import type { Millis } from '../../base/index.js'
import type { DropReason } from '../../trace/index.js'
import { ipv4, type Packet } from '../../wire/index.js'
import type { NetfilterEnv } from '../hooks.js'
import { joinedEcn } from './ecn.js'

/** Who reassembles (enum ip_defrag_users): fragments of the same datagram meet only within one. */
export type DefragUser = 'local delivery' | 'conntrack in' | 'conntrack out' | 'conntrack bridge in'

/** net.ipv4.ipfrag_time. */
const FRAGMENT_TIMEOUT_MS: Millis = 30_000

const MAX_DATAGRAM = 0xffff

/** Bytes `[from, to)` of a datagram's payload. */
interface Piece {
  readonly from: number
  readonly to: number
  readonly bytes: Uint8Array
}

/** A datagram that is not all there (struct ipq). */
class FragmentQueue {
  readonly source: Ipv4
  readonly destination: Ipv4
  readonly protocol: number
  readonly user: DefragUser
  readonly zone: number
  readonly expires: Millis
  /** Sorted, never overlapping. */
  pieces: Piece[] = []
  /** Header of the first fragment. */
  header: Uint8Array | null = null
  mark = 0
  /** Payload length as far as known. */
  length = 0
  lastSeen = false
  maxSize = 0
  maxDfSize = 0
  /** One bit for each ECN value seen. */
  ecn = 0

  constructor(pkt: Packet, user: DefragUser, zone: number, expires: Millis) {
    this.source = ipv4.source(pkt.view, 0)
    this.destination = ipv4.destination(pkt.view, 0)
    this.protocol = ipv4.protocol(pkt.view, 0)
    this.user = user
    this.zone = zone
    this.expires = expires
  }

  isFor(pkt: Packet, user: DefragUser, zone: number): boolean {
    const { view } = pkt
    return (
      this.user === user &&
      this.zone === zone &&
      this.source === ipv4.source(view, 0) &&
      this.destination === ipv4.destination(view, 0) &&
      this.protocol === ipv4.protocol(view, 0)
    )
  }

  /** ip_frag_queue: null = taken in; else why not. Anything but a duplicate spoils the whole datagram. */
  add(pkt: Packet): DropReason | null {
    const { view, bytes } = pkt
    const header = ipv4.headerLength(view, 0)
    const more = ipv4.mf(view, 0)
    const from = ipv4.fragmentOffset(view, 0)
    let to = from + Math.min(ipv4.totalLength(view, 0), bytes.length) - header
    if (more) to -= (to - from) % 8
    if (to <= from) return 'NOT_SPECIFIED'
    if (!this.fitsLength(to, more)) return 'NOT_SPECIFIED'
    const at = this.placeOf(from, to)
    if (at === 'duplicate') return 'DUP_FRAG'
    if (at === 'overlap') return 'NOT_SPECIFIED'
    if (!more) this.lastSeen = true
    this.length = Math.max(this.length, to)
    this.pieces.splice(at, 0, { from, to, bytes: bytes.slice(header, header + to - from) })
    this.note(pkt, header, from)
    return null
  }

  private fitsLength(to: number, more: boolean): boolean {
    if (!more) return to >= this.length && !(this.lastSeen && to !== this.length)
    return to <= this.length || !this.lastSeen
  }

  /** Index among the pieces. RFC 5722: overlapping fragments are an attack; an exact or inner repeat is not. */
  private placeOf(from: number, to: number): number | 'duplicate' | 'overlap' {
    let at = 0
    while (at < this.pieces.length && this.pieces[at]!.to <= from) at++
    const next = this.pieces[at]
    if (next === undefined || next.from >= to) return at
    return from >= next.from && to <= next.to ? 'duplicate' : 'overlap'
  }

  private note(pkt: Packet, header: number, from: number): void {
    const size = pkt.bytes.length
    this.maxSize = Math.max(this.maxSize, size)
    if (ipv4.df(pkt.view, 0)) this.maxDfSize = Math.max(this.maxDfSize, size)
    this.ecn |= 1 << (ipv4.tos(pkt.view, 0) & 3)
    if (from !== 0) return
    this.header = pkt.bytes.slice(0, header)
    this.mark = pkt.mark
  }

  isComplete(): boolean {
    if (!this.lastSeen || this.header === null) return false
    let at = 0
    for (const piece of this.pieces) {
      if (piece.from !== at) return false
      at = piece.to
    }
    return at === this.length
  }

  /** ip_frag_reasm: makes `pkt` the whole datagram; else why not. */
  joinInto(pkt: Packet): DropReason | null {
    const header = this.header!
    const ecn = joinedEcn(this.ecn)
    if (ecn === null || header.length + this.length > MAX_DATAGRAM) return 'NOT_SPECIFIED'
    const bytes = new Uint8Array(header.length + this.length)
    bytes.set(header)
    for (const piece of this.pieces) bytes.set(piece.bytes, header.length + piece.from)
    pkt.setBytes(bytes)
    const { view } = pkt
    const df = this.maxDfSize === this.maxSize
    view.setUint16(2, bytes.length)
    view.setUint16(6, df ? ipv4.DF : 0)
    view.setUint8(1, view.getUint8(1) | ecn)
    ipv4.fillHeaderChecksum(bytes, view, 0)
    pkt.mark = this.mark
    pkt.fragMaxSize = this.maxSize
    pkt.fragDf = df
    return null
  }
}

/** Puts datagrams together (ip_defrag). One for each namespace; what is not complete in 30 s is forgotten. */
export class Reassembler {
  /** By IP id. */
  private readonly queues: Map<number, FragmentQueue[]> = new Map()

  /**
   * Takes a fragment in. True: `pkt` is now the whole datagram, with `fragMaxSize` and `fragDf` set. False: it was
   * kept or dropped, and the caller is done with it.
   * @param zone conntrack zone: fragments of different zones do not meet.
   */
  add(pkt: Packet, env: NetfilterEnv, user: DefragUser, zone = 0): boolean {
    const queue = this.queueOf(pkt, env.clock.now, user, zone)
    const fault = queue.add(pkt)
    if (fault !== null) {
      if (fault !== 'DUP_FRAG') this.forget(pkt, queue)
      return this.drop(pkt, env, fault)
    }
    const { trace } = env.sim
    if (!queue.isComplete()) {
      if (trace !== null) {
        trace.step(pkt.id, env.name, { kind: 'fragment', action: 'queue', count: queue.pieces.length, mtu: null })
      }
      return false
    }
    this.forget(pkt, queue)
    const broken = queue.joinInto(pkt)
    if (broken !== null) return this.drop(pkt, env, broken)
    if (trace !== null) {
      const count = queue.pieces.length
      trace.step(pkt.id, env.name, { kind: 'fragment', action: 'reassemble', count, mtu: null })
    }
    return true
  }

  private drop(pkt: Packet, env: NetfilterEnv, reason: DropReason): false {
    const { trace } = env.sim
    if (trace !== null) trace.step(pkt.id, env.name, { kind: 'drop', reason, where: 'reassembly', rule: null })
    return false
  }

  private queueOf(pkt: Packet, now: Millis, user: DefragUser, zone: number): FragmentQueue {
    const id = ipv4.id(pkt.view, 0)
    const known = (this.queues.get(id) ?? []).filter((queue) => queue.expires > now)
    let queue = known.find((candidate) => candidate.isFor(pkt, user, zone))
    if (queue === undefined) {
      queue = new FragmentQueue(pkt, user, zone, now + FRAGMENT_TIMEOUT_MS)
      known.push(queue)
    }
    this.queues.set(id, known)
    return queue
  }

  private forget(pkt: Packet, queue: FragmentQueue): void {
    const id = ipv4.id(pkt.view, 0)
    const others = (this.queues.get(id) ?? []).filter((other) => other !== queue)
    if (others.length === 0) this.queues.delete(id)
    else this.queues.set(id, others)
  }
}
