import dnsPacket from 'dns-packet'
import { isWhole } from './dns-extent.js'
import type { ParseFault } from './fault.js'

/** Length of a DNS header (RFC 1035 section 4.1.1). */
export const HEADER_LEN = 12

/** Response codes (IANA). */
export const RCODE = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const

export interface Question {
  /** Labels joined by dots, without the last dot; `.` is the root. Case as on the wire. */
  readonly name: string
  /** `A`, `SRV` …, or `UNKNOWN_n`. */
  readonly type: string
  /** `IN` nearly always. */
  readonly class: string
}

interface RecordHead {
  readonly name: string
  readonly class: string
  /** Seconds. */
  readonly ttl: number
}

/** An address, or a name that the owner stands for. */
export interface TextRecord extends RecordHead {
  readonly type: 'A' | 'AAAA' | 'CNAME' | 'NS' | 'PTR' | 'DNAME'
  readonly data: string
}

export interface SrvRecord extends RecordHead {
  readonly type: 'SRV'
  readonly data: { readonly priority: number; readonly weight: number; readonly port: number; readonly target: string }
}

export interface SoaRecord extends RecordHead {
  readonly type: 'SOA'
  readonly data: {
    readonly mname: string
    readonly rname: string
    readonly serial: number
    readonly refresh: number
    readonly retry: number
    readonly expire: number
    readonly minimum: number
  }
}

export interface MxRecord extends RecordHead {
  readonly type: 'MX'
  readonly data: { readonly preference: number; readonly exchange: string }
}

export interface TxtRecord extends RecordHead {
  readonly type: 'TXT'
  readonly data: readonly Uint8Array[]
}

/** EDNS (RFC 6891): no class and TTL of its own. */
export interface OptRecord {
  readonly type: 'OPT'
  readonly name: '.'
  readonly udpPayloadSize: number
  readonly extendedRcode: number
  readonly ednsVersion: number
  readonly dnssecOk: boolean
  readonly options: readonly { readonly code: number; readonly data: Uint8Array }[]
}

/** Any other type, named by the registry or `UNKNOWN_n`, whose data is not looked into. */
export interface OtherRecord extends RecordHead {
  readonly type: 'OTHER'
  readonly typeName: string
  readonly data: unknown
}

export type ResourceRecord = TextRecord | SrvRecord | SoaRecord | MxRecord | TxtRecord | OptRecord | OtherRecord

/** A DNS message (RFC 1035 section 4). */
export interface Message {
  readonly id: number
  readonly response: boolean
  readonly opcode: number
  readonly authoritative: boolean
  readonly truncated: boolean
  readonly recursionDesired: boolean
  readonly recursionAvailable: boolean
  readonly authenticData: boolean
  readonly checkingDisabled: boolean
  /** The header's four bits; an OPT record may extend them. */
  readonly rcode: number
  readonly questions: readonly Question[]
  readonly answers: readonly ResourceRecord[]
  readonly authorities: readonly ResourceRecord[]
  readonly additionals: readonly ResourceRecord[]
}

/** What {@link emit} needs; what is left out is zero, false or empty. */
export type MessageFields = Partial<Message> & Pick<Message, 'id'>

const AA = 0x0400
const TC = 0x0200
const RD = 0x0100
const RA = 0x0080
const AD = 0x0020
const CD = 0x0010
const DNSSEC_OK = 0x8000

/** A record as dns-packet sees it. */
type RawRecord = { name: string; type: string; [field: string]: unknown }
type RawMessage = {
  id?: number
  type?: string
  flags?: number
  questions?: { name: string; type: string; class?: string }[]
  answers?: RawRecord[]
  authorities?: RawRecord[]
  additionals?: RawRecord[]
}

/** dns-packet, typed by what is used of it. */
const codec = dnsPacket as unknown as {
  encode(message: RawMessage): Uint8Array
  decode(bytes: Uint8Array): Required<RawMessage>
}

/**
 * dns-packet works on Buffer, a name that does not exist here; an encoded message is one, and knows its class.
 */
const BufferClass = codec.encode({}).constructor as unknown as { from(bytes: Uint8Array): Uint8Array }

/** Reads a message; whatever cannot be read is FORMERR, as a server would answer. */
export function parse(bytes: Uint8Array): Message | ParseFault<'FORMERR'> {
  if (!isWhole(bytes)) return { fault: 'FORMERR' }
  try {
    return fromRaw(codec.decode(BufferClass.from(bytes)))
  } catch {
    return { fault: 'FORMERR' }
  }
}

