import { formatIpv4, type Ipv4 } from '../../addr/index.js'
import { ipv4, type Packet, tcp } from '../../wire/index.js'
import type { Namespace } from '../namespace.js'

/** A received TCP segment: the fields that decide, and the packet it came in. */
export interface Segment {
  readonly pkt: Packet
  readonly source: Ipv4
  readonly destination: Ipv4
  readonly sourcePort: number
  readonly destinationPort: number
  readonly seq: number
  readonly ack: number
  readonly flags: number
  readonly payload: Uint8Array
  /** Largest segment that the sender takes; null when it does not say. */
  readonly mss: number | null
  /** The sender's clock (TSval); 0 without the option. */
  readonly timestamp: number
}

/** Reads the segment of a packet whose TCP header has been judged. */
export function segmentOf(pkt: Packet): Segment {
  const { view } = pkt
  const at = ipv4.headerLength(view, 0)
  const dataAt = at + tcp.dataOffset(view, at)
  const options = tcp.parseOptions(pkt.bytes.subarray(at + tcp.HEADER_LEN, dataAt))
  return {
    pkt,
    source: ipv4.source(view, 0),
    destination: ipv4.destination(view, 0),
    sourcePort: tcp.sourcePort(view, at),
    destinationPort: tcp.destinationPort(view, at),
    seq: tcp.seq(view, at),
    ack: tcp.ack(view, at),
    flags: tcp.flags(view, at),
    payload: pkt.bytes.subarray(dataAt),
    mss: options.mss ?? null,
    timestamp: options.timestamps?.value ?? 0,
  }
}

/** Records that a segment has reached `process`. */
export function traceDelivery(ns: Namespace, segment: Segment, process: string, detail: string): void {
  const trace = ns.sim.trace
  if (trace === null) return
  trace.step(segment.pkt.id, ns.name, {
    kind: 'socket',
    action: 'deliver',
    protocol: 'tcp',
    local: `${formatIpv4(segment.destination)}:${segment.destinationPort}`,
    peer: `${formatIpv4(segment.source)}:${segment.sourcePort}`,
    process,
    detail,
  })
}
