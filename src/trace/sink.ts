import type { Packet } from '../wire/index.js'
import type { Step } from './step.js'

/** Takes what happens to packets. A walk gets `TraceSink | null`; null costs one comparison. */
export interface TraceSink {
  /** Rules that do not match are wanted too. */
  readonly everyRule: boolean
  /** A packet was made in namespace `netns` by `maker` (a socket, ARP, an ICMP error because of `because`). */
  packet(pkt: Packet, netns: string, maker: string, because: number | null): void
  /** Something happened to packet `id` in namespace `netns`. */
  step(id: number, netns: string, step: Step): void
  /** A frame passes a device; the bytes may change afterwards, so a recorder copies. */
  frame(pkt: Packet, netns: string, device: string, direction: 'in' | 'out'): void
}
