import { refuse } from './fault.js'
import { UNMODELLED_PROTOCOL_MATCHES, UNMODELLED_TARGETS } from './known-extensions.js'
import { type Extension, Given, type OptionSpec } from './options.js'
import { HEADER_MATCHES } from './parse-matches-header.js'
import { STATE_MATCHES } from './parse-matches-state.js'
import { TARGETS } from './parse-targets.js'
import { parseProtocol, printProtocol } from './protocols.js'
import type { Token } from './tokenize.js'
import type { AddressMatch, InterfaceMatch, Match, ProtocolMatch, Rule, Target } from './types.js'
import { addressWithMask, integer, interfaceName } from './values.js'

const MATCHES: ReadonlyMap<string, Extension<Match>> = new Map(
  [...HEADER_MATCHES, ...STATE_MATCHES].map((match) => [match.name, match]),
)
const TARGET_BY_NAME: ReadonlyMap<string, Extension<Target>> = new Map(TARGETS.map((target) => [target.name, target]))

/** Options of every rule, by all their names. */
const BASE_OPTIONS: ReadonlyMap<string, string> = new Map(
  [
    ['s', '-s', '--src', '--source'],
    ['d', '-d', '--dst', '--destination'],
    ['i', '-i', '--in-interface'],
    ['o', '-o', '--out-interface'],
    ['p', '-p', '--proto', '--protocol'],
    ['f', '-f', '--fragment', '--fragments'],
    ['m', '-m', '--match'],
    ['j', '-j', '--jump'],
    ['g', '-g', '--goto'],
    ['c', '-c', '--set-counters'],
    ['v', '-v', '--verbose'],
    ['4', '-4', '--ipv4'],
    ['6', '-6', '--ipv6'],
  ].flatMap(([option, ...names]) => names.map((name): [string, string] => [name, option!])),
)

/** What a rule's arguments say. `rules` has several members when `-s` or `-d` lists several addresses. */
export interface ParsedRule {
  readonly rules: readonly Rule[]
  readonly counters: { readonly packets: number; readonly bytes: number } | null
  /** `-6`: meant for ip6tables, to be skipped. */
  readonly otherFamily: boolean
}

/** A match or target being read. */
interface Open<T> {
  readonly name: string
  /** null = not modelled: takes arguments as they come. */
  readonly extension: Extension<T> | null
  readonly given: Given
  readonly args: string[]
}

