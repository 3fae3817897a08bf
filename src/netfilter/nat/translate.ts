import { formatIpv4 } from '../../addr/index.js'
import type { Endpoints } from '../../trace/index.js'
import { checksum, icmpv4, ipv4, type Packet, transportPorts } from '../../wire/index.js'
import { endOf } from '../conntrack/checksum.js'
import type { Connection } from '../conntrack/connection.js'
import { directionOf } from '../conntrack/state.js'
import { type Direction, invertTuple, opposite } from '../conntrack/tuple.js'
import type { HookDrop, HookState, Verdict } from '../hooks.js'
import { mangle } from './mangle.js'
import type { NatManip } from './range.js'

/** The end that NAT changes at a hook (HOOK2MANIP). */
export function manipAt(state: HookState): NatManip {
  return state.hook === 'POSTROUTING' || state.hook === 'INPUT' ? 'source' : 'destination'
}

/** Does this connection's NAT touch this end of packets of this direction? Answers are touched at the other end. */
function touches(connection: Connection, manip: NatManip, direction: Direction): boolean {
  return (manip === 'source') === (direction === 'original') ? connection.srcNat : connection.dstNat
}

/** Rewrites a packet of a known connection to what the other end expects (nf_nat_packet). */
export function translate(pkt: Packet, connection: Connection, state: HookState): Verdict {
  const manip = manipAt(state)
  const direction = directionOf(pkt.ctInfo)
  if (!touches(connection, manip, direction)) return 'accept'
  const target = invertTuple(connection[opposite(direction)])!
  const before = state.env.sim.trace === null ? null : endpointsOf(pkt)
  if (!mangle(pkt, 0, target, manip)) return refuse(state, 'nat: packet too short')
  if (before !== null) traceNat(pkt, connection, state, before, '')
  return 'accept'
}

/**
 * Translates an ICMP error about a connection, and the packet it quotes (nf_nat_icmp_reply_translation). Redirects
 * about translated connections are dropped: what they say is not true for the other side.
 */
export function translateIcmpError(pkt: Packet, connection: Connection, state: HookState): Verdict {
  const { view, bytes } = pkt
  const at = ipv4.headerLength(view, 0)
  const end = endOf(pkt)
  if (end - at < icmpv4.HEADER_LEN + ipv4.HEADER_LEN) return refuse(state, 'nat: ICMP error too short')
  if (!checksum.isValidIcmp(bytes, at, end)) return refuse(state, 'nat: ICMP checksum')
  if (icmpv4.type(view, at) === icmpv4.TYPE.REDIRECT) {
    const untouched = connection.srcNatDone && connection.dstNatDone && !connection.srcNat && !connection.dstNat
    if (!untouched) return refuse(state, 'nat: ICMP redirect of a translated connection')
  }
  const manip = manipAt(state)
  const direction = directionOf(pkt.ctInfo)
  if (!touches(connection, manip, direction)) return 'accept'
  const before = state.env.sim.trace === null ? null : endpointsOf(pkt)
  const other = connection[opposite(direction)]
  const quotedManip: NatManip = manip === 'source' ? 'destination' : 'source'
  if (!mangle(pkt, at + icmpv4.HEADER_LEN, other, quotedManip)) return refuse(state, 'nat: quoted packet too short')
  icmpv4.fillChecksum(bytes, view, at, end)
  setOuterEnd(pkt, manip, manip === 'source' ? other.destination : other.source)
  if (before !== null) traceNat(pkt, connection, state, before, 'ICMP error about ')
  return 'accept'
}

/** The error's own header: one address; ICMP errors carry no id. */
function setOuterEnd(pkt: Packet, manip: NatManip, address: number): void {
  if (manip === 'source') ipv4.setSource(pkt.view, 0, address)
  else ipv4.setDestination(pkt.view, 0, address)
}

function refuse(state: HookState, where: string): Verdict {
  const drop: HookDrop = { reason: 'NETFILTER_DROP', where, rule: null }
  state.drop = drop
  return 'drop'
}

function endpointsOf(pkt: Packet): Endpoints {
  const { view } = pkt
  const source = formatIpv4(ipv4.source(view, 0))
  const destination = formatIpv4(ipv4.destination(view, 0))
  const ports = transportPorts(view, 0)
  if (ports !== null) {
    return { source: `${source}:${ports.sourcePort}`, destination: `${destination}:${ports.destinationPort}` }
  }
  return { source, destination }
}

function traceNat(pkt: Packet, connection: Connection, state: HookState, before: Endpoints, about: string): void {
  const after = endpointsOf(pkt)
  // On its second pass over lo a packet has its new address already.
  if (about === '' && after.source === before.source && after.destination === before.destination) return
  const manip = manipAt(state)
  const isReply = directionOf(pkt.ctInfo) === 'reply'
  const by = (manip === 'source') === !isReply ? connection.srcNatBy : connection.dstNatBy
  const why = `${about}${isReply ? 'reply of ' : ''}${by ?? 'NAT'}`
  state.env.sim.trace!.step(pkt.id, state.env.name, { kind: 'nat', hook: state.hook, manip, before, after, why })
}
