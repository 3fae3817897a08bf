import type { Ipv4 } from '../../addr/index.js'
import type { Choices } from '../../base/index.js'
import { ipv4 } from '../../wire/index.js'
import type { Connection } from '../conntrack/connection.js'
import { invertTuple, type Tuple } from '../conntrack/tuple.js'
import { zoneId } from '../conntrack/zone.js'
import { jhash2 } from './jhash.js'
import type { NatManip, NatRange } from './range.js'

/** Tuples tried before the search starts again elsewhere, half as far (NF_NAT_MAX_ATTEMPTS). */
const MAX_ATTEMPTS = 128

/** With this few attempts left, a TIME_WAIT entry in the way is evicted (NF_NAT_HARDER_THRESH). */
const HARDER_ATTEMPTS = MAX_ATTEMPTS / 4

/** A search of fewer attempts than this is the last. */
const LAST_ROUND = 16

/** What NAT found: the tuple, as packets of the original direction will look, and whether nobody else has it. */
export interface UniqueTuple {
  readonly tuple: Tuple
  readonly free: boolean
}

function withSource(tuple: Tuple, source: Ipv4, sourcePort: number): Tuple {
  const { destination, protocol, destinationPort } = tuple
  return { source, destination, protocol, sourcePort, destinationPort }
}

function withDestination(tuple: Tuple, destination: Ipv4, destinationPort: number): Tuple {
  const { source, protocol, sourcePort } = tuple
  return { source, destination, protocol, sourcePort, destinationPort }
}

/** nf_nat_used_tuple: would the answers be taken for another connection's? */
function isUsed(tuple: Tuple, connection: Connection): boolean {
  const reply = invertTuple(tuple)
  return reply !== null && connection.table.isTaken(reply, connection)
}

function isPortInRange(tuple: Tuple, manip: NatManip, range: NatRange): boolean {
  switch (tuple.protocol) {
    case ipv4.PROTOCOL.ICMP:
      return tuple.sourcePort >= range.minPort && tuple.sourcePort <= range.maxPort
    case ipv4.PROTOCOL.TCP:
    case ipv4.PROTOCOL.UDP:
    case ipv4.PROTOCOL.SCTP: {
      const port = manip === 'source' ? tuple.sourcePort : tuple.destinationPort
      return port >= range.minPort && port <= range.maxPort
    }
    default:
      return true
  }
}

/** Does a source mapping like this satisfy the range (nf_in_range)? */
function isInRange(tuple: Tuple, range: NatRange): boolean {
  if (range.mapIps && (tuple.source < range.minAddress || tuple.source > range.maxAddress)) return false
  return !range.protoSpecified || isPortInRange(tuple, 'source', range)
}

/** find_appropriate_src: the source the same client is already mapped to, toward this destination. */
function knownSource(tuple: Tuple, range: NatRange, connection: Connection): Tuple | null {
  const zone = zoneId(connection.zone, 'original')
  for (const other of connection.table.sameSource(tuple)) {
    if (zoneId(other.zone, 'original') !== zone) continue
    const mapped = invertTuple(other.reply)
    if (mapped === null) continue
    const candidate = withSource(tuple, mapped.source, mapped.sourcePort)
    if (isInRange(candidate, range)) return candidate
  }
  return null
}

/** The bytes of an address as the kernel's little-endian machine reads them: its hashes depend on it. */
function networkWord(address: Ipv4): number {
  return ((address & 0xff) << 24) | ((address & 0xff00) << 8) | ((address >>> 8) & 0xff00) | (address >>> 24)
}

/** find_best_ips_proto: the address of a pool, by a hash of source and (unless persistent) destination. */
function pickAddress(tuple: Tuple, range: NatRange, zone: number): Ipv4 {
  if (range.minAddress === range.maxAddress) return range.minAddress
  const seed = range.persistent ? 0 : networkWord(tuple.destination) ^ zone
  const hash = jhash2([networkWord(tuple.source), 0, 0, 0], seed)
  const size = range.maxAddress - range.minAddress + 1
  return range.minAddress + Number((BigInt(hash) * BigInt(size)) >> 32n)
}

function choosePool(tuple: Tuple, range: NatRange, manip: NatManip, zone: number): Tuple {
  if (!range.mapIps) return tuple
  const address = pickAddress(tuple, range, zone)
  return manip === 'source'
    ? withSource(tuple, address, tuple.sourcePort)
    : withDestination(tuple, address, tuple.destinationPort)
}