/** Writes a message, names uncompressed. Names and data must be valid: each label 1 to 63 bytes. */
export function emit(message: MessageFields): Uint8Array {
  const made = codec.encode({
    id: message.id,
    type: message.response === true ? 'response' : 'query',
    flags: flagsOf(message),
    questions: (message.questions ?? []).map((question) => ({ ...question })),
    answers: (message.answers ?? []).map(toRaw),
    authorities: (message.authorities ?? []).map(toRaw),
    additionals: (message.additionals ?? []).map(toRaw),
  })
  return plain(made)
}

function flagsOf(message: MessageFields): number {
  let flags = ((message.opcode ?? 0) << 11) | (message.rcode ?? 0)
  if (message.authoritative === true) flags |= AA
  if (message.truncated === true) flags |= TC
  if (message.recursionDesired === true) flags |= RD
  if (message.recursionAvailable === true) flags |= RA
  if (message.authenticData === true) flags |= AD
  if (message.checkingDisabled === true) flags |= CD
  return flags
}

function fromRaw(raw: Required<RawMessage>): Message {
  const { flags } = raw
  return {
    id: raw.id,
    response: raw.type === 'response',
    opcode: (flags >> 11) & 0xf,
    authoritative: (flags & AA) !== 0,
    truncated: (flags & TC) !== 0,
    recursionDesired: (flags & RD) !== 0,
    recursionAvailable: (flags & RA) !== 0,
    authenticData: (flags & AD) !== 0,
    checkingDisabled: (flags & CD) !== 0,
    rcode: flags & 0xf,
    questions: raw.questions.map(({ name, type, class: klass = 'IN' }) => ({ name, type, class: klass })),
    answers: raw.answers.map(recordFromRaw),
    authorities: raw.authorities.map(recordFromRaw),
    additionals: raw.additionals.map(recordFromRaw),
  }
}

function recordFromRaw(raw: RawRecord): ResourceRecord {
  if (raw.type === 'OPT') return optFromRaw(raw)
  const head = { name: raw.name, class: raw['class'] as string, ttl: raw['ttl'] as number }
  const data = plainDeep(raw['data'])
  switch (raw.type) {
    case 'A':
    case 'AAAA':
    case 'CNAME':
    case 'NS':
    case 'PTR':
    case 'DNAME':
      return { ...head, type: raw.type, data: data as string }
    case 'SRV':
      return { ...head, type: 'SRV', data: data as SrvRecord['data'] }
    case 'SOA':
      return { ...head, type: 'SOA', data: data as SoaRecord['data'] }
    case 'MX':
      return { ...head, type: 'MX', data: data as MxRecord['data'] }
    case 'TXT':
      return { ...head, type: 'TXT', data: data as Uint8Array[] }
    default:
      return { ...head, type: 'OTHER', typeName: raw.type, data }
  }
}

function optFromRaw(raw: RawRecord): OptRecord {
  const options = raw['options'] as { code: number; data?: Uint8Array }[]
  return {
    type: 'OPT',
    name: '.',
    udpPayloadSize: raw['udpPayloadSize'] as number,
    extendedRcode: raw['extendedRcode'] as number,
    ednsVersion: raw['ednsVersion'] as number,
    dnssecOk: ((raw['flags'] as number) & DNSSEC_OK) !== 0,
    options: options.map(({ code, data }) => ({ code, data: plain(data ?? new Uint8Array(0)) })),
  }
}

function toRaw(record: ResourceRecord): RawRecord {
  switch (record.type) {
    case 'OPT':
      return {
        ...record,
        flags: record.dnssecOk ? DNSSEC_OK : 0,
        options: record.options.map(({ code, data }) => ({ code, data: BufferClass.from(data) })),
      }
    case 'OTHER':
      return {
        name: record.name,
        type: record.typeName,
        class: record.class,
        ttl: record.ttl,
        data: buffers(record.data),
      }
    case 'TXT':
      return { ...record, data: record.data.map((text) => BufferClass.from(text)) }
    default:
      return { ...record }
  }
}

function plain(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(bytes)
}

/** The same value with every Buffer in it as plain bytes. */
function plainDeep(value: unknown): unknown {
  return mapBytes(value, plain)
}

/** The same value with all bytes in it as Buffers. */
function buffers(value: unknown): unknown {
  return mapBytes(value, (bytes) => BufferClass.from(bytes))
}

function mapBytes(value: unknown, map: (bytes: Uint8Array) => Uint8Array): unknown {
  if (value instanceof Uint8Array) return map(value)
  if (Array.isArray(value)) return value.map((item) => mapBytes(item, map))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapBytes(item, map)]))
}
