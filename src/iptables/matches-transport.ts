import { icmpv4, sctp, tcp, udp } from '../wire/index.js'
import { chunkFlagBits } from './sctp-chunks.js'
import type { Match, NumberRange } from './types.js'
import type { WalkContext } from './walk-context.js'

type Of<K extends Match['kind']> = Extract<Match, { kind: K }>

function portIn(range: NumberRange | null, port: number): boolean {
  return range === null || (port >= range.min && port <= range.max) !== range.invert
}

/** Whether `bytes` of transport header are there; if not the packet is dropped at once. */
function hasHeader(context: WalkContext, bytes: number): boolean {
  if (context.transportAt + bytes <= context.pkt.view.byteLength) return true
  context.hotdrop = true
  return false
}

function portsMatch(match: Of<'tcp'> | Of<'udp'> | Of<'sctp'>, context: WalkContext): boolean {
  const view = context.pkt.view
  const at = context.transportAt
  return portIn(match.sourcePorts, view.getUint16(at)) && portIn(match.destinationPorts, view.getUint16(at + 2))
}

/** tcp_mt. A fragment that would overwrite the flags (offset 8 bytes) is dropped at once. */
export function matchTcp(match: Of<'tcp'>, context: WalkContext): boolean {
  if (context.fragmentOffset !== 0) {
    if (context.fragmentOffset === 1) context.hotdrop = true
    return false
  }
  if (!hasHeader(context, tcp.HEADER_LEN) || !portsMatch(match, context)) return false
  const flags = match.flags
  if (flags !== null) {
    const bits = tcp.flags(context.pkt.view, context.transportAt)
    if (((bits & flags.mask) === flags.set) === flags.invert) return false
  }
  return match.option === null || hasTcpOption(match.option, context)
}

function hasTcpOption(option: NonNullable<Of<'tcp'>['option']>, context: WalkContext): boolean {
  const view = context.pkt.view
  const header = tcp.dataOffset(view, context.transportAt)
  if (header < tcp.HEADER_LEN || !hasHeader(context, header)) {
    context.hotdrop = true
    return false
  }
  const end = context.transportAt + header
  for (let at = context.transportAt + tcp.HEADER_LEN; at < end;) {
    const kind = view.getUint8(at)
    if (kind === option.number) return !option.invert
    at += kind < 2 || at + 1 >= end ? 1 : Math.max(1, view.getUint8(at + 1))
  }
  return option.invert
}

/** udp_mt. */
export function matchUdp(match: Of<'udp'>, context: WalkContext): boolean {
  return context.fragmentOffset === 0 && hasHeader(context, udp.HEADER_LEN) && portsMatch(match, context)
}

/** sctp_mt. */
export function matchSctp(match: Of<'sctp'>, context: WalkContext): boolean {
  if (context.fragmentOffset !== 0 || !hasHeader(context, sctp.HEADER_LEN) || !portsMatch(match, context)) return false
  return match.chunks === null || chunksMatch(match.chunks, context) !== match.chunks.invert
}

/** match_packet of xt_sctp: walks the chunks of the packet. */
function chunksMatch(chunks: NonNullable<Of<'sctp'>['chunks']>, context: WalkContext): boolean {
  const view = context.pkt.view
  const seen = new Set<number>()
  for (let at = context.transportAt + sctp.HEADER_LEN; at < context.length;) {
    if (at + sctp.CHUNK_HEADER_LEN > view.byteLength) {
      context.hotdrop = true
      return false
    }
    const type = view.getUint8(at)
    const length = view.getUint16(at + 2)
    if (length === 0) {
      context.hotdrop = true
      return false
    }
    const listed = chunkListed(chunks.types, type, view.getUint8(at + 1))
    if (listed && chunks.mode === 'any') return true
    if (!listed && chunks.mode === 'only') return false
    if (listed) seen.add(type)
    at += (length + 3) & ~3
  }
  if (chunks.mode === 'any') return false
  if (chunks.mode === 'only') return true
  return chunks.types === 'ALL' ? seen.size === 256 : chunks.types.every(({ type }) => seen.has(type))
}

function chunkListed(types: NonNullable<Of<'sctp'>['chunks']>['types'], type: number, flags: number): boolean {
  if (types === 'ALL') return true
  for (const one of types) {
    if (one.type !== type) continue
    const { mask, value } = chunkFlagBits(type, one.flags)
    return (flags & mask) === value
  }
  return false
}

/** icmp_match. */
export function matchIcmp(match: Of<'icmp'>, context: WalkContext): boolean {
  if (context.fragmentOffset !== 0 || !hasHeader(context, icmpv4.HEADER_LEN)) return false
  const view = context.pkt.view
  const code = icmpv4.code(view, context.transportAt)
  const same =
    match.type === 255 ||
    (icmpv4.type(view, context.transportAt) === match.type && code >= match.codeMin && code <= match.codeMax)
  return same !== match.invert
}

/** multiport_mt. */
export function matchMultiport(match: Of<'multiport'>, context: WalkContext): boolean {
  if (context.fragmentOffset !== 0 || !hasHeader(context, 4)) return false
  const view = context.pkt.view
  const source = view.getUint16(context.transportAt)
  const destination = view.getUint16(context.transportAt + 2)
  for (const range of match.ranges) {
    const sourceIn = match.side !== 'dports' && source >= range.min && source <= range.max
    const destinationIn = match.side !== 'sports' && destination >= range.min && destination <= range.max
    if (sourceIn || destinationIn) return !match.invert
  }
  return match.invert
}
