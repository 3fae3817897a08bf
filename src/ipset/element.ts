import { broadcastOf, formatIpv4, type Ipv4, networkOf, parseIpv4, prefixMask } from '../addr/index.js'
import { refuse } from './fault.js'
import type { IpSet, Part } from './ip-set.js'
import { icmpNumber, icmpText, PORT_PROTOCOLS, portNumber, protocolNumber, protocolText } from './names.js'

/** The most elements one line may stand for. */
const MAX_EXPANSION = 1 << 20

/** Reads an element of `add`, `del` or `test`; a range or network stands for every element in it. */
export function parseElements(set: IpSet, text: string): Part[][] {
  const words = text.split(',')
  const { type } = set
  if (words.length !== type.dimensions.length) {
    refuse(`"${text}" has ${words.length} parts; ${type.name} takes ${type.dimensions.length}`)
  }
  const choices = type.dimensions.map((dimension, i) => {
    switch (dimension) {
      case 'ip':
        return ipParts(set, words[i]!)
      case 'net':
        return netParts(words[i]!, type.name === 'hash:net,iface')
      case 'port':
        return portParts(set, words[i]!)
      case 'iface':
        return [ifacePart(words[i]!)]
      case 'set':
        return [{ kind: 'set', name: words[i]! } satisfies Part]
    }
  })
  if (choices.reduce((product, list) => product * list.length, 1) > MAX_EXPANSION) {
    refuse(`"${text}" stands for more than ${MAX_EXPANSION} elements`)
  }
  return choices.reduce<Part[][]>((all, list) => all.flatMap((parts) => list.map((part) => [...parts, part])), [[]])
}

function addressOf(text: string): Ipv4 {
  return parseIpv4(text) ?? refuse(`"${text}" is not an IPv4 address`, 'host names are not looked up')
}

/** `a.b.c.d`, `a.b.c.d/len` or `from-to` as an inclusive range. */
function addressRange(text: string): { min: Ipv4; max: Ipv4; prefix: number | null } {
  const [first, length] = text.split('/') as [string, string | undefined]
  if (length !== undefined) {
    const address = addressOf(first)
    if (!/^\d{1,2}$/.test(length) || Number(length) > 32) refuse(`"/${length}" is not a prefix length`)
    const prefix = Number(length)
    return { min: networkOf(address, prefix), max: broadcastOf(address, prefix), prefix }
  }
  const [low, high] = first.split('-') as [string, string | undefined]
  const min = addressOf(low)
  if (high === undefined) return { min, max: min, prefix: 32 }
  const max = addressOf(high)
  return min <= max ? { min, max, prefix: null } : { min: max, max: min, prefix: null }
}

function ipParts(set: IpSet, text: string): Part[] {
  const { min, max } = addressRange(text)
  const { netmask, range } = set.options
  const step = 2 ** (32 - netmask)
  const start = (min & prefixMask(netmask)) >>> 0
  if ((max - start) / step >= MAX_EXPANSION) refuse(`"${text}" stands for more than ${MAX_EXPANSION} elements`)
  const parts: Part[] = []
  for (let address = start; address <= max; address += step) {
    if (range !== null && (address < range.min || address > range.max)) refuse(`${text} is outside the set's range`)
    if (address === 0 && set.type.method === 'hash') refuse('0.0.0.0 cannot be stored in a hash')
    parts.push({ kind: 'ip', address })
  }
  return parts
}

function netParts(text: string, zeroAllowed: boolean): Part[] {
  const { min, max, prefix } = addressRange(text)
  if (prefix === 0 && !zeroAllowed) refuse(`${text}: prefix length 0 cannot be stored`, 'add 0.0.0.0/1 and 128.0.0.0/1')
  if (prefix !== null) return [{ kind: 'net', address: min, prefix }]
  return networksOf(min, max)
}

/** The fewest networks that cover a range. */
function networksOf(min: Ipv4, max: Ipv4): Part[] {
  const parts: Part[] = []
  for (let at = min; at <= max;) {
    let prefix = 32
    while (prefix > 1 && networkOf(at, prefix - 1) === at && broadcastOf(at, prefix - 1) <= max) prefix--
    parts.push({ kind: 'net', address: at, prefix })
    at += 2 ** (32 - prefix)
  }
  return parts
}

function portParts(set: IpSet, text: string): Part[] {
  const colon = text.indexOf(':')
  const protocol = colon < 0 ? 6 : protocolNumber(text.slice(0, colon))
  if (protocol === undefined) refuse(`"${text.slice(0, colon)}" is not a protocol`)
  const rest = text.slice(colon + 1)
  const bitmap = set.type.method === 'bitmap'
  if (protocol === 1) {
    const port = icmpNumber(rest) ?? refuse(`"${rest}" is not an ICMP type`, 'write a name, or type/code')
    return [{ kind: 'port', protocol, port }]
  }
  if (!PORT_PROTOCOLS.includes(protocol)) {
    if (rest !== '0') refuse(`protocol ${protocolText(protocol)} has no ports`, 'write 0 as its port')
    return [{ kind: 'port', protocol, port: 0 }]
  }
  const [low, high] = rest.split('-') as [string, string | undefined]
  const first = portNumber(low) ?? refuse(`"${low}" is not a port`)
  const last = high === undefined ? first : (portNumber(high) ?? refuse(`"${high}" is not a port`))
  const range = set.options.range
  const min = Math.min(first, last)
  const max = Math.max(first, last)
  if (bitmap && range !== null && (min < range.min || max > range.max))
    refuse(`port ${rest} is outside the set's range`)
  return Array.from({ length: max - min + 1 }, (_, i) => {
    return { kind: 'port', protocol: bitmap ? 0 : protocol, port: min + i } satisfies Part
  })
}

function ifacePart(text: string): Part {
  const physdev = text.startsWith('physdev:')
  const name = physdev ? text.slice('physdev:'.length) : text
  if (name === '' || name.length > 15) refuse(`"${name}" is not an interface name`)
  const wildcard = name.endsWith('+')
  return { kind: 'iface', name: wildcard ? name.slice(0, -1) : name, physdev, wildcard }
}

/** Prints an element as `ipset save` does. */
export function printElement(set: IpSet, parts: readonly Part[]): string {
  return parts.map((part) => printPart(set, part)).join(',')
}

function printPart(set: IpSet, part: Part): string {
  switch (part.kind) {
    case 'ip':
      return formatIpv4(part.address)
    case 'net':
      return part.prefix === 32 ? formatIpv4(part.address) : `${formatIpv4(part.address)}/${part.prefix}`
    case 'port':
      if (set.type.method === 'bitmap') return String(part.port)
      return `${protocolText(part.protocol)}:${part.protocol === 1 ? icmpText(part.port) : part.port}`
    case 'iface':
      return `${part.physdev ? 'physdev:' : ''}${part.name}${part.wildcard ? '+' : ''}`
    case 'set':
      return part.name
  }
}
