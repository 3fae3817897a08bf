import { ipv4, type Packet, tcp } from '../wire/index.js'

/**
 * The reset that answers a segment nobody wants (RFC 9293 3.10.7.1, tcp_v4_send_reset, nf_send_reset): with an ACK it
 * takes the acknowledged number as its own, without one it acknowledges everything the segment held.
 */
export function resetFor(pkt: Packet): tcp.SegmentFields {
  const at = ipv4.headerLength(pkt.view, 0)
  const flags = tcp.flags(pkt.view, at)
  const hasAck = (flags & tcp.ACK) !== 0
  const syn = (flags & tcp.SYN) !== 0 ? 1 : 0
  const fin = (flags & tcp.FIN) !== 0 ? 1 : 0
  const length = pkt.bytes.length - at - tcp.dataOffset(pkt.view, at) + syn + fin
  return {
    sourcePort: tcp.destinationPort(pkt.view, at),
    destinationPort: tcp.sourcePort(pkt.view, at),
    seq: hasAck ? tcp.ack(pkt.view, at) : 0,
    ack: hasAck ? 0 : (tcp.seq(pkt.view, at) + length) >>> 0,
    flags: hasAck ? tcp.RST : tcp.RST | tcp.ACK,
    window: 0,
    payload: new Uint8Array(0),
  }
}