/**
 * get_unique_tuple: what the connection's packets shall look like. The original where it may stay and its answers
 * are nobody else's; else the mapping its source has already; else an address of the range and a port of the range
 * (or of the original port's class) that is free.
 */
export function uniqueTuple(
  current: Tuple,
  range: NatRange,
  connection: Connection,
  manip: NatManip,
  choices: Choices,
): UniqueTuple {
  const anyPort = range.random || range.randomFully
  if (manip === 'source' && !anyPort) {
    if (isInRange(current, range)) {
      if (!isUsed(current, connection)) return { tuple: current, free: true }
    } else {
      const known = knownSource(current, range, connection)
      if (known !== null && !isUsed(known, connection)) return { tuple: known, free: true }
    }
  }
  const tuple = choosePool(current, range, manip, connection.zone.id)
  if (!anyPort) {
    if (!range.protoSpecified) {
      if (!isUsed(tuple, connection)) return { tuple, free: true }
    } else if (!range.protoOffset && isPortInRange(tuple, manip, range)) {
      const free = !isUsed(tuple, connection)
      if (free || range.minPort === range.maxPort) return { tuple, free }
    }
  }
  return findPort(tuple, range, connection, manip, choices)
}

/** Ports to look among: first and how many; null = the port must stay. */
function portsFor(tuple: Tuple, range: NatRange, manip: NatManip): readonly [first: number, count: number] | null {
  switch (tuple.protocol) {
    case ipv4.PROTOCOL.ICMP:
      return range.protoSpecified ? [range.minPort, range.maxPort - range.minPort + 1] : [0, 65536]
    case ipv4.PROTOCOL.TCP:
    case ipv4.PROTOCOL.UDP:
    case ipv4.PROTOCOL.SCTP:
      break
    default:
      return null
  }
  if (range.protoSpecified) {
    const first = Math.min(range.minPort, range.maxPort)
    return [first, Math.max(range.minPort, range.maxPort) - first + 1]
  }
  if (manip === 'destination') return null
  if (tuple.sourcePort < 512) return [1, 511]
  return tuple.sourcePort < 1024 ? [600, 424] : [1024, 64512]
}

/** nf_nat_l4proto_unique_tuple: searches from a random port on, in rounds of at most 128 tries, each half as long. */
function findPort(
  start: Tuple,
  range: NatRange,
  connection: Connection,
  manip: NatManip,
  choices: Choices,
): UniqueTuple {
  const ports = portsFor(start, range, manip)
  if (ports === null) return { tuple: start, free: !isUsed(start, connection) }
  const [first, count] = ports
  const changesSource = manip === 'source' || start.protocol === ipv4.PROTOCOL.ICMP
  let offset = firstOffset(start, range, manip, choices)
  let attempts = Math.min(count, MAX_ATTEMPTS)
  let tuple = start
  for (;;) {
    for (let i = 0; i < attempts; i++, offset = (offset + 1) & 0xffff) {
      const port = first + (offset % count)
      tuple = changesSource ? withSource(start, start.source, port) : withDestination(start, start.destination, port)
      if (!isUsedHarder(tuple, connection, attempts - i)) return { tuple, free: true }
    }
    if (attempts >= count || attempts < LAST_ROUND) return { tuple, free: false }
    attempts >>>= 1
    offset = choices.sample(65536)
  }
}

function firstOffset(tuple: Tuple, range: NatRange, manip: NatManip, choices: Choices): number {
  if (range.protoOffset) {
    const port = manip === 'source' ? tuple.sourcePort : tuple.destinationPort
    return (port - range.basePort) & 0xffff
  }
  const random = range.random || range.randomFully || manip === 'source'
  return random ? choices.sample(65536) : 0
}

/** nf_nat_used_tuple_harder: late in the search, a connection in TIME_WAIT whose numbers are overtaken makes way. */
function isUsedHarder(tuple: Tuple, connection: Connection, attemptsLeft: number): boolean {
  const opening = connection.tcp !== null && connection.tcp.state === 'SYN_SENT'
  if (attemptsLeft > HARDER_ATTEMPTS || !opening) return isUsed(tuple, connection)
  const reply = invertTuple(tuple)
  const entry = reply === null ? null : connection.table.lookup(reply, connection.zone)
  if (entry === null) return false
  const other = entry.connection
  if (entry.direction === 'original' || other.fixedTimeout || other.dying || !other.srcNat) return true
  if (other.tcp === null || (other.tcp.state !== 'TIME_WAIT' && other.tcp.state !== 'CLOSE')) return true
  if (((connection.tcp!.original.end - other.tcp.original.end) | 0) <= 0) return true
  return !connection.table.remove(other)
}
