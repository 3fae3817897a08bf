import { formatIpv4, formatMac } from '../addr/index.js'
import { assertNever } from '../base/index.js'
import { chunkName } from './sctp-chunks.js'
import { printTcpFlags } from './tcp-flags.js'
import { quote, quoteArgument } from './tokenize.js'
import type { AddressMatch, InterfaceMatch, MaskedValue, Match, NumberRange } from './types.js'
import { hex, prefixLength } from './values.js'

type Words = readonly (string | null | false)[]

const words = (...parts: Words): string => parts.filter((part) => typeof part === 'string' && part !== '').join(' ')

const not = (invert: boolean): string | null => (invert ? '!' : null)

/** Prints `-m NAME …` as iptables-save does. */
export function printMatch(match: Match): string {
  return words('-m', match.kind === 'unknown' ? match.name : match.kind, printOptions(match))
}

function printOptions(match: Match): string {
  switch (match.kind) {
    case 'tcp':
      return words(
        ports('--sport', match.sourcePorts),
        ports('--dport', match.destinationPorts),
        match.option && words(not(match.option.invert), '--tcp-option', String(match.option.number)),
        match.flags &&
          (match.flags.mask !== 0 || match.flags.invert) &&
          words(
            not(match.flags.invert),
            '--tcp-flags',
            printTcpFlags(match.flags.mask),
            printTcpFlags(match.flags.set),
          ),
      )
    case 'udp':
      return words(ports('--sport', match.sourcePorts), ports('--dport', match.destinationPorts))
    case 'sctp':
      return words(
        ports('--sport', match.sourcePorts),
        ports('--dport', match.destinationPorts),
        match.chunks && words(not(match.chunks.invert), '--chunk-types', match.chunks.mode, chunks(match.chunks.types)),
      )
    case 'icmp':
      return words(not(match.invert), '--icmp-type', icmpType(match))
    case 'comment':
      return words('--comment', quote(match.text))
    case 'mark':
    case 'connmark':
      return words(not(match.mark.invert), '--mark', maskedValue(match.mark))
    case 'conntrack':
      return conntrack(match)
    case 'state':
      return words(not(match.invert), '--state', match.states.join(','))
    case 'addrtype':
      return addrtype(match)
    case 'statistic':
      return statistic(match)
    case 'multiport':
      return words(not(match.invert), `--${match.side}`, match.ranges.map(plainRange).join(','))
    case 'recent':
      return recent(match)
    case 'set':
      return set(match)
    case 'physdev':
      return physdev(match)
    case 'mac':
      return words(not(match.invert), '--mac-source', formatMac(match.mac))
    case 'iprange':
      return words(addresses('--src-range', match.source), addresses('--dst-range', match.destination))
    case 'limit':
      return words('--limit', rate(match.average), match.burst === 5 ? null : `--limit-burst ${match.burst}`)
    case 'owner':
      return owner(match)
    case 'length':
      return words(not(match.range.invert), '--length', plainRange(match.range))
    case 'ttl':
      return words(not(match.op === 'ne'), match.op === 'ne' ? '--ttl-eq' : `--ttl-${match.op}`, String(match.ttl))
    case 'pkttype':
      return words(not(match.invert), '--pkt-type', match.type)
    case 'unknown':
      return match.args.map(quoteArgument).join(' ')
    default:
      return assertNever(match)
  }
}

type Of<K extends Match['kind']> = Extract<Match, { kind: K }>

function plainRange(range: { readonly min: number; readonly max: number }): string {
  return range.min === range.max ? String(range.min) : `${range.min}:${range.max}`
}

/** A range of every port prints as nothing. */
function ports(option: string, range: NumberRange | null): string | null {
  if (range === null || (range.min === 0 && range.max === 0xffff)) return null
  return words(not(range.invert), option, plainRange(range))
}

function chunks(types: readonly { readonly type: number; readonly flags: string | null }[] | 'ALL'): string {
  if (types === 'ALL') return 'ALL'
  if (types.length === 0) return 'NONE'
  return types.map(({ type, flags }) => (flags === null ? chunkName(type) : `${chunkName(type)}:${flags}`)).join(',')
}

function icmpType(match: Of<'icmp'>): string {
  if (match.type === 255) return 'any'
  return match.codeMin === 0 && match.codeMax === 255 ? String(match.type) : `${match.type}/${match.codeMin}`
}

function maskedValue(mark: MaskedValue): string {
  return mark.mask === 0xffff_ffff ? hex(mark.value) : `${hex(mark.value)}/${hex(mark.mask)}`
}

