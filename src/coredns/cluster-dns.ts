import type { Choices } from '../base/index.js'
import type { Store } from '../store/index.js'
import { dns } from '../wire/index.js'
import { explain } from './explain.js'
import { forward } from './forward.js'
import { serveKubernetes } from './kubernetes.js'
import { loadbalance } from './loadbalance.js'
import { longestZone, withoutRoot } from './names.js'
import { type ClusterDnsOptions, DEFAULT_OPTIONS } from './options.js'
import { questionBytes, withQuestion } from './question-bytes.js'
import { type Client, echoOpt, optOf, pack, scrub, sizeLimit } from './scrub.js'
import { ZoneSerial } from './serial.js'
import { bareReply, namesOf, type PluginReply, type ZoneQuery } from './zone-query.js'

const QUERY = 0
const NOTIFY = 4
const BADVERS_EXTENDED = 1

/** How a query came in, and who decides the order of addresses. */
export interface ClientOptions extends Partial<Client> {
  /** Null or absent = no loadbalance plugin: addresses in the order of the objects. */
  readonly choices?: Choices | null
}

/**
 * A CoreDNS server with one server block for `.`: kubernetes, then forward. It reads the store at each query and
 * keeps nothing but the zone's serial; it sends nothing.
 */
export class ClusterDns {
  readonly options: ClusterDnsOptions
  private readonly store: Store
  private readonly serial: ZoneSerial = new ZoneSerial()

  /** @param options what differs from kubeadm's Corefile. */
  constructor(store: Store, options: Partial<ClusterDnsOptions> = {}) {
    this.store = store
    this.options = Object.freeze({ ...DEFAULT_OPTIONS, ...options })
  }

  /** The reply to a query, cut to what the client takes (UDP and IPv4 unless told). */
  answer(query: dns.Message, client: ClientOptions = {}): dns.Message {
    const reply = this.reply(query)
    const { choices } = client
    const ordered = choices === undefined || choices === null ? reply : balanced(reply, query, choices)
    return scrub(ordered, sizeLimit(query, clientOf(client)))
  }

  /**
   * The bytes to send back, or null for none: what is too short for a header, or is itself a reply, is ignored.
   * Bytes that do not parse get FORMERR, opcodes other than QUERY and NOTIFY get NOTIMP.
   */
  answerBytes(bytes: Uint8Array, client: ClientOptions = {}): Uint8Array | null {
    if (bytes.length < dns.HEADER_LEN || (bytes[2]! & 0x80) !== 0) return null
    const opcode = (bytes[2]! >> 3) & 0xf
    if (opcode !== QUERY && opcode !== NOTIFY) return rejection(bytes, opcode, dns.RCODE.NOTIMP)
    const query = dns.parse(bytes)
    if ('fault' in query) return rejection(bytes, opcode, dns.RCODE.FORMERR)
    const reply = this.answer(query, client)
    const question = questionBytes(bytes)
    const made =
      question === undefined || reply.questions.length === 0
        ? dns.emit({ ...reply, questions: [] })
        : withQuestion(dns.emit({ ...reply, questions: [] }), question)
    return pack(made, sizeLimit(query, clientOf(client)), clientOf(client))
  }

  /** Why the answer to a question is empty, an error or unknown, in one line; null when it holds records. */
  explain(name: string, type = 'A'): string | null {
    const question = { name, type, class: 'IN' }
    const zone = this.zoneOf(name)
    if (zone === undefined) return explain(question, null, this.serve(question), this.options)
    return explain(question, this.zoneQuery(question, zone), this.serve(question), this.options)
  }

  private reply(query: dns.Message): dns.Message {
    const opt = optOf(query)
    const [question] = query.questions
    if (question === undefined) return messageFrom(query, bareReply(dns.RCODE.SERVFAIL))
    if (opt !== undefined && opt.ednsVersion !== 0) {
      const reply = messageFrom(query, bareReply(dns.RCODE.NOERROR))
      return { ...reply, additionals: [echoOpt(opt, BADVERS_EXTENDED)] }
    }
    if (question.class !== 'IN' && this.options.upstream === null)
      return messageFrom(query, bareReply(dns.RCODE.REFUSED))
    return messageFrom(query, this.serve(question))
  }

  /** The plugin chain. */
  private serve(question: dns.Question): PluginReply & { readonly recursionAvailable?: boolean } {
    const zone = this.zoneOf(question.name)
    const reply = zone === undefined ? null : serveKubernetes(this.zoneQuery(question, zone))
    return reply ?? forward(question, this.options.upstream)
  }

  private zoneOf(name: string): string | undefined {
    return longestZone(withoutRoot(name), [this.options.zone, ...this.options.reverseZones])
  }

  private zoneQuery(question: dns.Question, zone: string): ZoneQuery {
    return {
      store: this.store,
      options: this.options,
      ...namesOf(question, zone),
      type: question.type,
      serial: this.serial.read(this.store, this.options.pods === 'verified'),
      outside: (other) => this.serve(other),
    }
  }
}

function clientOf(client: ClientOptions): Client {
  return { transport: client.transport ?? 'udp', family: client.family ?? 'inet' }
}

/** Only answers are put in another order, and transfers never are. */
function balanced(reply: dns.Message, query: dns.Message, choices: Choices): dns.Message {
  const type = query.questions[0]?.type
  const stays = reply.rcode !== dns.RCODE.NOERROR || type === 'AXFR' || type === 'IXFR'
  return stays ? reply : loadbalance(reply, choices)
}

function messageFrom(query: dns.Message, reply: PluginReply & { readonly recursionAvailable?: boolean }): dns.Message {
  const opt = optOf(query)
  return {
    id: query.id,
    response: true,
    opcode: query.opcode,
    authoritative: reply.authoritative,
    truncated: reply.truncated,
    recursionDesired: query.recursionDesired,
    recursionAvailable: reply.recursionAvailable ?? false,
    authenticData: false,
    checkingDisabled: query.checkingDisabled,
    rcode: reply.rcode,
    questions: query.questions.slice(0, 1),
    answers: reply.answers,
    authorities: reply.authorities,
    additionals: opt === undefined ? reply.additionals : [...reply.additionals, echoOpt(opt)],
  }
}

/** A header and nothing else (miekg/dns, server.go serveDNS: MsgReject and MsgRejectNotImplemented). */
function rejection(bytes: Uint8Array, opcode: number, rcode: number): Uint8Array {
  const id = (bytes[0]! << 8) | bytes[1]!
  const recursionDesired = (bytes[2]! & 1) !== 0
  return dns.emit({ id, response: true, opcode, rcode, recursionDesired })
}
