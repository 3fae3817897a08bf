import { parseMac } from '../addr/index.js'
import { refuse } from './fault.js'
import { parseIcmpType } from './icmp-types.js'
import { type Extension, type Given, type OptionSpec, PORT_PROTOCOLS, type RuleHead } from './options.js'
import { parseChunks } from './sctp-chunks.js'
import { parseTcpFlags } from './tcp-flags.js'
import type { Match, NumberRange } from './types.js'
import { address, integer, interfaceName, numberRange, port, portRange } from './values.js'

const SPORT: OptionSpec = { name: 'source-port', aliases: ['sport'], args: 1, invert: true }
const DPORT: OptionSpec = { name: 'destination-port', aliases: ['dport'], args: 1, invert: true }

function portsOf(given: Given, name: string, protocol: string): NumberRange | null {
  const option = given.get(name)
  if (option === undefined) return null
  const range = portRange(option.values[0]!, protocol)
  if (range.min === 0 && range.max === 0xffff && !option.invert) return null
  return { min: range.min, max: range.max, invert: option.invert }
}

const tcp: Extension<Match> = {
  name: 'tcp',
  options: [
    SPORT,
    DPORT,
    { name: 'tcp-flags', args: 2, invert: true },
    { name: 'syn', args: 0, invert: true },
    { name: 'tcp-option', args: 1, invert: true },
  ],
  build: (given) => {
    given.oneOf('tcp-flags', 'syn')
    const flags = given.get('tcp-flags')
    const option = given.get('tcp-option')
    return {
      kind: 'tcp',
      sourcePorts: portsOf(given, 'source-port', 'tcp'),
      destinationPorts: portsOf(given, 'destination-port', 'tcp'),
      flags:
        flags !== undefined
          ? { mask: parseTcpFlags(flags.values[0]!), set: parseTcpFlags(flags.values[1]!), invert: flags.invert }
          : given.has('syn')
            ? { mask: 0x17, set: 0x02, invert: given.invert('syn') }
            : null,
      option:
        option === undefined
          ? null
          : { number: integer('tcp-option', option.values[0]!, 1, 255), invert: option.invert },
    }
  },
}

const udp: Extension<Match> = {
  name: 'udp',
  options: [SPORT, DPORT],
  build: (given) => ({
    kind: 'udp',
    sourcePorts: portsOf(given, 'source-port', 'udp'),
    destinationPorts: portsOf(given, 'destination-port', 'udp'),
  }),
}

const sctp: Extension<Match> = {
  name: 'sctp',
  options: [SPORT, DPORT, { name: 'chunk-types', args: 2, invert: true }],
  build: (given) => {
    const chunks = given.get('chunk-types')
    return {
      kind: 'sctp',
      sourcePorts: portsOf(given, 'source-port', 'sctp'),
      destinationPorts: portsOf(given, 'destination-port', 'sctp'),
      chunks:
        chunks === undefined
          ? null
          : {
              mode: chunkMode(chunks.values[0]!),
              types: parseChunks(chunks.values[1]!).types,
              invert: chunks.invert,
            },
    }
  },
}

function chunkMode(text: string): 'all' | 'any' | 'only' {
  const mode = text.toLowerCase()
  if (mode === 'all' || mode === 'any' || mode === 'only') return mode
  return refuse(`--chunk-types: "${text}" is not a way to match`, 'write all, any or only before the list')
}

const icmp: Extension<Match> = {
  name: 'icmp',
  options: [{ name: 'icmp-type', args: 1, invert: true }],
  build: (given) => {
    const option = given.need('icmp-type')
    return { kind: 'icmp', ...parseIcmpType(option.values[0]!), invert: option.invert }
  },
}

const multiport: Extension<Match> = {
  name: 'multiport',
  options: [
    { name: 'source-ports', aliases: ['sports', 'source-port', 'sport'], args: 1, invert: true },
    { name: 'destination-ports', aliases: ['dports', 'destination-port', 'dport'], args: 1, invert: true },
    { name: 'ports', aliases: ['port'], args: 1, invert: true },
  ],
  build: (given, head) => {
    const option = given.oneOf('source-ports', 'destination-ports', 'ports')
    if (option === undefined) refuse('multiport: --sports, --dports or --ports is missing')
    const protocol = multiportProtocol(head)
    const side = option.name === 'source-ports' ? 'sports' : option.name === 'destination-ports' ? 'dports' : 'ports'
    const ranges = option.values[0]!.split(',').map((text) => multiportRange(text, protocol))
    const slots = ranges.reduce((sum, range) => sum + (range.min === range.max ? 1 : 2), 0)
    if (slots > 15) refuse('multiport: more than 15 ports', 'a range counts twice: use a second rule')
    return { kind: 'multiport', side, ranges, invert: option.invert }
  },
}

function multiportProtocol(head: RuleHead): string {
  const name = head.protocol === null || head.protocol.invert ? undefined : PORT_PROTOCOLS.get(head.protocol.protocol)
  return name ?? refuse('multiport: the rule has no protocol with ports', 'add -p tcp, udp, udplite, sctp or dccp')
}

