import { dns } from '../wire/index.js'
import { soaRecord } from './apex.js'
import { lookup, lookupAddress } from './lookup.js'
import { isInZone, lowerCase } from './names.js'
import {
  addressRecords,
  aliasRecords,
  itemsAt,
  pointerRecords,
  type Records,
  serverRecords,
  serviceRecords,
} from './records.js'
import { addressOfReverseName } from './reverse-name.js'
import { bareReply, type PluginReply, type ZoneQuery } from './zone-query.js'

/** TXT record that says which version of the specification is served. Its TTL does not follow the ttl option. */
const DNS_VERSION = 'dns-version'
const SCHEMA_VERSION = [...'1.1.0'].map((char) => char.charCodeAt(0))
const SCHEMA_TTL = 28800

const NO_RECORDS: Records = Object.freeze<Records>({ answers: [], additionals: [], truncated: false })

/**
 * Answers a question about a zone of ours from the store, as the kubernetes plugin of CoreDNS does (ServeDNS).
 * Null = not found, and the name falls through to the next plugin.
 */
export function serveKubernetes(query: ZoneQuery): PluginReply | null {
  if (query.type === 'AXFR' || query.type === 'IXFR') return bareReply(dns.RCODE.REFUSED)
  const records = recordsFor(query)
  if (records !== 'name-error') return existing(query, records)
  if (query.options.fallthrough.some((zone) => isInZone(query.name, lowerCase(zone)))) return null
  return negative(query, query.options.synced ? dns.RCODE.NXDOMAIN : dns.RCODE.SERVFAIL)
}

function existing(query: ZoneQuery, records: Records): PluginReply {
  if (records.answers.length === 0) return { ...negative(query, dns.RCODE.NOERROR), truncated: records.truncated }
  return { ...records, rcode: dns.RCODE.NOERROR, authoritative: true, authorities: [] }
}

function negative(query: ZoneQuery, rcode: number): PluginReply {
  return { ...bareReply(rcode), authoritative: true, authorities: [soaRecord(query)] }
}

function recordsFor(query: ZoneQuery): Records | 'name-error' {
  switch (query.type) {
    case 'SOA':
      // Below the apex the answer is empty whether or not the name exists.
      return query.name === query.zone ? { ...NO_RECORDS, answers: [soaRecord(query)] } : NO_RECORDS
    case 'NS':
      // Compared with the zone as asked: an apex in mixed case is a name like any other.
      return query.name === query.zoneAsAsked ? serverRecords(query) : recordsFromItems(query)
    case 'TXT':
      return textRecords(query)
    case 'PTR':
      return reverseRecords(query)
    default:
      return recordsFromItems(query)
  }
}

function recordsFromItems(query: ZoneQuery): Records | 'name-error' {
  const found = itemsAt(query, query.name, query.zone)
  if ('missing' in found) return 'name-error'
  switch (query.type) {
    case 'A':
    case 'AAAA':
      return addressRecords(query, found.items)
    case 'CNAME':
      return aliasRecords(query, found.items)
    case 'SRV':
      return serviceRecords(query, found.items)
    default:
      return NO_RECORDS
  }
}

/** Names that hold no item do not exist for TXT, though they do for every other type. */
function textRecords(query: ZoneQuery): Records | 'name-error' {
  if (query.name === `${DNS_VERSION}.${query.zone}`) {
    const data = [Uint8Array.from(SCHEMA_VERSION)]
    return { ...NO_RECORDS, answers: [{ name: query.qname, type: 'TXT', class: 'IN', ttl: SCHEMA_TTL, data }] }
  }
  const found = lookup(query.store, query.name, query.zone, query.options)
  return 'items' in found && found.items.length > 0 ? NO_RECORDS : 'name-error'
}

function reverseRecords(query: ZoneQuery): Records | 'name-error' {
  const address = addressOfReverseName(query.name)
  if (address === undefined) {
    const found = itemsAt(query, query.name, query.zone)
    return 'missing' in found ? 'name-error' : NO_RECORDS
  }
  const targets = lookupAddress(query.store, address, query.options)
  return targets.length === 0 ? 'name-error' : pointerRecords(query, targets)
}
