import { dns } from '../wire/index.js'
import { lowerCase, withoutRoot } from './names.js'
import type { Upstream } from './options.js'
import { bareReply, type PluginReply } from './zone-query.js'

/**
 * The forward plugin with the answer of a table in place of servers. Without an answer the outcome is unknown; it
 * is shown as the SERVFAIL of servers that do not answer. Without the plugin the chain ends, in SERVFAIL too.
 */
export function forward(
  question: dns.Question,
  upstream: Upstream | null,
): PluginReply & { readonly recursionAvailable: boolean } {
  const answer = upstream === null ? null : upstream(question)
  if (answer === null) return { ...bareReply(dns.RCODE.SERVFAIL), recursionAvailable: false }
  return { ...bareReply(answer.rcode), answers: answer.answers, recursionAvailable: true }
}

/**
 * An outside world of a few hosts: names (letter case ignored) to addresses in text form. A host has the addresses
 * given and no other record; nothing is known of other names.
 */
export function upstreamOf(hosts: Readonly<Record<string, readonly string[]>>): Upstream {
  const table = new Map(Object.entries(hosts).map(([name, ips]) => [keyOf(name), ips]))
  return (question) => {
    const addresses = table.get(keyOf(question.name))
    if (addresses === undefined) return null
    const answers = addresses
      .filter((address) => question.type === (address.includes(':') ? 'AAAA' : 'A'))
      .map((address) => addressRecord(question, address))
    return { rcode: dns.RCODE.NOERROR, answers }
  }
}

function keyOf(name: string): string {
  return lowerCase(withoutRoot(name))
}

function addressRecord(question: dns.Question, data: string): dns.TextRecord {
  return { name: question.name, type: data.includes(':') ? 'AAAA' : 'A', class: 'IN', ttl: 30, data }
}