function multiportRange(text: string, protocol: string): { min: number; max: number } {
  const [low, high] = text.split(':') as [string, string | undefined]
  const min = port(low, protocol)
  if (high === undefined) return { min, max: min }
  const max = port(high, protocol)
  if (min >= max) refuse(`multiport: port range ${text} is empty`, 'write the lower port first')
  return { min, max }
}

const iprange: Extension<Match> = {
  name: 'iprange',
  options: [
    { name: 'src-range', args: 1, invert: true },
    { name: 'dst-range', args: 1, invert: true },
  ],
  build: (given) => {
    if (given.options.length === 0) refuse('iprange: --src-range or --dst-range is missing')
    return { kind: 'iprange', source: addressRange(given, 'src-range'), destination: addressRange(given, 'dst-range') }
  },
}

function addressRange(given: Given, name: string): NumberRange | null {
  const option = given.get(name)
  if (option === undefined) return null
  const [low, high] = option.values[0]!.split('-') as [string, string | undefined]
  const min = address(name, low)
  return { min, max: high === undefined ? min : address(name, high), invert: option.invert }
}

const length: Extension<Match> = {
  name: 'length',
  options: [{ name: 'length', args: 1, invert: true }],
  build: (given) => {
    const option = given.need('length')
    const range = numberRange('length', option.values[0]!, 0xffff)
    return { kind: 'length', range: { min: range.min, max: range.max, invert: option.invert } }
  },
}

const ttl: Extension<Match> = {
  name: 'ttl',
  options: [
    { name: 'ttl-eq', aliases: ['ttl'], args: 1, invert: true },
    { name: 'ttl-lt', args: 1 },
    { name: 'ttl-gt', args: 1 },
  ],
  build: (given) => {
    const option = given.oneOf('ttl-eq', 'ttl-lt', 'ttl-gt')
    if (option === undefined) refuse('ttl: --ttl-eq, --ttl-lt or --ttl-gt is missing')
    const op = option.name === 'ttl-lt' ? 'lt' : option.name === 'ttl-gt' ? 'gt' : option.invert ? 'ne' : 'eq'
    return { kind: 'ttl', op, ttl: integer(option.name, option.values[0]!, 0, 255) }
  },
}

const mac: Extension<Match> = {
  name: 'mac',
  options: [{ name: 'mac-source', args: 1, invert: true }],
  build: (given) => {
    const option = given.need('mac-source')
    const padded = option.values[0]!.replace(/\b[0-9a-f]\b/gi, '0$&')
    const value = parseMac(padded)
    if (value === undefined) refuse(`--mac-source: "${option.values[0]}" is not a MAC address`)
    return { kind: 'mac', mac: value, invert: option.invert }
  },
}

const PACKET_TYPES: Readonly<Record<string, 'unicast' | 'broadcast' | 'multicast'>> = {
  unicast: 'unicast',
  host: 'unicast',
  broadcast: 'broadcast',
  bcast: 'broadcast',
  multicast: 'multicast',
  mcast: 'multicast',
}

const pkttype: Extension<Match> = {
  name: 'pkttype',
  options: [{ name: 'pkt-type', args: 1, invert: true }],
  build: (given) => {
    const option = given.need('pkt-type')
    const type = PACKET_TYPES[option.values[0]!.toLowerCase()]
    if (type === undefined) refuse(`--pkt-type: "${option.values[0]}"`, 'one of unicast, broadcast, multicast')
    return { kind: 'pkttype', type, invert: option.invert }
  },
}

const physdev: Extension<Match> = {
  name: 'physdev',
  options: [
    { name: 'physdev-in', args: 1, invert: true },
    { name: 'physdev-out', args: 1, invert: true },
    { name: 'physdev-is-in', args: 0, invert: true },
    { name: 'physdev-is-out', args: 0, invert: true },
    { name: 'physdev-is-bridged', args: 0, invert: true },
  ],
  build: (given) => {
    if (given.options.length === 0) refuse('physdev: no option is given')
    const device = (name: string): { name: string; prefix: boolean; invert: boolean } | null => {
      const option = given.get(name)
      return option === undefined ? null : { ...interfaceName(`--${name}`, option.values[0]!), invert: option.invert }
    }
    const flag = (name: string): boolean | null => (given.has(name) ? !given.invert(name) : null)
    return {
      kind: 'physdev',
      in: device('physdev-in'),
      out: device('physdev-out'),
      isIn: flag('physdev-is-in'),
      isOut: flag('physdev-is-out'),
      isBridged: flag('physdev-is-bridged'),
    }
  },
}

/** Matches on what the packet itself carries. */
export const HEADER_MATCHES: readonly Extension<Match>[] = [
  tcp,
  udp,
  sctp,
  icmp,
  multiport,
  iprange,
  length,
  ttl,
  mac,
  pkttype,
  physdev,
]
