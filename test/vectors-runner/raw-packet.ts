import { type Ipv4, parseIpv4 } from '../../src/addr/index.js'
import { icmpv4, ipv4, tcp, udp, viewOf } from '../../src/wire/index.js'
import type { Quote, RawStep } from './format.js'

/** Reads an address of a vector file. @throws Error */
export function addressOf(text: string): Ipv4 {
  const address = parseIpv4(text)
  if (address === undefined) throw new Error(`"${text}" is not an IPv4 address`)
  return address
}

const PROTOCOLS: Readonly<Record<string, number>> = { tcp: 6, udp: 17, icmp: 1 }

function protocolOf(text: string): number {
  return PROTOCOLS[text] ?? Number(text)
}

const FLAGS: Readonly<Record<string, number>> = {
  S: tcp.SYN,
  F: tcp.FIN,
  R: tcp.RST,
  P: tcp.PSH,
  A: tcp.ACK,
  U: tcp.URG,
}

const WINDOW = 65535

/** The bytes of a `raw` step. */
export function rawPacket(step: RawStep): Uint8Array {
  const source = addressOf(step.src)
  const destination = addressOf(step.dst)
  const payload = transport(step, source, destination)
  if (step.bad_checksum === true) spoilChecksum(step, payload)
  return ipv4.emit({
    id: step.ident ?? 0,
    ttl: step.ttl ?? 64,
    protocol: protocolOf(step.proto),
    source,
    destination,
    df: step.df ?? false,
    mf: step.more ?? false,
    fragmentOffset: step.offset ?? 0,
    payload,
  })
}

function transport(step: RawStep, source: Ipv4, destination: Ipv4): Uint8Array {
  const payload = new Uint8Array(step.payload ?? 0)
  if ((step.offset ?? 0) !== 0) return payload
  const ports = { sourcePort: step.sport ?? 0, destinationPort: step.dport ?? 0 }
  switch (step.proto) {
    case 'tcp': {
      const flags = [...(step.flags ?? '')].reduce((sum, letter) => sum | (FLAGS[letter] ?? 0), 0)
      const fields = { ...ports, seq: step.seq ?? 0, ack: step.ack ?? 0, flags, window: WINDOW, payload }
      return tcp.emit(fields, source, destination)
    }
    case 'udp':
      return udp.emit({ ...ports, payload }, source, destination)
    case 'icmp':
      return icmpOf(step, payload)
    default:
      return payload
  }
}

/** `id` and `seq` fill the second word of whatever type it is: an MTU is given as `seq`. */
function icmpOf(step: RawStep, payload: Uint8Array): Uint8Array {
  const body = step.quote === undefined ? payload : quoteOf(step.quote)
  const rest = (step.id ?? 0) * 0x1_0000 + (step.seq ?? 0)
  return icmpv4.emit({ type: step.type ?? 8, code: step.code ?? 0, rest, payload: body })
}

/** The IP header and the first eight bytes of a packet. */
function quoteOf(quote: Quote): Uint8Array {
  const body = quote.proto === 'icmp' ? quotedEcho(quote) : quotedPorts(quote)
  return ipv4.emit({
    id: 0,
    ttl: quote.ttl ?? 64,
    protocol: protocolOf(quote.proto),
    source: addressOf(quote.src),
    destination: addressOf(quote.dst),
    payload: body,
  })
}

function quotedEcho(quote: Quote): Uint8Array {
  const rest = (quote.id ?? 0) * 0x1_0000 + (quote.seq ?? 0)
  return icmpv4.emit({ type: quote.type ?? 8, code: quote.code ?? 0, rest, payload: new Uint8Array(0) })
}

function quotedPorts(quote: Quote): Uint8Array {
  const body = new Uint8Array(8)
  const view = viewOf(body)
  view.setUint16(0, quote.sport ?? 0)
  view.setUint16(2, quote.dport ?? 0)
  if (quote.proto === 'udp') view.setUint16(4, 8)
  return body
}

/** Where the checksum is in each protocol's header. */
const CHECKSUM_AT: Readonly<Record<string, number>> = { tcp: 16, udp: 6, icmp: 2 }

function spoilChecksum(step: RawStep, bytes: Uint8Array): void {
  const at = CHECKSUM_AT[step.proto]
  if (at !== undefined) bytes[at] = bytes[at]! ^ 0x5a
}
