import { refuse } from './fault.js'
import { creditCap, creditsOf } from './limit-credits.js'
import type { Extension, Given } from './options.js'
import { parseProtocol } from './protocols.js'
import type { AddressMatch, CtState, MaskedValue, Match, NumberRange, SetReference } from './types.js'
import { addressWithMask, integer, markMask, numberRange, parseUnsigned, portRange, wordList } from './values.js'
import { parseIpv4 } from '../addr/index.js'

const comment: Extension<Match> = {
  name: 'comment',
  options: [{ name: 'comment', args: 1 }],
  build: (given) => {
    const text = given.need('comment').values[0]!
    if (text.length > 255) refuse('comment: longer than 255 characters')
    return { kind: 'comment', text }
  },
}

function maskedMark(given: Given): MaskedValue {
  const option = given.need('mark')
  const { value, mask } = markMask('mark', option.values[0]!)
  return { value, mask, invert: option.invert }
}

const MARK_OPTIONS = [{ name: 'mark', args: 1, invert: true }] as const

const mark: Extension<Match> = {
  name: 'mark',
  options: MARK_OPTIONS,
  build: (given) => ({ kind: 'mark', mark: maskedMark(given) }),
}

const connmark: Extension<Match> = {
  name: 'connmark',
  options: MARK_OPTIONS,
  build: (given) => ({ kind: 'connmark', mark: maskedMark(given) }),
}

const CT_STATES: readonly CtState[] = ['INVALID', 'NEW', 'RELATED', 'ESTABLISHED', 'UNTRACKED', 'SNAT', 'DNAT']
const STATES: readonly CtState[] = CT_STATES.slice(0, 5)
const CT_STATUSES = ['NONE', 'EXPECTED', 'SEEN_REPLY', 'ASSURED', 'CONFIRMED'] as const

const inverted = (name: string): { name: string; args: 1; invert: true } => ({ name, args: 1, invert: true })

const conntrack: Extension<Match> = {
  name: 'conntrack',
  options: [
    ...['ctstate', 'ctproto', 'ctorigsrc', 'ctorigdst', 'ctreplsrc', 'ctrepldst', 'ctstatus', 'ctexpire'].map(inverted),
    ...['ctorigsrcport', 'ctorigdstport', 'ctreplsrcport', 'ctrepldstport'].map(inverted),
    { name: 'ctdir', args: 1 },
  ],
  build: (given) => {
    if (given.options.length === 0) refuse('conntrack: no option is given', 'add --ctstate or another --ct option')
    const states = given.value('ctstate')
    const statuses = given.value('ctstatus')
    return {
      kind: 'conntrack',
      states: states === null ? null : (wordList('ctstate', states, CT_STATES) as CtState[]),
      statesInvert: given.invert('ctstate'),
      protocol: ctProtocol(given),
      origSource: ctAddress(given, 'ctorigsrc'),
      origDestination: ctAddress(given, 'ctorigdst'),
      replySource: ctAddress(given, 'ctreplsrc'),
      replyDestination: ctAddress(given, 'ctrepldst'),
      status: statuses === null ? null : wordList('ctstatus', statuses, CT_STATUSES).filter((name) => name !== 'NONE'),
      statusInvert: given.invert('ctstatus'),
      expire: ctRange(given, 'ctexpire', (text) => numberRange('ctexpire', text, 0xffff_ffff)),
      origSourcePorts: ctRange(given, 'ctorigsrcport', (text) => portRange(text, null)),
      origDestinationPorts: ctRange(given, 'ctorigdstport', (text) => portRange(text, null)),
      replySourcePorts: ctRange(given, 'ctreplsrcport', (text) => portRange(text, null)),
      replyDestinationPorts: ctRange(given, 'ctrepldstport', (text) => portRange(text, null)),
      direction: ctDirection(given.value('ctdir')),
    }
  },
}

