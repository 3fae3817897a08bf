import { formatIpv4, formatMac } from '../../src/addr/index.js'
import type { Connection, Tuple } from '../../src/netfilter/index.js'
import { type Namespace, type Neighbour, routeOutput } from '../../src/netns/index.js'
import { ipv4 } from '../../src/wire/index.js'
import type { ChainListing } from '../../src/iptables/index.js'
import type { ChainCounters, ConntrackRow, ObservedState, StateKind, TableCounters } from './format.js'
import type { Host } from './host.js'

/** Reads state out of a namespace, in the form of vector files. @throws Error for a kind that is not known */
export function readState(host: Host, kinds: readonly StateKind[], vxlanPorts: ReadonlySet<number>): ObservedState {
  return Object.assign({}, ...kinds.map((kind) => ({ [kind]: readOne(host, kind, vxlanPorts) }))) as ObservedState
}

function readOne(host: Host, kind: StateKind, vxlanPorts: ReadonlySet<number>): unknown {
  const { ns } = host
  switch (kind) {
    case 'conntrack':
      return conntrackRows([...host.netfilter.conntrack.entries()], vxlanPorts)
    case 'counters':
      return countersOf(host)
    case 'fdb':
      return fdbLines(host)
    case 'neigh':
      return ns.neighbours.entries().flatMap(neighbourLine).sort()
    case 'route-cache':
      return ns.exceptions.list(ns.clock.now).map(([to, { pmtu, gateway }]) => cacheLine(ns, to, pmtu, gateway))
    default:
      throw new Error(`"${kind}" cannot be read`)
  }
}

/** The outer source port of a tunnel is a hash: it shows as `*`, and rows that are then alike as one. */
function conntrackRows(connections: readonly Connection[], vxlanPorts: ReadonlySet<number>): ConntrackRow[] {
  const rows = connections.map((connection) => conntrackRow(connection, vxlanPorts))
  return rows.filter((row, i) => !row.orig.includes(':*') || rows.findIndex((other) => other.orig === row.orig) === i)
}

function conntrackRow(connection: Connection, vxlanPorts: ReadonlySet<number>): ConntrackRow {
  const { original, reply } = connection
  const isTunnel = original.protocol === ipv4.PROTOCOL.UDP && vxlanPorts.has(original.destinationPort)
  const status = [...(connection.assured ? ['ASSURED'] : []), ...(connection.seenReply ? [] : ['UNREPLIED'])]
  return {
    proto: ipv4.protocolName(original.protocol),
    state: connection.tcp?.state ?? connection.sctp?.state ?? '',
    mark: connection.mark,
    orig: isTunnel ? tupleText(original).replace(/:\d+>/, ':*>') : tupleText(original),
    reply: isTunnel ? tupleText(reply).replace(/\d+$/, '*') : tupleText(reply),
    status,
  }
}

function tupleText(tuple: Tuple): string {
  const source = formatIpv4(tuple.source)
  const destination = formatIpv4(tuple.destination)
  switch (tuple.protocol) {
    case ipv4.PROTOCOL.ICMP:
      return `${source}>${destination} type ${tuple.destinationPort >>> 8} code ${tuple.destinationPort & 0xff} id ${tuple.sourcePort}`
    case ipv4.PROTOCOL.TCP:
    case ipv4.PROTOCOL.UDP:
    case ipv4.PROTOCOL.SCTP:
      return `${source}:${tuple.sourcePort}>${destination}:${tuple.destinationPort}`
    default:
      return `${source}>${destination}`
  }
}

const TABLES = ['raw', 'mangle', 'nat', 'filter', 'security'] as const

function countersOf({ iptables }: Host): Record<string, TableCounters> {
  const loaded = TABLES.map((table) => [table, iptables.counters(table)] as const).filter(
    ([, chains]) => chains.length > 0,
  )
  return Object.fromEntries(
    loaded.map(([table, chains]) => [
      table,
      Object.fromEntries(chains.map((chain) => [chain.chain, chainCounters(chain)])),
    ]),
  )
}

function chainCounters(listing: ChainListing): ChainCounters {
  const { chain, policy, packets, bytes } = listing
  const prefix = `-A ${chain} `
  const rules = listing.rules.map(({ packets: p, bytes: b, rule }) => [p, b, rule.slice(prefix.length)] as const)
  return policy === null ? { rules } : { rules, policy, counters: [packets, bytes] }
}

function fdbLines(host: Host): string[] {
  return host.bridges
    .flatMap((bridge) =>
      bridge.fdb
        .list(host.ns.clock.now)
        .filter((entry) => !entry.local && !entry.permanent)
        .map((entry) => `${formatMac(entry.mac)} dev ${entry.port.name} master ${bridge.name}`),
    )
    .sort()
}

function neighbourLine(entry: Neighbour): string[] {
  const where = `${formatIpv4(entry.address)} dev ${entry.device.name}`
  const mac = entry.mac === null ? '' : ` lladdr ${formatMac(entry.mac)}`
  switch (entry.state) {
    case 'INCOMPLETE':
      return []
    case 'FAILED':
      return [`${where} FAILED`]
    case 'PERMANENT':
    case 'NOARP':
      return [`${where}${mac} ${entry.state}`]
    default:
      return [`${where}${mac} learnt`]
  }
}

function cacheLine(ns: Namespace, to: number, pmtu: number, redirect: number): string {
  const routed = routeOutput(ns, { destination: to, source: 0, outDevice: null, mark: 0, tos: 0, anySource: false })
  const gateway = redirect !== 0 ? redirect : 'dst' in routed ? routed.dst.gateway : 0
  const via = gateway === 0 ? '' : ` via ${formatIpv4(gateway)}`
  const dev = 'dst' in routed ? ` dev ${routed.dst.device.name}` : ''
  const flags = redirect === 0 ? '' : ' <redirected>'
  return `${formatIpv4(to)}${via}${dev}   cache${flags}  ${pmtu === 0 ? '' : ` mtu ${pmtu}`}`
}
