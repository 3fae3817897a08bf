import type { Store } from '../store/index.js'
import type { dns } from '../wire/index.js'
import { lowerCase, withoutRoot } from './names.js'
import type { ClusterDnsOptions } from './options.js'

/** One question about a zone of ours, and all that its answer may depend on. */
export interface ZoneQuery {
  readonly store: Store
  readonly options: ClusterDnsOptions
  /** The name as asked, without the last dot: owner of every answer. */
  readonly qname: string
  /** The same in lower case. */
  readonly name: string
  readonly type: string
  /** The zone in lower case. */
  readonly zone: string
  /** The zone as the question spells it. */
  readonly zoneAsAsked: string
  readonly serial: number
  /** Asks the whole server again, for the target of an ExternalName. */
  readonly outside: (question: dns.Question) => Pick<dns.Message, 'answers' | 'truncated'>
}

/** The spelling-dependent parts of a {@link ZoneQuery}. */
export function namesOf(
  question: dns.Question,
  zone: string,
): Pick<ZoneQuery, 'qname' | 'name' | 'zone' | 'zoneAsAsked'> {
  const qname = withoutRoot(question.name)
  return {
    qname,
    name: lowerCase(qname),
    zone: lowerCase(zone),
    zoneAsAsked: qname.slice(qname.length - zone.length),
  }
}

/** What a plugin writes; the server makes a message of it. */
export interface PluginReply {
  readonly rcode: number
  readonly authoritative: boolean
  readonly answers: readonly dns.ResourceRecord[]
  readonly authorities: readonly dns.ResourceRecord[]
  readonly additionals: readonly dns.ResourceRecord[]
  readonly truncated: boolean
}

/** A reply without records or flags, as the server itself writes errors. */
export function bareReply(rcode: number): PluginReply {
  return { rcode, authoritative: false, answers: [], authorities: [], additionals: [], truncated: false }
}