function ctProtocol(given: Given): { protocol: number; invert: boolean } | null {
  const text = given.value('ctproto')
  if (text === null) return null
  const protocol = parseProtocol(text)
  if (protocol === undefined) refuse(`--ctproto: "${text}" is not a protocol`)
  if (protocol === 0 && given.invert('ctproto')) refuse('conntrack: the rule would never match')
  return { protocol, invert: given.invert('ctproto') }
}

function ctAddress(given: Given, name: string): AddressMatch | null {
  const text = given.value(name)
  if (text === null) return null
  const { address, mask } = addressWithMask(`--${name}`, text)
  return { address, mask, invert: given.invert(name) }
}

function ctRange(given: Given, name: string, read: (text: string) => { min: number; max: number }): NumberRange | null {
  const text = given.value(name)
  if (text === null) return null
  const { min, max } = read(text)
  return { min, max, invert: given.invert(name) }
}

function ctDirection(text: string | null): 'ORIGINAL' | 'REPLY' | null {
  if (text === null) return null
  const direction = text.toUpperCase()
  if (direction === 'ORIGINAL' || direction === 'REPLY') return direction
  return refuse(`--ctdir: "${text}" is not a direction`, 'write ORIGINAL or REPLY')
}

const state: Extension<Match> = {
  name: 'state',
  options: [{ name: 'state', args: 1, invert: true }],
  build: (given) => {
    const option = given.need('state')
    const states = wordList('state', option.values[0]!, STATES) as CtState[]
    return { kind: 'state', states, invert: option.invert }
  },
}

const ADDRESS_TYPES: readonly string[] =
  'UNSPEC UNICAST LOCAL BROADCAST ANYCAST MULTICAST BLACKHOLE UNREACHABLE PROHIBIT THROW NAT XRESOLVE'.split(' ')

const addrtype: Extension<Match> = {
  name: 'addrtype',
  options: [
    { name: 'src-type', args: 1, invert: true },
    { name: 'dst-type', args: 1, invert: true },
    { name: 'limit-iface-in', args: 0 },
    { name: 'limit-iface-out', args: 0 },
  ],
  build: (given) => {
    const source = given.value('src-type')
    const destination = given.value('dst-type')
    if (source === null && destination === null) refuse('addrtype: --src-type or --dst-type is missing')
    given.oneOf('limit-iface-in', 'limit-iface-out')
    return {
      kind: 'addrtype',
      sourceTypes: source === null ? [] : wordList('src-type', source, ADDRESS_TYPES),
      sourceInvert: given.invert('src-type'),
      destinationTypes: destination === null ? [] : wordList('dst-type', destination, ADDRESS_TYPES),
      destinationInvert: given.invert('dst-type'),
      limitIn: given.has('limit-iface-in'),
      limitOut: given.has('limit-iface-out'),
    }
  },
}

const statistic: Extension<Match> = {
  name: 'statistic',
  options: [
    { name: 'mode', args: 1 },
    { name: 'probability', args: 1, invert: true },
    { name: 'every', args: 1, invert: true },
    { name: 'packet', args: 1 },
  ],
  build: (given) => {
    const mode = given.need('mode').values[0]!
    if (mode === 'random') return random(given)
    if (mode === 'nth') return nth(given)
    return refuse(`--mode: "${mode}" is not a mode`, 'write random or nth')
  },
}

function random(given: Given): Match {
  const option = given.get('probability') ?? refuse('statistic: mode random needs --probability')
  const probability = /^[0-9.]+(e-?\d+)?$/i.test(option.values[0]!) ? Number(option.values[0]) : NaN
  if (!(probability >= 0 && probability <= 1)) refuse(`--probability: "${option.values[0]}" is not a number of 0 to 1`)
  return { kind: 'statistic', mode: 'random', probability: Math.round(probability * 2 ** 31), invert: option.invert }
}

function nth(given: Given): Match {
  const option = given.get('every') ?? refuse('statistic: mode nth needs --every')
  const every = integer('every', option.values[0]!, 1, 0xffff_ffff)
  const packetText = given.value('packet') ?? refuse('statistic: --every needs --packet')
  const packet = integer('packet', packetText, 0, 0xffff_ffff)
  if (packet >= every) refuse(`statistic: --packet ${packet} is not below --every ${every}`)
  return { kind: 'statistic', mode: 'nth', every, packet, invert: option.invert }
}

