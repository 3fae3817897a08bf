import { type Connection, connectionOf, ctStateOf, directionOf, type Tuple } from '../netfilter/index.js'
import type { Packet } from '../wire/index.js'
import type { AddressMatch, CtState, Match, NumberRange } from './types.js'

type ConntrackMatch = Extract<Match, { kind: 'conntrack' }>

/** conntrack_mt. Without a connection only the state counts, and every other condition fails. */
export function matchConntrack(match: ConntrackMatch, pkt: Packet, now: number): boolean {
  const connection = connectionOf(pkt)
  if (match.states !== null && hasState(match.states, pkt, connection) === match.statesInvert) return false
  if (connection === null) return match.states !== null
  if (match.direction !== null) {
    const direction = directionOf(pkt.ctInfo) === 'original' ? 'ORIGINAL' : 'REPLY'
    if (direction !== match.direction) return false
  }
  return tuplesMatch(match, connection) && statusMatches(match, connection) && expireMatches(match, connection, now)
}

function hasState(states: readonly CtState[], pkt: Packet, connection: Connection | null): boolean {
  if (states.includes(ctStateOf(pkt))) return true
  if (connection === null) return false
  return (connection.srcNat && states.includes('SNAT')) || (connection.dstNat && states.includes('DNAT'))
}

function tuplesMatch(match: ConntrackMatch, connection: Connection): boolean {
  const original = connection.original
  const reply = connection.reply
  if (match.protocol !== null && (original.protocol === match.protocol.protocol) === match.protocol.invert) return false
  return (
    addressMatches(match.origSource, original.source) &&
    addressMatches(match.origDestination, original.destination) &&
    addressMatches(match.replySource, reply.source) &&
    addressMatches(match.replyDestination, reply.destination) &&
    portsMatch(match, original, reply)
  )
}

function portsMatch(match: ConntrackMatch, original: Tuple, reply: Tuple): boolean {
  return (
    portMatches(match.origSourcePorts, original.sourcePort) &&
    portMatches(match.origDestinationPorts, original.destinationPort) &&
    portMatches(match.replySourcePorts, reply.sourcePort) &&
    portMatches(match.replyDestinationPorts, reply.destinationPort)
  )
}

function addressMatches(match: AddressMatch | null, address: number): boolean {
  if (match === null) return true
  return ((address & match.mask) >>> 0 === (match.address & match.mask) >>> 0) !== match.invert
}

function portMatches(range: NumberRange | null, port: number): boolean {
  return range === null || (port >= range.min && port <= range.max) !== range.invert
}

function statusMatches(match: ConntrackMatch, connection: Connection): boolean {
  if (match.status === null) return true
  const has =
    (connection.expected && match.status.includes('EXPECTED')) ||
    (connection.seenReply && match.status.includes('SEEN_REPLY')) ||
    (connection.assured && match.status.includes('ASSURED')) ||
    (connection.confirmed && match.status.includes('CONFIRMED'))
  return has !== match.statusInvert
}

/** Seconds left, rounded down. An unconfirmed connection holds a duration where a time belongs, which counts as past. */
function expireMatches(match: ConntrackMatch, connection: Connection, now: number): boolean {
  if (match.expire === null) return true
  const left = connection.confirmed ? Math.max(0, connection.expires - now) : 0
  const seconds = Math.floor(left / 1000)
  return (seconds >= match.expire.min && seconds <= match.expire.max) !== match.expire.invert
}
