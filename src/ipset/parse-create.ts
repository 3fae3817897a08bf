import { broadcastOf, networkOf, parseIpv4 } from '../addr/index.js'
import { refuse } from './fault.js'
import type { SetOptions } from './ip-set.js'
import { portNumber } from './names.js'
import { SET_TYPE_NAMES, type SetType, setTypeOf } from './set-type.js'

const NUMBERS: ReadonlySet<string> = new Set([
  'hashsize',
  'maxelem',
  'bucketsize',
  'netmask',
  'timeout',
  'size',
  'initval',
])
const FLAGS: ReadonlySet<string> = new Set(['counters', 'comment', 'skbinfo', 'forceadd'])

/** Reads `TYPE OPTIONS…` of a create line. */
export function parseCreate(words: readonly string[]): { type: SetType; options: SetOptions } {
  const type =
    setTypeOf(words[0] ?? '') ??
    refuse(`set type "${words[0] ?? ''}" is not modelled`, `one of ${SET_TYPE_NAMES.join(', ')}`)
  const values = new Map<string, number>()
  const flags = new Set<string>()
  let range: SetOptions['range'] = null
  for (let i = 1; i < words.length; i++) {
    const word = words[i]!
    if (FLAGS.has(word)) flags.add(word)
    else if (NUMBERS.has(word)) values.set(word, numberOf(word, words[++i]))
    else if (word === 'family') needInet(words[++i])
    else if (word === 'range' || word === 'from') range = rangeOf(type, words, i++)
    else refuse(`unknown option "${word}" of ${type.name}`)
    if (word === 'from') i += 2
  }
  if (type.method === 'bitmap' && range === null) refuse(`${type.name}: the range is missing`, 'add range FROM-TO')
  const netmask = values.get('netmask') ?? 32
  if (netmask < 1 || netmask > 32) refuse(`netmask ${netmask} is not a length of 1 to 32`)
  const options = {
    hashsize: hashsize(values.get('hashsize') ?? 1024),
    maxelem: values.get('maxelem') ?? 65536,
    bucketsize: values.get('bucketsize') ?? 12,
    netmask,
    timeout: values.get('timeout') ?? null,
    counters: flags.has('counters'),
    comment: flags.has('comment'),
    skbinfo: flags.has('skbinfo'),
    forceadd: flags.has('forceadd'),
    range,
    size: values.get('size') ?? 8,
  }
  return { type, options: Object.freeze(options) }
}

function needInet(family: string | undefined): void {
  if (family !== 'inet') refuse(`family ${family ?? ''} is not modelled`, 'only family inet is')
}

function numberOf(option: string, text: string | undefined): number {
  const value = text !== undefined && /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : NaN
  if (!(value <= 0xffff_ffff)) refuse(`${option}: "${text ?? ''}" is not a number`)
  if (option === 'timeout' && value > 2_147_483) refuse(`timeout ${value} is above 2147483 seconds`)
  return value
}

/** The kernel takes powers of two, at least 64. */
function hashsize(asked: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(64, asked)))
}

/** `range FROM-TO`, `range NETWORK/LEN`, or `from FROM to TO`. */
function rangeOf(type: SetType, words: readonly string[], at: number): { min: number; max: number } {
  const text = words[at] === 'from' ? `${words[at + 1] ?? ''}-${words[at + 3] ?? ''}` : (words[at + 1] ?? '')
  if (type.method !== 'bitmap') refuse(`${type.name} has no range`)
  const read = type.name === 'bitmap:port' ? portNumber : parseIpv4
  const [address, length] = text.split('/') as [string, string | undefined]
  if (type.name === 'bitmap:ip' && length !== undefined && /^\d{1,2}$/.test(length) && Number(length) <= 32) {
    const base = parseIpv4(address) ?? refuse(`range ${text} is not a network`)
    return { min: networkOf(base, Number(length)), max: broadcastOf(base, Number(length)) }
  }
  const [low, high] = text.split('-') as [string, string | undefined]
  const min = read(low)
  const max = read(high ?? '')
  if (min === undefined || max === undefined || min > max) refuse(`"${text}" is not a range`, 'write FROM-TO')
  if (max - min > 0xffff) refuse(`range ${text} has more than 65536 elements`)
  return { min, max }
}