const recent: Extension<Match> = {
  name: 'recent',
  options: [
    ...['set', 'rcheck', 'update', 'remove'].map((name) => ({ name, args: 0, invert: true }) as const),
    { name: 'seconds', args: 1 },
    { name: 'reap', args: 0 },
    { name: 'hitcount', args: 1 },
    { name: 'rttl', args: 0 },
    { name: 'name', args: 1 },
    { name: 'mask', args: 1 },
    { name: 'rsource', args: 0 },
    { name: 'rdest', args: 0 },
  ],
  build: (given) => {
    const mode = given.oneOf('set', 'rcheck', 'update', 'remove')
    if (mode === undefined) refuse('recent: --set, --rcheck, --update or --remove is missing')
    const setting = mode.name === 'set' || mode.name === 'remove'
    for (const other of ['seconds', 'hitcount', 'rttl', 'reap']) {
      if (setting && given.has(other)) refuse(`recent: --${other} does not go with --${mode.name}`)
    }
    if (given.has('reap') && !given.has('seconds')) refuse('recent: --reap needs --seconds')
    return {
      kind: 'recent',
      mode: mode.name as 'set' | 'rcheck' | 'update' | 'remove',
      invert: mode.invert,
      seconds: given.has('seconds') ? integer('seconds', given.value('seconds')!, 1, 0xffff_ffff) : 0,
      reap: given.has('reap'),
      hitcount: given.has('hitcount') ? integer('hitcount', given.value('hitcount')!, 0, 65534) : 0,
      rttl: given.has('rttl'),
      name: recentName(given.value('name')),
      mask: recentMask(given.value('mask')),
      side:
        given.options.findLast((o) => o.name === 'rsource' || o.name === 'rdest')?.name === 'rdest'
          ? 'rdest'
          : 'rsource',
    }
  },
}

function recentName(text: string | null): string {
  if (text === null) return 'DEFAULT'
  if (text === '' || text.length > 199 || text.includes('/')) refuse(`--name: "${text}" cannot be the name of a list`)
  return text
}

function recentMask(text: string | null): number {
  if (text === null) return 0xffff_ffff
  return (
    parseIpv4(text) ??
    parseUnsigned(text) ??
    refuse(`--mask: "${text}" is not a dotted mask`, 'write for example 255.255.255.0')
  )
}

/** `NAME src,dst` of a set option. */
export function setReference(option: string, values: readonly string[]): SetReference {
  const [set, list] = values as [string, string]
  if (set.length === 0 || set.length > 31) refuse(`--${option}: "${set}" cannot be the name of a set`)
  const directions = list.split(',').map((word) => {
    return word === 'src' || word === 'dst' ? word : refuse(`--${option}: "${word}" is neither src nor dst`)
  })
  if (directions.length > 6) refuse(`--${option}: more than 6 of src and dst`)
  return { set, directions }
}

const COUNTER_OPTIONS = ['packets', 'bytes'].flatMap((what) => [
  { name: `${what}-eq`, args: 1, invert: true } as const,
  { name: `${what}-lt`, args: 1 } as const,
  { name: `${what}-gt`, args: 1 } as const,
])

const set: Extension<Match> = {
  name: 'set',
  options: [
    { name: 'match-set', aliases: ['set'], args: 2, invert: true },
    { name: 'return-nomatch', args: 0 },
    { name: 'update-counters', args: 0, invert: true },
    { name: 'update-subcounters', args: 0, invert: true },
    ...COUNTER_OPTIONS,
  ],
  build: (given) => {
    const option = given.need('match-set')
    return {
      kind: 'set',
      ...setReference('match-set', option.values),
      invert: option.invert,
      returnNomatch: given.has('return-nomatch'),
      updateCounters: !given.invert('update-counters'),
      updateSubcounters: !given.invert('update-subcounters'),
      packets: setCounter(given, 'packets'),
      bytes: setCounter(given, 'bytes'),
    }
  },
}

