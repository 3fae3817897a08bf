import { formatIpv4, type Ipv4, parseIpv4, prefixMask } from '../addr/index.js'
import { refuse } from './fault.js'
import { portOfService } from './services.js'

const INTEGER = /^(?:0x[0-9a-f]+|0[0-7]*|[1-9][0-9]*)$/i
const U32 = 0xffff_ffff

/** Reads an unsigned integer as strtoul with base 0 does (`0x` hexadecimal, leading `0` octal); undefined otherwise. */
export function parseUnsigned(text: string, max: number = U32): number | undefined {
  if (!INTEGER.test(text)) return undefined
  const octal = /^0[0-7]+$/.test(text)
  const value = octal ? Number.parseInt(text, 8) : Number(text)
  return value <= max ? value : undefined
}

/** Reads an integer option in `min … max` or refuses it. */
export function integer(option: string, text: string, min: number, max: number): number {
  const value = parseUnsigned(text, max)
  if (value === undefined || value < min) {
    refuse(`--${option}: "${text}" is not a number of ${min} to ${max}`)
  }
  return value
}

/** `value[/mask]` of a mark option; the mask is all ones when left out. */
export function markMask(option: string, text: string): { value: number; mask: number } {
  const [first, second, rest] = text.split('/')
  const value = parseUnsigned(first ?? '')
  const mask = second === undefined ? U32 : parseUnsigned(second)
  if (value === undefined || mask === undefined || rest !== undefined) {
    refuse(`--${option}: "${text}" is not a mark`, 'write value or value/mask, numbers up to 0xffffffff')
  }
  return { value, mask }
}

/** A 32-bit mark or mask without a second part. */
export function mark(option: string, text: string): number {
  return parseUnsigned(text) ?? refuse(`--${option}: "${text}" is not a number up to 0xffffffff`)
}

/** A port number or service name. `protocol` is the name of the rule's protocol, null = any. */
export function port(text: string, protocol: string | null): number {
  return (
    parseUnsigned(text, 0xffff) ??
    portOfService(text, protocol) ??
    refuse(`"${text}" is not a port`, 'write a number of 0 to 65535 or a service name such as http')
  )
}

/** `port`, `from:to`, `:to`, `from:`. */
export function portRange(text: string, protocol: string | null): { min: number; max: number } {
  const colon = text.indexOf(':')
  if (colon < 0) {
    const single = port(text, protocol)
    return { min: single, max: single }
  }
  const low = text.slice(0, colon)
  const high = text.slice(colon + 1)
  const range = { min: low === '' ? 0 : port(low, protocol), max: high === '' ? 0xffff : port(high, protocol) }
  if (range.min > range.max) refuse(`port range ${text} is empty`, 'write the lower port first')
  return range
}

/** `number`, `from:to`, `:to`, `from:`; not checked for order, as the kernel takes a range that never matches. */
export function numberRange(option: string, text: string, max: number): { min: number; max: number } {
  const colon = text.indexOf(':')
  if (colon < 0) {
    const single = integer(option, text, 0, max)
    return { min: single, max: single }
  }
  const low = text.slice(0, colon)
  const high = text.slice(colon + 1)
  return {
    min: low === '' ? 0 : integer(option, low, 0, max),
    max: high === '' ? max : integer(option, high, 0, max),
  }
}

/** A full address, four octets. */
export function address(option: string, text: string): Ipv4 {
  return parseIpv4(text) ?? refuse(`--${option}: "${text}" is not an IPv4 address`)
}

/** An address of one to four octets; missing ones are 0 (`10.1` = 10.1.0.0). */
function networkAddress(text: string): Ipv4 | undefined {
  const dots = text.split('.').length - 1
  return dots > 3 ? undefined : parseIpv4(text + '.0'.repeat(3 - dots))
}

/** A prefix length or a dotted mask of any shape. */
export function parseMask(text: string): Ipv4 | undefined {
  if (/^\d{1,2}$/.test(text)) return Number(text) <= 32 ? prefixMask(Number(text)) : undefined
  return parseIpv4(text)
}

/** `address[/mask]` as `-s` takes it, host bits kept. */
export function addressWithMask(option: string, text: string): { address: Ipv4; mask: Ipv4 } {
  const slash = text.indexOf('/')
  const host = slash < 0 ? text : text.slice(0, slash)
  const mask = slash < 0 ? U32 : parseMask(text.slice(slash + 1))
  if (mask === undefined)
    refuse(`${option}: "${text.slice(slash + 1)}" is not a mask`, 'write /0 to /32 or a dotted mask')
  if (mask === 0) return { address: 0, mask }
  const value = networkAddress(host)
  if (value === undefined) {
    refuse(`${option}: "${host}" is not an IPv4 address`, 'host names are not looked up: write the address')
  }
  return { address: value, mask }
}

/** The length of a mask of leading ones, or null for any other shape. */
export function prefixLength(mask: Ipv4): number | null {
  const ones = Math.clz32(~mask)
  return prefixMask(ones) === mask ? ones : null
}

/** Prints `/24`, or `/255.0.0.255` for a mask that is no prefix. */
export function printMask(mask: Ipv4): string {
  return `/${prefixLength(mask) ?? formatIpv4(mask)}`
}

/** Prints 0x1f. */
export function hex(value: number): string {
  return `0x${value.toString(16)}`
}

/** An interface name, `+` at the end = any name that begins so. */
export function interfaceName(option: string, text: string): { name: string; prefix: boolean } {
  if (text.length > 15) refuse(`${option}: interface name "${text}" is longer than 15 characters`)
  const prefix = text.endsWith('+')
  return { name: prefix ? text.slice(0, -1) : text, prefix }
}

/** A list `A,B` of words, each an unambiguous beginning of a known one in either case, in the order known. */
export function wordList(option: string, text: string, known: readonly string[]): string[] {
  const found = text.split(',').map((word) => {
    const match = word === '' ? undefined : known.find((name) => name.startsWith(word.toUpperCase()))
    return match ?? refuse(`--${option}: "${word}" is not known`, `one of ${known.join(',')}`)
  })
  return known.filter((name) => found.includes(name))
}
