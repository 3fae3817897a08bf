import { prefixMask } from '../addr/index.js'
import { refuse } from './fault.js'
import { type Extension, type Given, type OptionSpec, type RuleHead } from './options.js'
import { setReference } from './parse-matches-state.js'
import type { NatTo, RejectType, SetReference, Target } from './types.js'
import { address, addressWithMask, integer, mark, markMask, parseUnsigned, port, prefixLength } from './values.js'

const plain = (kind: 'ACCEPT' | 'DROP' | 'RETURN' | 'NOTRACK' | 'TRACE'): Extension<Target> => ({
  name: kind,
  options: [],
  build: () => ({ kind }),
})

/** In the order in which a beginning is looked up: `icmp` alone is the first. */
const REJECT_NAMES: readonly (readonly [RejectType, string])[] = [
  ['icmp-net-unreachable', 'net-unreach'],
  ['icmp-host-unreachable', 'host-unreach'],
  ['icmp-proto-unreachable', 'proto-unreach'],
  ['icmp-port-unreachable', 'port-unreach'],
  ['icmp-net-prohibited', 'net-prohib'],
  ['icmp-host-prohibited', 'host-prohib'],
  ['tcp-reset', 'tcp-rst'],
  ['icmp-admin-prohibited', 'admin-prohib'],
]

const reject: Extension<Target> = {
  name: 'REJECT',
  options: [{ name: 'reject-with', args: 1 }],
  build: (given) => {
    const text = (given.value('reject-with') ?? 'icmp-port-unreachable').toLowerCase()
    const found = REJECT_NAMES.find((names) => names.some((name) => text !== '' && name.startsWith(text)))
    if (found === undefined) {
      refuse(`--reject-with: "${text}" is not known`, `one of ${REJECT_NAMES.map(([name]) => name).join(', ')}`)
    }
    return { kind: 'REJECT', with: found[0] }
  },
}

const NAT_PORT_PROTOCOLS = [1, 6, 17, 33, 132]

function needPorts(head: RuleHead, option: string): void {
  if (head.protocol === null || !NAT_PORT_PROTOCOLS.includes(head.protocol.protocol)) {
    refuse(`--${option}: a port needs a protocol that has ports`, 'add -p tcp, udp, sctp or dccp')
  }
}

/** `min[-max[/base]]`. */
function natPorts(text: string): NonNullable<NatTo['ports']> {
  const [range, baseText] = text.split('/') as [string, string | undefined]
  const [low, high] = range.split('-') as [string, string | undefined]
  const min = port(low, null)
  const max = high === undefined ? min : port(high, null)
  if (min > max) refuse(`port range ${range} is empty`, 'write the lower port first')
  return { min, max, base: baseText === undefined ? null : port(baseText, null) }
}

/** `[address[-address]][:ports]` of --to-destination and --to-source. */
function natTo(given: Given, head: RuleHead, option: string): NatTo {
  const text = given.need(option).values[0]!
  const colon = text.indexOf(':')
  const addresses = colon < 0 ? text : text.slice(0, colon)
  if (colon >= 0) needPorts(head, option)
  const ports = colon < 0 ? null : natPorts(text.slice(colon + 1))
  if (ports !== null && ports.base !== null && option === 'to-source') refuse('--to-source: a base port is for DNAT')
  return { addresses: addresses === '' ? null : natAddresses(option, addresses), ports, ...natFlags(given) }
}

function natAddresses(option: string, text: string): NonNullable<NatTo['addresses']> {
  const [low, high] = text.split('-') as [string, string | undefined]
  const min = address(option, low)
  return { min, max: high === undefined ? min : address(option, high) }
}

function natFlags(given: Given): Pick<NatTo, 'random' | 'randomFully' | 'persistent'> {
  return { random: given.has('random'), randomFully: given.has('random-fully'), persistent: given.has('persistent') }
}

/** MASQUERADE and REDIRECT: ports only. */
function portsOnly(given: Given, head: RuleHead): NatTo {
  const text = given.value('to-ports')
  if (text !== null) needPorts(head, 'to-ports')
  const ports = text === null ? null : natPorts(text)
  if (ports !== null && ports.base !== null) refuse('--to-ports: a base port is for DNAT')
  return { addresses: null, ports, ...natFlags(given) }
}

const RANDOM: OptionSpec = { name: 'random', args: 0 }
const RANDOM_FULLY: OptionSpec = { name: 'random-fully', args: 0 }
const PERSISTENT: OptionSpec = { name: 'persistent', args: 0 }
const TO_PORTS: OptionSpec = { name: 'to-ports', args: 1 }

const dnat: Extension<Target> = {
  name: 'DNAT',
  options: [{ name: 'to-destination', args: 1 }, RANDOM, PERSISTENT],
  build: (given, head) => ({ kind: 'DNAT', to: natTo(given, head, 'to-destination') }),
}

