import { type Packet, tcp } from '../../wire/index.js'
import type { TcpSegmentKind, TcpWindow } from './connection.js'
import { kindOf } from './tcp-states.js'

const OPTION_SACK = 5

/** Comparison of sequence numbers, which wrap around. */
export function isBefore(a: number, b: number): boolean {
  return ((a - b) | 0) < 0
}

export function isAfter(a: number, b: number): boolean {
  return isBefore(b, a)
}

/** The fields of a segment that tracking looks at. */
export class TcpView {
  readonly kind: TcpSegmentKind
  readonly syn: boolean
  readonly ack: boolean
  readonly rst: boolean
  readonly seq: number
  readonly ackSeq: number
  /** As in the header, not scaled. */
  readonly window: number
  /** Sequence number behind the segment (segment_seq_plus_len). */
  readonly end: number
  private readonly view: DataView
  private readonly optionsAt: number
  private readonly optionsEnd: number

  constructor(pkt: Packet, at: number, end: number) {
    const { view } = pkt
    const flags = tcp.flags(view, at)
    const fin = (flags & tcp.FIN) !== 0
    const header = tcp.dataOffset(view, at)
    this.kind = kindOf(flags)
    this.syn = (flags & tcp.SYN) !== 0
    this.ack = (flags & tcp.ACK) !== 0
    this.rst = (flags & tcp.RST) !== 0
    this.seq = tcp.seq(view, at)
    this.ackSeq = tcp.ack(view, at)
    this.window = tcp.window(view, at)
    this.end = (this.seq + (end - at - header) + (this.syn ? 1 : 0) + (fin ? 1 : 0)) >>> 0
    this.view = view
    this.optionsAt = at + tcp.HEADER_LEN
    this.optionsEnd = at + header
  }

  /** Takes window scale and SACK-permitted over, if there are options at all (tcp_options). */
  readOptionsInto(window: TcpWindow): void {
    if (this.optionsEnd <= this.optionsAt) return
    window.scale = 0
    window.scaleSeen = false
    window.maxAckSet = false
    window.sackPermitted = false
    window.closeInit = false
    window.unacknowledged = false
    const bytes = new Uint8Array(this.view.buffer, this.view.byteOffset, this.view.byteLength)
    const options = tcp.parseOptions(bytes, this.optionsAt, this.optionsEnd)
    window.sackPermitted = options.sackPermitted === true
    if (options.windowScale === undefined) return
    window.scaleSeen = true
    window.scale = Math.min(options.windowScale, 14)
  }

  /** The highest right edge of a SACK block if that is after `ack`, else `ack` (tcp_sack). */
  highestSack(ack: number): number {
    let highest = ack
    let at = this.optionsAt
    while (at < this.optionsEnd) {
      const kind = this.view.getUint8(at)
      if (kind === 0) return highest
      if (kind === 1) {
        at++
        continue
      }
      if (at + 1 >= this.optionsEnd) return highest
      const size = this.view.getUint8(at + 1)
      if (size < 2 || at + size > this.optionsEnd) return highest
      if (kind === OPTION_SACK && size >= 10 && (size - 2) % 8 === 0) {
        for (let block = at + 2; block < at + size; block += 8) {
          const edge = this.view.getUint32(block + 4)
          if (isAfter(edge, highest)) highest = edge
        }
        return highest
      }
      at += size
    }
    return highest
  }
}