function conntrack(match: Of<'conntrack'>): string {
  const status = match.status !== null && (match.status.length === 0 ? 'NONE' : match.status.join(','))
  return words(
    match.states && words(not(match.statesInvert), '--ctstate', match.states.join(',')),
    match.protocol && words(not(match.protocol.invert), '--ctproto', String(match.protocol.protocol)),
    ctAddress('--ctorigsrc', match.origSource),
    ctAddress('--ctorigdst', match.origDestination),
    ctAddress('--ctreplsrc', match.replySource),
    ctAddress('--ctrepldst', match.replyDestination),
    ctRange('--ctorigsrcport', match.origSourcePorts),
    ctRange('--ctorigdstport', match.origDestinationPorts),
    ctRange('--ctreplsrcport', match.replySourcePorts),
    ctRange('--ctrepldstport', match.replyDestinationPorts),
    status !== false && words(not(match.statusInvert), '--ctstatus', status),
    ctRange('--ctexpire', match.expire),
    match.direction && `--ctdir ${match.direction}`,
  )
}

function ctRange(option: string, range: NumberRange | null): string | null {
  return range === null ? null : words(not(range.invert), option, plainRange(range))
}

function ctAddress(option: string, match: AddressMatch | null): string | null {
  if (match === null) return null
  const prefix = prefixLength(match.mask)
  const mask = prefix === null || prefix === 32 ? '' : `/${prefix}`
  return words(not(match.invert), option, formatIpv4(match.address) + mask)
}

function addrtype(match: Of<'addrtype'>): string {
  return words(
    match.sourceTypes.length > 0 && words(not(match.sourceInvert), '--src-type', match.sourceTypes.join(',')),
    match.destinationTypes.length > 0 &&
      words(not(match.destinationInvert), '--dst-type', match.destinationTypes.join(',')),
    match.limitIn && '--limit-iface-in',
    match.limitOut && '--limit-iface-out',
  )
}

function statistic(match: Of<'statistic'>): string {
  if (match.mode === 'random') {
    return words('--mode random', not(match.invert), '--probability', (match.probability / 2 ** 31).toFixed(11))
  }
  return words('--mode nth', not(match.invert), `--every ${match.every} --packet ${match.packet}`)
}

function recent(match: Of<'recent'>): string {
  return words(
    not(match.invert),
    `--${match.mode}`,
    match.seconds > 0 && `--seconds ${match.seconds}`,
    match.reap && '--reap',
    match.hitcount > 0 && `--hitcount ${match.hitcount}`,
    match.rttl && '--rttl',
    `--name ${quoteArgument(match.name)} --mask ${formatIpv4(match.mask)} --${match.side}`,
  )
}

function set(match: Of<'set'>): string {
  const counter = (what: string, counter: Of<'set'>['packets']): string | null =>
    counter && words(not(counter.invert), `--${what}-${counter.op} ${counter.value}`)
  return words(
    not(match.invert),
    `--match-set ${match.set} ${match.directions.join(',')}`,
    match.returnNomatch && '--return-nomatch',
    !match.updateCounters && '! --update-counters',
    !match.updateSubcounters && '! --update-subcounters',
    counter('packets', match.packets),
    counter('bytes', match.bytes),
  )
}

function physdev(match: Of<'physdev'>): string {
  return words(
    device('--physdev-in', match.in),
    flag('--physdev-is-in', match.isIn),
    device('--physdev-out', match.out),
    flag('--physdev-is-out', match.isOut),
    flag('--physdev-is-bridged', match.isBridged),
  )
}

function device(option: string, match: InterfaceMatch | null): string | null {
  return match === null ? null : words(not(match.invert), option, `${match.name}${match.prefix ? '+' : ''}`)
}

function flag(option: string, value: boolean | null): string | null {
  return value === null ? null : words(not(!value), option)
}

function addresses(option: string, range: NumberRange | null): string | null {
  return range === null ? null : words(not(range.invert), option, `${formatIpv4(range.min)}-${formatIpv4(range.max)}`)
}

const RATES = [
  ['day', 864_000_000],
  ['hour', 36_000_000],
  ['min', 600_000],
  ['sec', 10_000],
] as const

/** The largest unit that the interval between packets divides well enough. */
function rate(average: number): string {
  const end = RATES.findIndex(([, unit], i) => {
    return i > 0 && (average > unit || Math.floor(unit / average) < unit % average)
  })
  const [name, unit] = RATES.at(end < 0 ? -1 : end - 1)!
  return `${Math.floor(unit / average)}/${name}`
}

function owner(match: Of<'owner'>): string {
  const range = (option: string, value: NumberRange | null): string | null => {
    if (value === null) return null
    return words(not(value.invert), option, value.min === value.max ? String(value.min) : `${value.min}-${value.max}`)
  }
  return words(
    flag('--socket-exists', match.socketExists),
    range('--uid-owner', match.uid),
    range('--gid-owner', match.gid),
    match.suppGroups && '--suppl-groups',
  )
}
