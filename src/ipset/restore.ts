import type { InputIssue, Millis } from '../base/index.js'
import { parseElements } from './element.js'
import { refuse, SetFault } from './fault.js'
import { type ElementOptions, IpSet, keyOf, PLAIN_ELEMENT } from './ip-set.js'
import { parseCreate } from './parse-create.js'
import { takesNomatch } from './set-type.js'

/** The names of sets and the sets themselves, in the order made. */
export type Sets = Map<string, IpSet>

/** Runs `ipset restore` text on `sets`; gives the issues, one a line. */
export function runRestore(sets: Sets, text: string, file: string, now: Millis): InputIssue[] {
  const issues: InputIssue[] = []
  text.split('\n').forEach((line, index) => {
    const words = splitWords(line)
    if (words.length === 0 || line.startsWith('#') || words[0] === 'COMMIT' || words[0] === 'quit') return
    try {
      runLine(sets, words, now)
    } catch (fault) {
      if (!(fault instanceof SetFault)) throw fault
      const position = { file, line: index + 1, column: 1 }
      issues.push({
        path: '',
        message: fault.message,
        position,
        ...(fault.fix === undefined ? {} : { fix: fault.fix }),
      })
    }
  })
  return issues
}

/** Blanks separate; `"` begins and ends a comment. */
function splitWords(line: string): string[] {
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|\S+/g)].map((match) => match[1] ?? match[0])
}

const COMMANDS: Readonly<Record<string, string>> = {
  create: 'create',
  '-N': 'create',
  add: 'add',
  '-A': 'add',
  del: 'del',
  '-D': 'del',
  test: 'test',
  '-T': 'test',
  flush: 'flush',
  '-F': 'flush',
  destroy: 'destroy',
  '-X': 'destroy',
  rename: 'rename',
  '-E': 'rename',
  swap: 'swap',
  '-W': 'swap',
}

function runLine(sets: Sets, allWords: readonly string[], now: Millis): void {
  const isExist = (word: string): boolean => word === '-exist' || word === '-!' || word === '--exist'
  const exist = allWords.some(isExist)
  const words = allWords.filter((word) => !isExist(word))
  const command = Object.hasOwn(COMMANDS, words[0] ?? '') ? COMMANDS[words[0]!] : undefined
  const name = words[1]
  switch (command) {
    case 'create':
      create(sets, need(name), words.slice(2), exist)
      return
    case 'add':
      add(sets, setNamed(sets, name), words.slice(2), exist, now)
      return
    case 'del':
      del(sets, setNamed(sets, name), words.slice(2), exist, now)
      return
    case 'flush':
      for (const set of chosen(sets, name)) flush(sets, set)
      return
    case 'destroy':
      for (const set of chosen(sets, name)) destroy(sets, set)
      return
    case 'rename':
      rename(sets, setNamed(sets, name), need(words[2]))
      return
    case 'swap':
      swap(sets, setNamed(sets, name), setNamed(sets, words[2]))
      return
    default:
      refuse(`unknown command "${words[0] ?? ''}"`, 'one of create, add, del, flush, destroy, rename, swap')
  }
}

function need(name: string | undefined): string {
  if (name === undefined || name === '') refuse('the name of the set is missing')
  if (name.length > 31) refuse(`set name "${name}" is longer than 31 characters`)
  return name
}

function setNamed(sets: Sets, name: string | undefined): IpSet {
  return sets.get(need(name)) ?? refuse(`set ${need(name)} does not exist`, 'create it before')
}

function chosen(sets: Sets, name: string | undefined): IpSet[] {
  return name === undefined ? [...sets.values()] : [setNamed(sets, name)]
}

function create(sets: Sets, name: string, words: readonly string[], exist: boolean): void {
  const { type, options } = parseCreate(words)
  const existing = sets.get(name)
  if (existing !== undefined) {
    if (exist && existing.type === type) return
    refuse(`set ${name} exists already`)
  }
  sets.set(name, new IpSet(name, type, options))
}

function add(sets: Sets, set: IpSet, words: readonly string[], exist: boolean, now: Millis): void {
  const options = elementOptions(set, words.slice(1))
  const list = set.type.method === 'list' ? listPlace(words) : null
  const elements = parseElements(set, words[0] ?? refuse('the element is missing'))
  for (const parts of elements) {
    const key = keyOf(parts)
    const there = set.get(key, now) !== null
    if (there && !exist) refuse(`${words[0]} is in set ${set.name} already`)
    const member = parts[0]?.kind === 'set' ? memberOf(sets, parts[0].name) : null
    if (!set.add(parts, options, now)) refuse(`set ${set.name} is full`, 'raise maxelem')
    if (member !== null && !there) member.references++
    if (list !== null && !there) moveBeside(set, key, list)
  }
}