const snat: Extension<Target> = {
  name: 'SNAT',
  options: [{ name: 'to-source', args: 1 }, RANDOM, RANDOM_FULLY, PERSISTENT],
  build: (given, head) => ({ kind: 'SNAT', to: natTo(given, head, 'to-source') }),
}

const masquerade: Extension<Target> = {
  name: 'MASQUERADE',
  options: [TO_PORTS, RANDOM, RANDOM_FULLY],
  build: (given, head) => ({ kind: 'MASQUERADE', to: portsOnly(given, head) }),
}

const redirect: Extension<Target> = {
  name: 'REDIRECT',
  options: [TO_PORTS, RANDOM],
  build: (given, head) => ({ kind: 'REDIRECT', to: portsOnly(given, head) }),
}

const netmap: Extension<Target> = {
  name: 'NETMAP',
  options: [{ name: 'to', args: 1 }],
  build: (given) => {
    const { address: network, mask } = addressWithMask('--to', given.need('to').values[0]!)
    const prefix = prefixLength(mask)
    if (prefix === null) refuse('--to: the mask is not a prefix', 'write address/length')
    return { kind: 'NETMAP', address: (network & prefixMask(prefix)) >>> 0, mask }
  },
}

/** The operations of MARK and CONNMARK as `mark = (mark & ~mask) ^ value`. */
function xmark(name: string, text: string): { value: number; mask: number } {
  switch (name) {
    case 'set-xmark':
      return markMask(name, text)
    case 'set-mark': {
      const { value, mask } = markMask(name, text)
      return { value, mask: (value | mask) >>> 0 }
    }
    case 'and-mark':
      return { value: 0, mask: ~mark(name, text) >>> 0 }
    case 'or-mark':
      return { value: mark(name, text), mask: mark(name, text) }
    default:
      return { value: mark(name, text), mask: 0 }
  }
}

const MARK_OPS = ['set-xmark', 'set-mark', 'and-mark', 'or-mark', 'xor-mark'] as const
const one = (name: string): OptionSpec => ({ name, args: 1 })

const markTarget: Extension<Target> = {
  name: 'MARK',
  options: MARK_OPS.map(one),
  build: (given) => {
    const option = given.oneOf(...MARK_OPS)
    if (option === undefined) refuse('MARK: --set-xmark, --set-mark, --and-mark, --or-mark or --xor-mark is missing')
    return { kind: 'MARK', ...xmark(option.name, option.values[0]!) }
  },
}

const connmarkTarget: Extension<Target> = {
  name: 'CONNMARK',
  options: [
    ...MARK_OPS.map(one),
    { name: 'save-mark', args: 0 },
    { name: 'restore-mark', args: 0 },
    ...['ctmask', 'nfmask', 'mask'].map(one),
  ],
  build: (given) => {
    const option = given.oneOf(...MARK_OPS, 'save-mark', 'restore-mark')
    if (option === undefined)
      refuse('CONNMARK: --set-xmark, --save-mark, --restore-mark or another operation is missing')
    given.oneOf('mask', 'ctmask')
    given.oneOf('mask', 'nfmask')
    const masks = connmarkMasks(given)
    if (option.name === 'save-mark' || option.name === 'restore-mark') {
      return { kind: 'CONNMARK', mode: option.name === 'save-mark' ? 'save' : 'restore', value: 0, ...masks }
    }
    const { value, mask } = xmark(option.name, option.values[0]!)
    const later = given.options.indexOf(given.get('mask')!) > given.options.indexOf(option)
    return { kind: 'CONNMARK', mode: 'set', value, ctMask: later ? masks.ctMask : mask, nfMask: 0xffff_ffff }
  },
}

function connmarkMasks(given: Given): { ctMask: number; nfMask: number } {
  const read = (name: string): number | null => {
    const text = given.value(name)
    return text === null ? null : mark(name, text)
  }
  const both = read('mask') ?? 0xffff_ffff
  return { ctMask: read('ctmask') ?? both, nfMask: read('nfmask') ?? both }
}

const ct: Extension<Target> = {
  name: 'CT',
  options: [
    { name: 'notrack', args: 0 },
    ...['helper', 'timeout', 'ctevents', 'expevents', 'zone', 'zone-orig', 'zone-reply'].map(one),
  ],
  build: (given) => ({
    kind: 'CT',
    notrack: given.has('notrack'),
    zone: ctZone(given.value('zone')),
    zoneOrig: ctZone(given.value('zone-orig')),
    zoneReply: ctZone(given.value('zone-reply')),
    helper: given.value('helper'),
    timeout: given.value('timeout'),
    ctevents: given.value('ctevents')?.split(',') ?? null,
    expevents: given.value('expevents')?.split(',') ?? null,
  }),
}

function ctZone(text: string | null): number | 'mark' | null {
  if (text === null || text === 'mark') return text
  return parseUnsigned(text, 0xffff) ?? refuse(`CT: "${text}" is not a zone`, 'write a number up to 65535, or mark')
}

const SET_OPERATIONS = ['add-set', 'del-set', 'map-set'] as const

