import type { dns } from '../wire/index.js'
import { isDefaultServerName, serverItems } from './apex.js'
import type { AddressItem, AliasItem, Found, Item } from './item.js'
import { lookup } from './lookup.js'
import { longestZone, lowerCase } from './names.js'
import type { ZoneQuery } from './zone-query.js'

/** Records of the answer, and what goes with them. */
export interface Records {
  readonly answers: readonly dns.ResourceRecord[]
  readonly additionals: readonly dns.ResourceRecord[]
  readonly truncated: boolean
}

/** An alias that leads through more aliases than this is dropped. */
const MAX_CHAIN = 10

/** What a name in `zone` stands for, the server's own name included. */
export function itemsAt(query: ZoneQuery, name: string, zone: string): Found {
  if (isDefaultServerName(query, name)) return { items: serverItems(query) }
  return lookup(query.store, name, zone, query.options)
}

/** Address records of `items` under the question's own name, aliases followed. */
export function addressRecords(query: ZoneQuery, items: readonly Item[]): Records {
  const { answers, truncated } = follow(query, items, query.qname, [query.name])
  return { answers, additionals: [], truncated }
}

function follow(
  query: ZoneQuery,
  items: readonly Item[],
  owner: string,
  chain: readonly string[],
): Pick<Records, 'answers' | 'truncated'> {
  const answers: dns.ResourceRecord[] = []
  const seen = new Set<string>()
  let truncated = false
  for (const item of items) {
    if (item.kind === 'alias') {
      const more = followAlias(query, item, owner, chain)
      answers.push(...more.answers)
      truncated ||= more.truncated
    } else if (familyType(item) === query.type && !seen.has(item.address)) {
      seen.add(item.address)
      answers.push(addressRecord(query, owner, item))
    }
  }
  return { answers, truncated }
}

/** A target of ours that has nothing to show hides its alias too; one outside shows the alias whatever comes. */
function followAlias(
  query: ZoneQuery,
  alias: AliasItem,
  owner: string,
  chain: readonly string[],
): Pick<Records, 'answers' | 'truncated'> {
  const none = { answers: [], truncated: false }
  const target = lowerCase(alias.target)
  if (chain.includes(target) || chain.length > MAX_CHAIN) return none
  const cname = aliasRecord(query, owner, alias)
  const zone = longestZone(target, [query.options.zone, ...query.options.reverseZones])
  if (zone === undefined) {
    const reply = query.outside({ name: alias.target, type: query.type, class: 'IN' })
    return { answers: [cname, ...reply.answers], truncated: reply.truncated }
  }
  const found = itemsAt(query, target, lowerCase(zone))
  if ('missing' in found) return none
  const rest = follow(query, found.items, alias.target, [...chain, target])
  return rest.answers.length === 0 ? none : { answers: [cname, ...rest.answers], truncated: rest.truncated }
}

/** The aliases among `items`. */
export function aliasRecords(query: ZoneQuery, items: readonly Item[]): Records {
  const aliases = items.filter((item) => item.kind === 'alias')
  return { answers: aliases.map((item) => aliasRecord(query, query.qname, item)), additionals: [], truncated: false }
}

/**
 * SRV records (RFC 2782) with the addresses of their targets. The weight is a share of 100 among all items, those
 * included that give no record of their own (plugin/backend_lookup.go SRV).
 */
export function serviceRecords(query: ZoneQuery, items: readonly Item[]): Records {
  const addresses = items.filter((item) => item.kind === 'address')
  const weight = Math.max(1, Math.floor(100 / addresses.length))
  const withPort = addresses.filter((item) => item.port !== -1)
  const targets = distinct(withPort, (item) => `${item.target} ${item.port}`)
  return {
    answers: targets.map((item) => ({
      ...head(query, query.qname),
      type: 'SRV',
      data: { priority: 0, weight, port: item.port, target: `${item.target}.${query.zoneAsAsked}` },
    })),
    additionals: glue(query, withPort),
    truncated: false,
  }
}

/** NS records of the apex, with the addresses of the servers. */
export function serverRecords(query: ZoneQuery): Records {
  const items = serverItems(query)
  const names = distinct(items, (item) => item.target)
  return {
    answers: names.map((item) => ({
      ...head(query, query.qname),
      type: 'NS',
      data: `${item.target}.${query.zoneAsAsked}`,
    })),
    additionals: glue(query, items),
    truncated: false,
  }
}

/** PTR records; targets are below the primary zone, spelled as configured. */
export function pointerRecords(query: ZoneQuery, targets: readonly string[]): Records {
  const answers = targets.map((target): dns.TextRecord => {
    return { ...head(query, query.qname), type: 'PTR', data: `${target}.${query.options.zone}` }
  })
  return { answers, additionals: [], truncated: false }
}

function glue(query: ZoneQuery, items: readonly AddressItem[]): dns.ResourceRecord[] {
  return distinct(items, (item) => `${item.target} ${item.address}`).map((item) =>
    addressRecord(query, `${item.target}.${query.zoneAsAsked}`, item),
  )
}

function addressRecord(query: ZoneQuery, owner: string, item: AddressItem): dns.TextRecord {
  return { ...head(query, owner), type: familyType(item), data: item.address }
}

function aliasRecord(query: ZoneQuery, owner: string, alias: AliasItem): dns.TextRecord {
  return { ...head(query, owner), type: 'CNAME', data: alias.target }
}

function familyType(item: AddressItem): 'A' | 'AAAA' {
  return item.family === 'inet' ? 'A' : 'AAAA'
}

function head(query: ZoneQuery, name: string): { name: string; class: string; ttl: number } {
  return { name, class: 'IN', ttl: query.options.ttl }
}

function distinct<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  const seen = new Map<string, T>()
  for (const item of items) if (!seen.has(keyOf(item))) seen.set(keyOf(item), item)
  return [...seen.values()]
}
