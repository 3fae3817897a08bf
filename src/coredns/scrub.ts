import type { Family } from '../addr/index.js'
import { dns } from '../wire/index.js'
import { compressNames } from './compress.js'

/** How a query came in. */
export interface Client {
  readonly transport: 'udp' | 'tcp'
  readonly family: Family
}

/** Options of a request's OPT record that come back in the reply: NSID, EXPIRE, COOKIE, TCP-KEEPALIVE, PADDING. */
const KNOWN_OPTIONS: ReadonlySet<number> = Object.freeze(new Set([3, 9, 10, 11, 12]))

const MIN_UDP_SIZE = 512
const TCP_SIZE = 65535
/** Larger UDP replies are compressed even where the client takes more, so that they are not fragmented. */
const UNFRAGMENTED: Readonly<Record<Family, number>> = Object.freeze({ inet: 1480, inet6: 1220 })

/** The request's OPT record, if any. */
export function optOf(query: dns.Message): dns.OptRecord | undefined {
  return query.additionals.find((record) => record.type === 'OPT')
}

/** The OPT record of the reply to a request with one (RFC 6891; CoreDNS, request.SizeAndDo). */
export function echoOpt(opt: dns.OptRecord, extendedRcode = 0): dns.OptRecord {
  return {
    type: 'OPT',
    name: '.',
    udpPayloadSize: opt.udpPayloadSize,
    extendedRcode,
    ednsVersion: 0,
    dnssecOk: opt.dnssecOk,
    options: opt.options.filter((option) => KNOWN_OPTIONS.has(option.code)),
  }
}

/** Bytes the client takes in one message. */
export function sizeLimit(query: dns.Message, client: Client): number {
  if (client.transport === 'tcp') return TCP_SIZE
  return Math.max(MIN_UDP_SIZE, optOf(query)?.udpPayloadSize ?? 0)
}

/**
 * The reply cut to `limit` bytes: records are kept from the front, over all sections, as long as they fit
 * compressed; the OPT record always stays. TC is set when any record of any section went.
 */
export function scrub(reply: dns.Message, limit: number): dns.Message {
  const bytes = dns.emit(reply)
  if (bytes.length <= limit || compressNames(bytes).length <= limit) return reply
  const all = [...reply.answers, ...reply.authorities, ...reply.additionals.filter((record) => record.type !== 'OPT')]
  let fits = 0
  let tooMany = all.length
  while (tooMany - fits > 1) {
    const middle = (fits + tooMany) >> 1
    if (compressNames(dns.emit(cut(reply, middle))).length <= limit) fits = middle
    else tooMany = middle
  }
  return cut(reply, fits)
}

function cut(reply: dns.Message, count: number): dns.Message {
  const answers = reply.answers.slice(0, count)
  const authorities = reply.authorities.slice(0, count - answers.length)
  const others = reply.additionals.filter((record) => record.type !== 'OPT')
  const additionals = others.slice(0, count - answers.length - authorities.length)
  const opt = reply.additionals.filter((record) => record.type === 'OPT')
  return { ...reply, answers, authorities, additionals: [...additionals, ...opt], truncated: true }
}

/** Bytes to send for a reply that {@link scrub} let pass: compressed only where need be. */
export function pack(bytes: Uint8Array, limit: number, client: Client): Uint8Array {
  const unfragmented = client.transport === 'udp' ? UNFRAGMENTED[client.family] : limit
  return bytes.length > Math.min(limit, unfragmented) ? compressNames(bytes) : bytes
}