const setTarget: Extension<Target> = {
  name: 'SET',
  options: [
    ...SET_OPERATIONS.map((name): OptionSpec => ({ name, args: 2 })),
    { name: 'exist', args: 0 },
    { name: 'timeout', args: 1 },
    ...['map-mark', 'map-prio', 'map-queue'].map((name): OptionSpec => ({ name, args: 0 })),
  ],
  build: (given) => {
    if (!SET_OPERATIONS.some((name) => given.has(name))) refuse('SET: --add-set, --del-set or --map-set is missing')
    if (given.has('map-set') && !['map-mark', 'map-prio', 'map-queue'].some((name) => given.has(name))) {
      refuse('SET: --map-set needs --map-mark, --map-prio or --map-queue')
    }
    const reference = (name: string): SetReference | null => {
      const option = given.get(name)
      return option === undefined ? null : setReference(name, option.values)
    }
    const timeout = given.value('timeout')
    return {
      kind: 'SET',
      add: reference('add-set'),
      del: reference('del-set'),
      map: reference('map-set'),
      exist: given.has('exist'),
      timeout: timeout === null ? null : integer('timeout', timeout, 0, 0xffff_fffe),
      mapMark: given.has('map-mark'),
      mapPrio: given.has('map-prio'),
      mapQueue: given.has('map-queue'),
    }
  },
}

const LOG_LEVELS: Readonly<Record<string, number>> = {
  emerg: 0,
  panic: 0,
  alert: 1,
  crit: 2,
  error: 3,
  warning: 4,
  notice: 5,
  info: 6,
  debug: 7,
}
const LOG_FLAGS = ['tcp-sequence', 'tcp-options', 'ip-options', 'uid', 'macdecode'] as const

const log: Extension<Target> = {
  name: 'LOG',
  options: [
    one('log-level'),
    one('log-prefix'),
    ...LOG_FLAGS.map((flag): OptionSpec => ({ name: `log-${flag}`, args: 0 })),
  ],
  build: (given) => {
    const prefix = given.value('log-prefix')
    return {
      kind: 'LOG',
      prefix: prefix === null || prefix === '' ? null : prefix.slice(0, 29),
      level: logLevel(given.value('log-level')),
      flags: LOG_FLAGS.filter((flag) => given.has(`log-${flag}`)),
    }
  },
}

function logLevel(text: string | null): number {
  if (text === null) return 4
  const level = parseUnsigned(text, 7) ?? (Object.hasOwn(LOG_LEVELS, text) ? LOG_LEVELS[text] : undefined)
  return (
    level ?? refuse(`--log-level: "${text}" is not known`, `a number up to 7, or ${Object.keys(LOG_LEVELS).join(', ')}`)
  )
}

const nflog: Extension<Target> = {
  name: 'NFLOG',
  options: ['nflog-group', 'nflog-prefix', 'nflog-range', 'nflog-size', 'nflog-threshold'].map(one),
  build: (given) => {
    given.oneOf('nflog-range', 'nflog-size')
    const number = (name: string, max: number): number | null => {
      const text = given.value(name)
      return text === null ? null : integer(name, text, 0, max)
    }
    const prefix = given.value('nflog-prefix')
    if (prefix !== null && prefix.length > 63) refuse('--nflog-prefix: longer than 63 characters')
    return {
      kind: 'NFLOG',
      prefix: prefix === '' ? null : prefix,
      group: number('nflog-group', 0xffff) ?? 0,
      size: number('nflog-size', 0xffff_ffff),
      range: number('nflog-range', 0xffff_ffff),
      threshold: number('nflog-threshold', 0xffff) ?? 0,
    }
  },
}

const tcpmss: Extension<Target> = {
  name: 'TCPMSS',
  options: [one('set-mss'), { name: 'clamp-mss-to-pmtu', args: 0 }],
  build: (given) => {
    const option = given.oneOf('set-mss', 'clamp-mss-to-pmtu')
    if (option === undefined) refuse('TCPMSS: --set-mss or --clamp-mss-to-pmtu is missing')
    if (option.name === 'clamp-mss-to-pmtu') return { kind: 'TCPMSS', mss: 'clamp-to-pmtu' }
    return { kind: 'TCPMSS', mss: integer('set-mss', option.values[0]!, 0, 65515) }
  },
}

const checksum: Extension<Target> = {
  name: 'CHECKSUM',
  options: [{ name: 'checksum-fill', args: 0 }],
  build: (given) => {
    if (given.oneOf('checksum-fill') === undefined) refuse('CHECKSUM: --checksum-fill is missing')
    return { kind: 'CHECKSUM' }
  },
}

/** Every target that is modelled. */
export const TARGETS: readonly Extension<Target>[] = [
  plain('ACCEPT'),
  plain('DROP'),
  plain('RETURN'),
  plain('NOTRACK'),
  plain('TRACE'),
  reject,
  dnat,
  snat,
  masquerade,
  redirect,
  netmap,
  markTarget,
  connmarkTarget,
  ct,
  setTarget,
  log,
  nflog,
  tcpmss,
  checksum,
]
