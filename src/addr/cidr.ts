import { formatIpv4, type Ipv4, parseIpv4 } from './ipv4.js'

/** An IPv4 network: all host bits of `address` are zero. Frozen: shared freely. */
export interface Cidr {
  readonly address: Ipv4
  /** 0 … 32. */
  readonly prefix: number
  readonly mask: Ipv4
}

/** An address with the length of the network it sits in, as `ip addr add` takes it: host bits kept. */
export interface InterfaceAddress {
  readonly address: Ipv4
  /** 0 … 32. */
  readonly prefix: number
}

/** The netmask of `prefix` (0 … 32) leading ones. */
export function prefixMask(prefix: number): Ipv4 {
  return prefix === 0 ? 0 : (0xffff_ffff << (32 - prefix)) >>> 0
}

/** The lowest address of the network of length `prefix` that `address` is in. */
export function networkOf(address: Ipv4, prefix: number): Ipv4 {
  return (address & prefixMask(prefix)) >>> 0
}

/** The highest address of the network of length `prefix` that `address` is in. */
export function broadcastOf(address: Ipv4, prefix: number): Ipv4 {
  return (address | ~prefixMask(prefix)) >>> 0
}

/** The network of length `prefix` that `address` is in. */
export function cidrOf(address: Ipv4, prefix: number): Cidr {
  return Object.freeze({ address: networkOf(address, prefix), prefix, mask: prefixMask(prefix) })
}

/** Reads `address/prefix`; undefined unless both parts are strict decimal and every host bit is zero. */
export function parseCidr(text: string): Cidr | undefined {
  const parsed = parseInterfaceAddress(text)
  if (parsed === undefined) return undefined
  const cidr = cidrOf(parsed.address, parsed.prefix)
  return cidr.address === parsed.address ? cidr : undefined
}

/** Reads `address/prefix` with host bits, e.g. `10.244.1.1/24`. */
export function parseInterfaceAddress(text: string): InterfaceAddress | undefined {
  const slash = text.indexOf('/')
  if (slash < 0) return undefined
  const address = parseIpv4(text.slice(0, slash))
  const length = text.slice(slash + 1)
  if (address === undefined || !/^(0|[1-9][0-9]?)$/.test(length) || Number(length) > 32) return undefined
  return Object.freeze({ address, prefix: Number(length) })
}

/** Prints `address/prefix`; of an interface address, host bits included. */
export function formatCidr(cidr: InterfaceAddress): string {
  return `${formatIpv4(cidr.address)}/${cidr.prefix}`
}

/** Whether `address` is in the network. */
export function cidrContains(cidr: Cidr, address: Ipv4): boolean {
  return (address & cidr.mask) >>> 0 === cidr.address
}

/** Whether the two networks share an address: one then contains the other. */
export function cidrOverlaps(a: Cidr, b: Cidr): boolean {
  return a.prefix <= b.prefix ? cidrContains(a, b.address) : cidrContains(b, a.address)
}