/** Reads one rule, argument by argument, as iptables' own option loop does. */
export class RuleParser {
  private readonly tokens: readonly Token[]
  private at = 0
  private pendingInvert = false
  private sources: AddressMatch[] | null = null
  private destinations: AddressMatch[] | null = null
  private inInterface: InterfaceMatch | null = null
  private outInterface: InterfaceMatch | null = null
  private protocol: ProtocolMatch | null = null
  private fragment: { readonly invert: boolean } | null = null
  private readonly matches: Open<Match>[] = []
  private target: Open<Target> | null = null
  /** Opened last. */
  private last: Open<unknown> | null = null
  private jumpOption: string | null = null
  private counters: { readonly packets: number; readonly bytes: number } | null = null
  private otherFamily = false
  private protocolMatchTried = false
  private readonly seen = new Set<string>()
  /** Of the argument being read. */
  column = 1

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens
  }

  parse(): ParsedRule {
    while (this.at < this.tokens.length) this.step()
    if (this.pendingInvert) refuse('nothing stands behind "!"')
    const head = { protocol: this.protocol }
    const matches = this.matches.map((open): Match => {
      if (open.extension === null)
        return Object.freeze({ kind: 'unknown', name: open.name, args: Object.freeze(open.args) })
      return deepFreeze(open.extension.build(open.given, head))
    })
    const target = this.buildTarget()
    const rules = product(this.sources, this.destinations).map(([source, destination]) =>
      Object.freeze({
        source,
        destination,
        inInterface: this.inInterface,
        outInterface: this.outInterface,
        protocol: this.protocol,
        fragment: this.fragment,
        matches: Object.freeze(matches),
        target,
      }),
    )
    return { rules, counters: this.counters, otherFamily: this.otherFamily }
  }

  private buildTarget(): Target | null {
    const open = this.target
    if (open === null) return null
    if (this.jumpOption === 'g') return Object.freeze({ kind: 'goto', chain: open.name })
    if (open.extension !== null) return deepFreeze(open.extension.build(open.given, { protocol: this.protocol }))
    if (UNMODELLED_TARGETS.has(open.name) || open.args.length > 0) {
      return Object.freeze({ kind: 'unknown', name: open.name, args: Object.freeze(open.args) })
    }
    return Object.freeze({ kind: 'jump', chain: open.name })
  }

  private step(): void {
    const token = this.tokens[this.at++]!
    this.column = token.column
    const text = token.text
    if (text === '!') {
      if (this.pendingInvert) refuse('"!" stands twice')
      this.pendingInvert = true
      return
    }
    const invert = this.pendingInvert
    this.pendingInvert = false
    const [name, attached] = splitEquals(text)
    const base = BASE_OPTIONS.get(name)
    if (base !== undefined && attached === null) {
      this.baseOption(base, name, invert)
      return
    }
    if (!this.mayBeChain() && this.takeUnknown(text, invert)) return
    if (name.startsWith('--') && this.extensionOption(name.slice(2), attached, invert)) return
    if (this.takeUnknown(text, invert)) return
    if (!text.startsWith('-')) refuse(`stray argument "${text}"`, 'quote texts that contain blanks')
    refuse(`unknown option "${text}"`, this.hintFor(name))
  }

  /** A match or target that is not modelled takes, until the next is opened, every argument but the rule's own. */
  private takeUnknown(text: string, invert: boolean): boolean {
    const open = this.last
    if (open === null || open.extension !== null) return false
    if (open === this.target && this.jumpOption === 'g') return false
    if (open.args.length === 0 && !text.startsWith('-')) return false
    open.args.push(...(invert ? ['!', text] : [text]))
    return true
  }

  /** A chain takes no options: what stands behind `-j CHAIN` is a match's, if a match has it. */
  private mayBeChain(): boolean {
    return this.last !== null && this.last === this.target && !UNMODELLED_TARGETS.has(this.last.name)
  }

  private hintFor(name: string): string | undefined {
    const word = name.slice(2)
    if (['dport', 'sport', 'destination-port', 'source-port'].includes(word)) {
      return 'give -p tcp, udp or sctp before a port'
    }
    const owner = [...MATCHES.values()].find((match) => match.options.some((o) => hasName(o, word)))
    return owner === undefined ? undefined : `add -m ${owner.name} before it`
  }

  private next(option: string): string {
    const token = this.tokens[this.at]
    if (token === undefined) refuse(`${option} needs an argument`)
    this.at++
    this.column = token.column
    return token.text
  }

  private once(option: string, name: string): void {
    if (this.seen.has(option)) refuse(`${name} is given twice`)
    this.seen.add(option)
  }

  private baseOption(option: string, name: string, invert: boolean): void {
    switch (option) {
      case 's':
      case 'd': {
        this.once(option, name)
        const list = parseAddresses(name, this.next(name), invert)
        if (option === 's') this.sources = list
        else this.destinations = list
        return
      }
      case 'i':
      case 'o': {
        this.once(option, name)
        const parsed = interfaceName(name, this.next(name))
        const match = parsed.name === '' && !invert ? null : Object.freeze({ ...parsed, invert })
        if (option === 'i') this.inInterface = match
        else this.outInterface = match
        return
      }
      case 'p':
        this.once(option, name)
        this.setProtocol(name, this.next(name), invert)
        return
      case 'f':
        this.once(option, name)
        this.fragment = Object.freeze({ invert })
        return
      default:
        if (invert) refuse(`"!" cannot stand before ${name}`)
        this.plainOption(option, name)
    }
  }

  private plainOption(option: string, name: string): void {
    switch (option) {
      case 'm':
        this.openMatch(this.next(name))
        return
      case 'j':
      case 'g':
        this.once('j', name)
        this.openTarget(option, this.next(name))
        return
      case 'c':
        this.counters = {
          packets: integer('set-counters', this.next(name), 0, Number.MAX_SAFE_INTEGER),
          bytes: integer('set-counters', this.next(name), 0, Number.MAX_SAFE_INTEGER),
        }
        return
      case '6':
        this.otherFamily = true
        return
      default:
        return
    }
  }

  private setProtocol(name: string, text: string, invert: boolean): void {
    const protocol = parseProtocol(text)
    if (protocol === undefined) refuse(`${name}: "${text}" is not a protocol`, 'write a name such as tcp or a number')
    if (protocol === 0 && invert) refuse('the rule would match no protocol')
    this.protocol = protocol === 0 ? null : Object.freeze({ protocol, invert })
  }

  private openMatch(name: string): void {
    if (name === '' || name.startsWith('-')) refuse(`-m: "${name}" is not a match`)
    this.open({ name, extension: MATCHES.get(name) ?? null, given: new Given(name), args: [] })
  }

  private openTarget(option: string, name: string): void {
    if (name === '') refuse('the target has no name')
    if (name.length > 28) refuse(`target "${name}" is longer than 28 characters`)
    if (name.startsWith('-')) refuse(`-${option}: "${name}" is not a target`)
    const extension = TARGET_BY_NAME.get(name) ?? null
    if (option === 'g' && (extension !== null || UNMODELLED_TARGETS.has(name))) refuse(`-g: ${name} is not a chain`)
    this.target = { name, extension, given: new Given(name), args: [] }
    this.last = this.target
    this.jumpOption = option
  }

  /** Gives the option to the extension that has it, the last one first; brings in the protocol's match if none has. */
  private extensionOption(name: string, attached: string | null, invert: boolean): boolean {
    const found = this.findOption(name) ?? (this.bringInProtocolMatch() ? this.findOption(name) : undefined)
    if (found === undefined) return false
    const values: string[] = attached === null ? [] : [attached]
    while (values.length < found.spec.args) {
      const value = this.next(`--${name}`)
      if (values.length === 1 && (value.startsWith('-') || value === '!')) refuse(`--${name} needs two arguments`)
      values.push(value)
    }
    if (values.length > found.spec.args) refuse(`--${name} takes no argument`)
    found.given.add(found.spec, values, invert)
    return true
  }

  private findOption(name: string): { spec: OptionSpec; given: Given } | undefined {
    const open: Open<unknown>[] = [...(this.target === null ? [] : [this.target]), ...[...this.matches].reverse()]
    const all = open.flatMap((one) => (one.extension?.options ?? []).map((spec) => ({ spec, given: one.given })))
    const exact = all.find(({ spec }) => hasName(spec, name))
    if (exact !== undefined) return exact
    const begins = all.filter(({ spec }) => [spec.name, ...(spec.aliases ?? [])].some((full) => full.startsWith(name)))
    if (begins.length > 1) {
      refuse(
        `--${name} could be ${begins.map(({ spec }) => `--${spec.name}`).join(' or ')}`,
        'write the option in full',
      )
    }
    return begins[0]
  }

  private bringInProtocolMatch(): boolean {
    if (this.protocol === null || this.protocolMatchTried) return false
    this.protocolMatchTried = true
    const name = printProtocol(this.protocol.protocol)
    const extension = MATCHES.get(name)
    if (extension === undefined && !UNMODELLED_PROTOCOL_MATCHES.has(name)) return false
    if (this.matches.some((match) => match.name === name)) return false
    this.open({ name, extension: extension ?? null, given: new Given(name), args: [] })
    return true
  }

  private open(match: Open<Match>): void {
    this.matches.push(match)
    this.last = match
  }
}

