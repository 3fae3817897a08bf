import { type Ipv4, parseInterfaceAddress, parseIpv4, parseMac, type Mac } from '../../addr/index.js'
import { type InputIssue, InvalidInputError } from '../../base/index.js'
import type { NetDevice } from '../../netdev/index.js'
import type { Namespace } from '../namespace.js'

/** A destination or selector: `default`, `10.0.0.1`, `10.0.0.0/8`. */
export interface Prefix {
  readonly address: Ipv4
  readonly prefix: number
}

/**
 * The words of one command, read from left to right. A word that makes no sense is noted and reading goes on, so that
 * {@link Words.check} can report everything at once.
 */
export class Words {
  private readonly ns: Namespace
  private readonly command: string
  private readonly words: readonly string[]
  private readonly issues: InputIssue[] = []
  private at = 0

  constructor(ns: Namespace, words: readonly string[]) {
    this.ns = ns
    this.words = words
    this.command = `ip ${words.join(' ')}`
  }

  /** The next word without taking it; undefined at the end. */
  peek(): string | undefined {
    return this.words[this.at]
  }

  /** Takes the next word; notes that `what` is missing and gives an empty text at the end. */
  take(what: string): string {
    const word = this.words[this.at]
    if (word === undefined) {
      this.note(`${what} is missing`)
      return ''
    }
    this.at++
    return word
  }

  /** Takes the next word if it is one of these. */
  takeIf(...wanted: readonly string[]): string | undefined {
    const word = this.words[this.at]
    if (word === undefined || !wanted.includes(word)) return undefined
    this.at++
    return word
  }

  /** Notes a problem; reading goes on. */
  note(message: string, fix?: string): void {
    this.issues.push({ path: this.command, message, ...(fix === undefined ? {} : { fix }) })
  }

  /** Notes the next word as one that does not belong here, and takes it. */
  stray(): void {
    this.note(`"${this.take('a word')}" is not understood here`)
  }

  /**
   * Everything is read: raises what was noted.
   * @throws InvalidInputError
   */
  check(): void {
    if (this.issues.length > 0) throw new InvalidInputError(this.issues)
  }

  /**
   * The command is well formed but the kernel refuses it.
   * @throws InvalidInputError always
   */
  refuse(message: string, fix?: string): never {
    this.note(message, fix)
    throw new InvalidInputError(this.issues)
  }

  /** A whole number from 0 to `max`, decimal or 0x…. */
  number(what: string, max: number): number {
    const word = this.take(what)
    if (word === '') return 0
    const value = /^(?:\d+|0x[0-9a-f]+)$/i.test(word) ? Number(word) : -1
    if (value >= 0 && value <= max) return value
    this.note(`${what} "${word}" is not a number from 0 to ${max}`)
    return 0
  }

  address(what: string): Ipv4 {
    const word = this.take(what)
    if (word === '') return 0
    const address = parseIpv4(word)
    if (address === undefined) this.note(`${what} "${word}" is not an IPv4 address`, 'write it as in 10.0.0.1')
    return address ?? 0
  }

  mac(): Mac {
    const word = this.take('MAC address')
    if (word === '') return 0
    const mac = parseMac(word)
    if (mac === undefined) this.note(`"${word}" is not a MAC address`, 'write it as in 02:00:00:00:00:01')
    return mac ?? 0
  }

  /** `default`, an address (a prefix of 32), or address/prefix with its host bits. */
  prefix(what: string): Prefix {
    const word = this.take(what)
    if (word === '' || word === 'default' || word === 'any' || word === 'all') return { address: 0, prefix: 0 }
    const host = parseIpv4(word)
    if (host !== undefined) return { address: host, prefix: 32 }
    const net = parseInterfaceAddress(word)
    if (net === undefined) this.note(`${what} "${word}" is not a prefix`, 'write it as in 10.0.0.0/8')
    return net ?? { address: 0, prefix: 0 }
  }

  /** A device of the namespace by name; null (and a note) when there is none. */
  device(): NetDevice | null {
    const word = this.take('device')
    if (word === '') return null
    const device = this.ns.device(word)
    if (device !== undefined) return device
    const known = this.ns.listDevices().map((dev) => dev.name)
    this.note(`Cannot find device "${word}"`, `${this.ns.name} has ${known.join(', ')}`)
    return null
  }
}
