import { formatIpv4, formatMac } from '../addr/index.js'
import { connectionOf, ctStateOf, printTuple } from '../netfilter/index.js'
import { icmpv4, ipv4, tcp, transportPorts } from '../wire/index.js'
import type { CompiledMatch, CompiledRule } from './compile.js'
import { printMatch } from './print-match.js'
import { printProtocol } from './protocols.js'
import { hex, printMask } from './values.js'
import { FAILED } from './failed.js'
import type { WalkContext } from './walk-context.js'

/** The condition that failed and what the packet has instead: `-d 10.96.0.10/32: destination is 10.96.0.20`. */
export function describeFailure(rule: CompiledRule, failed: number, context: WalkContext): string {
  const source = rule.rule
  const not = (invert: boolean): string => (invert ? '! ' : '')
  switch (failed) {
    case FAILED.SOURCE:
      return `${not(rule.sourceInvert)}-s ${formatIpv4(rule.source)}${printMask(rule.sourceMask)}: source is ${formatIpv4(context.source)}`
    case FAILED.DESTINATION:
      return `${not(rule.destinationInvert)}-d ${formatIpv4(rule.destination)}${printMask(rule.destinationMask)}: destination is ${formatIpv4(context.destination)}`
    case FAILED.IN:
      return `${not(rule.inInvert)}-i ${rule.inName ?? ''}${rule.inPrefix ? '+' : ''}: came in by ${context.inName || 'no device'}`
    case FAILED.OUT:
      return `${not(rule.outInvert)}-o ${rule.outName ?? ''}${rule.outPrefix ? '+' : ''}: goes out by ${context.outName || 'no device'}`
    case FAILED.PROTOCOL:
      return `${not(rule.protocolInvert)}-p ${printProtocol(rule.protocol)}: packet is ${printProtocol(context.protocol)}`
    case FAILED.FRAGMENT:
      return `${not(source.fragment?.invert ?? false)}-f: fragment offset is ${context.fragmentOffset * 8}`
    default:
      return describeMatch(rule, failed - FAILED.FIRST_MATCH, context)
  }
}

function describeMatch(rule: CompiledRule, index: number, context: WalkContext): string {
  const written = rule.rule.matches.filter((match) => match.kind !== 'comment')[index]!
  return `${printMatch(written)}: ${actual(rule.matches[index]!, context)}`
}

/** What the packet has where the match looks. */
function actual(match: CompiledMatch, context: WalkContext): string {
  const { pkt } = context
  const connection = connectionOf(pkt)
  switch (match.kind) {
    case 'tcp':
    case 'udp':
    case 'sctp':
    case 'multiport':
      return describePorts(context)
    case 'icmp': {
      if (context.fragmentOffset !== 0 || context.transportAt + 2 > pkt.view.byteLength) return 'no ICMP header'
      return `type is ${icmpv4.type(pkt.view, context.transportAt)}/${icmpv4.code(pkt.view, context.transportAt)}`
    }
    case 'mark':
      return `mark is ${hex(pkt.mark)}`
    case 'connmark':
      return connection === null ? 'no connection' : `connection mark is ${hex(connection.mark)}`
    case 'state':
      return `state is ${ctStateOf(pkt)}`
    case 'conntrack': {
      if (connection === null) return `state is ${ctStateOf(pkt)}, no connection`
      const nat = `${connection.srcNat ? ',SNAT' : ''}${connection.dstNat ? ',DNAT' : ''}`
      return `state is ${ctStateOf(pkt)}${nat}, original ${printTuple(connection.original)}, reply ${printTuple(connection.reply)}`
    }
    case 'addrtype':
      return describeTypes(match, context)
    case 'statistic':
      return 'drawn otherwise'
    case 'nth':
      return `packet ${context.states.nth[match.slot]!.count} of ${match.every} since the last match`
    case 'limit':
      return 'too many packets'
    case 'recent':
      return `${formatIpv4(match.match.side === 'rdest' ? context.destination : context.source)} in list ${match.match.name} decides otherwise`
    case 'set':
      return `packet is ${match.invert ? '' : 'not '}in set ${match.set}`
    case 'physdev':
      return pkt.bridge === null
        ? 'packet does not pass a bridge'
        : `bridge ports are ${pkt.bridge.physIn.name} -> ${pkt.bridge.physOut?.name ?? 'none'}`
    case 'mac':
      return `source MAC is ${formatMac(pkt.macSrc)}`
    case 'iprange':
      return `source is ${formatIpv4(context.source)}, destination is ${formatIpv4(context.destination)}`
    case 'owner':
      return pkt.owner === null ? 'no socket' : `socket belongs to uid ${pkt.owner.uid}, gid ${pkt.owner.gid}`
    case 'length':
      return `length is ${context.length}`
    case 'ttl':
      return `ttl is ${ipv4.ttl(pkt.view, 0)}`
    case 'pkttype':
      return `packet type is ${pkt.packetType === 'host' ? 'unicast' : pkt.packetType}`
    case 'unknown':
      return 'not modelled'
  }
}

function describePorts(context: WalkContext): string {
  const ports = transportPorts(context.pkt.view, 0)
  if (ports === null) return 'no ports (a further fragment, or cut short)'
  const text = `source port is ${ports.sourcePort}, destination port is ${ports.destinationPort}`
  if (context.protocol !== ipv4.PROTOCOL.TCP) return text
  const at = context.transportAt
  if (at + tcp.HEADER_LEN > context.pkt.view.byteLength) return text
  return `${text}, flags are ${tcp.flagText(tcp.flags(context.pkt.view, at))}`
}

function describeTypes(match: Extract<CompiledMatch, { kind: 'addrtype' }>, context: WalkContext): string {
  const { env, in: into, out } = context.state
  const device = match.limitIn ? into : match.limitOut ? out : null
  const parts: string[] = []
  if (match.sourceTypes.length > 0) {
    parts.push(`source ${formatIpv4(context.source)} is ${env.addressType(context.source, device)}`)
  }
  if (match.destinationTypes.length > 0) {
    parts.push(`destination ${formatIpv4(context.destination)} is ${env.addressType(context.destination, device)}`)
  }
  return parts.join(', ')
}
