import { type Clock, invariant, type Millis } from '../base/index.js'
import { ethernet, type Packet } from '../wire/index.js'
import { describeStep } from './describe-step.js'
import type { TracePacket, TracePacketKind } from './document.js'
import { type PacketSummary, summarise } from './packet-summary.js'
import { type NodeOf, placeOf } from './place.js'
import type { TraceSink } from './sink.js'
import type { Step } from './step.js'

/** A frame as it passed a device. */
export interface RecordedFrame {
  readonly netns: string
  readonly device: string
  readonly direction: 'in' | 'out'
  /** Virtual time. */
  readonly at: Millis
  /** The whole frame, Ethernet header first. */
  readonly bytes: Uint8Array
  /** Number of the packet in the conversation. */
  readonly packet: number
  /** The last step before it, in words. */
  readonly comment: string
}

/** What a recorder needs to know. */
export interface RecorderOptions {
  readonly clock: Clock
  readonly nodeOf: NodeOf
  /** Ask for the rules that do not match, too. */
  readonly everyRule?: boolean
  /** Keep a copy of every frame. */
  readonly frames?: boolean
}

interface HopRecord {
  readonly netns: string
  readonly at: Millis
  readonly steps: Step[]
}

interface PacketRecord {
  readonly number: number
  readonly kind: TracePacketKind
  readonly summary: PacketSummary
  readonly netns: string
  readonly madeBy: string
  readonly because: number | null
  readonly retransmissionOf: number | null
  readonly at: Millis
  readonly hops: HopRecord[]
}

/** Writes down one run: steps become hops (a stay in one namespace), hops belong to packets, packets to a conversation. */
export class Recorder implements TraceSink {
  readonly everyRule: boolean
  /** What packets are made for at this moment: those made for `name-resolution` are of kind `dns`. */
  purpose: 'request' | 'name-resolution' = 'request'
  private readonly clock: Clock
  private readonly nodeOf: NodeOf
  private readonly start: Millis
  private readonly packets: PacketRecord[] = []
  private readonly byId = new Map<number, PacketRecord>()
  private readonly numberByIdentity = new Map<string, number>()
  private readonly frames: RecordedFrame[] | null
  /** Id of the first packet; smaller ids are of packets that were on their way before. */
  private firstId: number | null = null
  /** Ids of packets that were made because of those: errors, answers, ARP. */
  private readonly foreign = new Set<number>()
  /** Namespace and source port of the first packet of the request itself: tells its packets from the replies. */
  private client: { readonly netns: string; readonly port: number | null } | null = null

  constructor(options: RecorderOptions) {
    this.everyRule = options.everyRule ?? false
    this.clock = options.clock
    this.nodeOf = options.nodeOf
    this.start = options.clock.now
    this.frames = options.frames === true ? [] : null
  }

  packet(pkt: Packet, netns: string, maker: string, because: number | null): void {
    this.firstId ??= pkt.id
    if (because !== null && this.isForeign(because)) {
      this.foreign.add(pkt.id)
      return
    }
    const summary = summarise(pkt)
    const number = this.packets.length + 1
    const identity = `${netns} ${summary.identity}`
    const first = this.numberByIdentity.get(identity)
    if (first === undefined) this.numberByIdentity.set(identity, number)
    const record: PacketRecord = {
      number,
      kind: this.kindOf(summary, netns),
      summary,
      netns,
      madeBy: maker,
      because: because === null ? null : (this.byId.get(because)?.number ?? null),
      retransmissionOf: first ?? null,
      at: this.clock.now - this.start,
      hops: [],
    }
    this.packets.push(record)
    this.byId.set(pkt.id, record)
  }

  step(id: number, netns: string, step: Step): void {
    const hops = this.recordOf(id)?.hops
    if (hops === undefined) return
    const last = hops.at(-1)
    if (last !== undefined && last.netns === netns) last.steps.push(step)
    else hops.push({ netns, at: this.clock.now - this.start, steps: [step] })
  }

  frame(pkt: Packet, netns: string, device: string, direction: 'in' | 'out'): void {
    if (this.frames === null) return
    const record = this.recordOf(pkt.id)
    if (record === null) return
    const lastStep = record.hops.at(-1)?.steps.at(-1)
    const comment = lastStep === undefined ? `made by ${record.madeBy}` : describeStep(lastStep)
    const bytes = ethernet.frameOf(pkt)
    this.frames.push({ netns, device, direction, at: this.clock.now, bytes, packet: record.number, comment })
  }

  /** The packets so far, in the order they were made. */
  conversation(): TracePacket[] {
    return this.packets.map(({ summary, hops, ...record }) => ({
      number: record.number,
      protocol: summary.protocol,
      kind: record.kind,
      from: summary.from,
      to: summary.to,
      text: summary.text,
      netns: record.netns,
      madeBy: record.madeBy,
      because: record.because,
      retransmissionOf: record.retransmissionOf,
      at: record.at,
      hops: hops.map((hop) => ({ ...placeOf(hop.netns, this.nodeOf), at: hop.at, steps: [...hop.steps] })),
    }))
  }

  /** The frames so far, in the order they passed; empty unless frames were asked for. */
  recordedFrames(): readonly RecordedFrame[] {
    return this.frames ?? []
  }

  /** Null for what is left over from an earlier question. */
  private recordOf(id: number): PacketRecord | null {
    const record = this.byId.get(id)
    if (record !== undefined) return record
    invariant(this.isForeign(id), `step of packet ${id}, which nobody made`)
    return null
  }

  private isForeign(id: number): boolean {
    return this.firstId === null || id < this.firstId || this.foreign.has(id)
  }

  private kindOf(summary: PacketSummary, netns: string): TracePacketKind {
    if (summary.protocol === 'arp') return 'arp'
    if (summary.isIcmpError) return 'icmp-error'
    if (this.purpose === 'name-resolution') return 'dns'
    this.client ??= { netns, port: summary.sourcePort }
    if (netns !== this.client.netns) return 'reply'
    if (summary.isEchoReply) return 'reply'
    return summary.sourcePort === this.client.port ? 'request' : 'reply'
  }
}