function setCounter(given: Given, what: string): { op: 'eq' | 'lt' | 'gt'; value: number; invert: boolean } | null {
  const option = given.oneOf(`${what}-eq`, `${what}-lt`, `${what}-gt`)
  if (option === undefined) return null
  const value = parseUnsigned(option.values[0]!, Number.MAX_SAFE_INTEGER)
  if (value === undefined) refuse(`--${option.name}: "${option.values[0]}" is not a number`)
  return { op: option.name.slice(-2) as 'eq' | 'lt' | 'gt', value, invert: option.invert }
}

const LIMIT_UNITS: readonly (readonly [string, number])[] = [
  ['second', 1],
  ['minute', 60],
  ['hour', 3600],
  ['day', 86400],
]

const limit: Extension<Match> = {
  name: 'limit',
  options: [
    { name: 'limit', args: 1 },
    { name: 'limit-burst', args: 1 },
  ],
  build: (given) => {
    const average = limitAverage(given.value('limit') ?? '3/hour')
    const burst = integer('limit-burst', given.value('limit-burst') ?? '5', 0, 10000)
    if (burst === 0 || creditCap(average, burst) < creditsOf(average)) {
      refuse('limit: the kernel cannot count so slow a rate with so large a burst', 'lower the burst or raise the rate')
    }
    return { kind: 'limit', average, burst }
  },
}

/** 10000 units a second are spread over the packets of the rate. */
function limitAverage(text: string): number {
  const [, count, unit] = /^(\d+)(?:\/(.*))?$/.exec(text) ?? []
  const scale =
    unit === undefined ? 1 : LIMIT_UNITS.find(([name]) => unit !== '' && name.startsWith(unit.toLowerCase()))?.[1]
  if (count === undefined || Number(count) === 0 || scale === undefined) {
    refuse(`--limit: "${text}" is not a rate`, 'write for example 5/minute')
  }
  const average = Math.floor((10000 * scale) / Number(count))
  if (average === 0) refuse(`--limit: "${text}" is too fast`, 'at most 10000/second')
  return average
}

const owner: Extension<Match> = {
  name: 'owner',
  options: [
    { name: 'uid-owner', args: 1, invert: true },
    { name: 'gid-owner', args: 1, invert: true },
    { name: 'socket-exists', args: 0, invert: true },
    { name: 'suppl-groups', args: 0 },
  ],
  build: (given) => {
    const groups = given.options.findIndex((option) => option.name === 'suppl-groups')
    if (groups >= 0 && !given.options.slice(0, groups).some((option) => option.name === 'gid-owner')) {
      refuse('owner: --suppl-groups stands before --gid-owner', 'give --gid-owner first')
    }
    if (given.options.length === 0) refuse('owner: --uid-owner, --gid-owner or --socket-exists is missing')
    return {
      kind: 'owner',
      uid: ownerRange(given, 'uid-owner'),
      gid: ownerRange(given, 'gid-owner'),
      socketExists: given.has('socket-exists') ? !given.invert('socket-exists') : null,
      suppGroups: groups >= 0,
    }
  },
}

function ownerRange(given: Given, name: string): NumberRange | null {
  const text = given.value(name)
  if (text === null) return null
  if (text === 'root') return { min: 0, max: 0, invert: given.invert(name) }
  const [low, high] = text.split('-') as [string, string | undefined]
  const min = integer(name, low, 0, 0xffff_fffe)
  const max = high === undefined ? min : integer(name, high, 0, 0xffff_fffe)
  if (min > max) refuse(`--${name}: range ${text} is empty`, 'write the lower number first')
  return { min, max, invert: given.invert(name) }
}

/** Matches on what the kernel keeps beside the packet. */
export const STATE_MATCHES: readonly Extension<Match>[] = [
  comment,
  mark,
  connmark,
  conntrack,
  state,
  addrtype,
  statistic,
  recent,
  set,
  limit,
  owner,
]