function memberOf(sets: Sets, name: string): IpSet {
  const member = sets.get(name) ?? refuse(`set ${name} does not exist`)
  if (member.type.method === 'list') refuse(`set ${name} is a list and cannot be in a list`)
  return member
}

/** `before NAME` or `after NAME` of list:set. */
function listPlace(words: readonly string[]): { name: string; after: boolean } | null {
  const at = words.findIndex((word) => word === 'before' || word === 'after')
  return at < 0 ? null : { name: words[at + 1] ?? refuse(`${words[at]} needs a set`), after: words[at] === 'after' }
}

function moveBeside(list: IpSet, key: string, place: { name: string; after: boolean }): void {
  const entries = [...list.entries]
  const moved = entries.find(([own]) => own === key)!
  const rest = entries.filter(([own]) => own !== key)
  const at = rest.findIndex(([own]) => own === place.name)
  if (at < 0) refuse(`set ${place.name} is not in list ${list.name}`)
  rest.splice(place.after ? at + 1 : at, 0, moved)
  list.entries.clear()
  for (const [own, entry] of rest) list.entries.set(own, entry)
}

const SKB: ReadonlySet<string> = new Set(['skbmark', 'skbprio', 'skbqueue'])

function elementOptions(set: IpSet, words: readonly string[]): ElementOptions {
  const options = { ...PLAIN_ELEMENT } as { -readonly [K in keyof ElementOptions]: ElementOptions[K] }
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!
    const number = (): number => {
      const text = words[++i] ?? ''
      return /^\d+$/.test(text) ? Number(text) : refuse(`${word}: "${text}" is not a number`)
    }
    if (word === 'nomatch' && takesNomatch(set.type)) options.nomatch = true
    else if (word === 'timeout') options.timeout = timeoutOf(set, number())
    else if (word === 'packets') options.packets = needFeature(set.options.counters, set, 'counters', number())
    else if (word === 'bytes') options.bytes = needFeature(set.options.counters, set, 'counters', number())
    else if (word === 'comment') options.comment = needFeature(set.options.comment, set, 'comment', words[++i] ?? '')
    else if (SKB.has(word)) {
      const text = `${word} ${needFeature(set.options.skbinfo, set, 'skbinfo', words[++i] ?? '')}`
      options.skbinfo = options.skbinfo === null ? text : `${options.skbinfo} ${text}`
    } else if ((word === 'before' || word === 'after') && set.type.method === 'list') i++
    else refuse(`unknown option "${word}" of an element of ${set.type.name}`)
  }
  return options
}

function timeoutOf(set: IpSet, seconds: number): number {
  if (seconds > 2_147_483) refuse(`timeout ${seconds} is above 2147483 seconds`)
  return needFeature(set.options.timeout !== null, set, 'timeout', seconds)
}

function needFeature<T>(has: boolean, set: IpSet, feature: string, value: T): T {
  return has ? value : refuse(`set ${set.name} was created without ${feature}`)
}

function del(sets: Sets, set: IpSet, words: readonly string[], exist: boolean, now: Millis): void {
  for (const parts of parseElements(set, words[0] ?? refuse('the element is missing'))) {
    const key = keyOf(parts)
    if (set.get(key, now) === null) {
      if (exist) continue
      refuse(`${words[0]} is not in set ${set.name}`)
    }
    set.delete(key)
    if (parts[0]?.kind === 'set') releaseMember(sets, parts[0].name)
  }
}

function releaseMember(sets: Sets, name: string): void {
  const member = sets.get(name)
  if (member !== undefined) member.references--
}

function flush(sets: Sets, set: IpSet): void {
  if (set.type.method === 'list') for (const name of set.entries.keys()) releaseMember(sets, name)
  set.flush()
}

function destroy(sets: Sets, set: IpSet): void {
  if (set.references > 0) refuse(`set ${set.name} is in use`, 'delete the rules and lists that name it before')
  flush(sets, set)
  sets.delete(set.name)
}

function rename(sets: Sets, set: IpSet, to: string): void {
  if (set.references > 0) refuse(`set ${set.name} is in use and cannot be renamed`)
  if (sets.has(to)) refuse(`set ${to} exists already`)
  const entries = [...sets].map(([name, one]): [string, IpSet] => (one === set ? [to, one] : [name, one]))
  set.name = to
  sets.clear()
  for (const [name, one] of entries) sets.set(name, one)
}

/** Contents change places; names, and what refers to them, stay. */
function swap(sets: Sets, a: IpSet, b: IpSet): void {
  if (a.type !== b.type) refuse(`sets ${a.name} and ${b.name} are of different types`)
  const [nameA, nameB, referencesA] = [a.name, b.name, a.references]
  a.references = b.references
  b.references = referencesA
  a.name = nameB
  b.name = nameA
  sets.set(nameA, b)
  sets.set(nameB, a)
}