function hasName(spec: OptionSpec, name: string): boolean {
  return spec.name === name || (spec.aliases?.includes(name) ?? false)
}

/** `--option=value` as two. */
function splitEquals(text: string): [name: string, value: string | null] {
  const equals = text.startsWith('--') ? text.indexOf('=') : -1
  return equals < 0 ? [text, null] : [text.slice(0, equals), text.slice(equals + 1)]
}

function parseAddresses(option: string, text: string, invert: boolean): AddressMatch[] {
  const words = text.split(',')
  if (invert && words.length > 1) refuse('"!" cannot stand before several addresses', 'write one rule per address')
  return words.map((word) => {
    const { address, mask } = addressWithMask(option, word)
    return Object.freeze({ address: (address & mask) >>> 0, mask, invert })
  })
}

/** `-s` or `-d` not given. */
export const ANY_ADDRESS: AddressMatch = Object.freeze({ address: 0, mask: 0, invert: false })

function product(
  sources: readonly AddressMatch[] | null,
  destinations: readonly AddressMatch[] | null,
): [AddressMatch, AddressMatch][] {
  return (sources ?? [ANY_ADDRESS]).flatMap((source) =>
    (destinations ?? [ANY_ADDRESS]).map((destination): [AddressMatch, AddressMatch] => [source, destination]),
  )
}

/** Freezes a plain value and all in it: rules are shared by every copy of a cluster. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const inner of Object.values(value)) deepFreeze(inner)
  return Object.freeze(value)
}
