import { IPv4, IPv4CidrRange, IPv4Mask, IPv4Prefix } from 'ip-num'
import { type Cidr, cidrOf } from './cidr.js'
import type { Ipv4 } from './ipv4.js'

/** The addresses of a network that a host may have. */
export interface HostRange {
  readonly count: number
  readonly first: Ipv4
  readonly last: Ipv4
}

function rangeOf(cidr: Cidr): IPv4CidrRange {
  return new IPv4CidrRange(IPv4.fromNumber(BigInt(cidr.address)), IPv4Prefix.fromNumber(BigInt(cidr.prefix)))
}

/**
 * All networks of length `prefix` inside `cidr`, lowest first; empty when `prefix` is shorter than the
 * network's own or longer than 32. The list is built whole: 2^(prefix − cidr.prefix) entries.
 */
export function splitCidr(cidr: Cidr, prefix: number): Cidr[] {
  if (prefix < cidr.prefix || prefix > 32) return []
  if (prefix === cidr.prefix) return [cidr]
  const parts = rangeOf(cidr).splitInto(IPv4Prefix.fromNumber(BigInt(prefix)))
  return parts.map((part) => cidrOf(Number(part.getFirst().getValue()), prefix))
}

/** Reads a dotted netmask, e.g. `255.255.255.0` → 24; undefined when its ones are not contiguous. */
export function parseNetmask(text: string): number | undefined {
  try {
    return Number(IPv4Mask.fromDecimalDottedString(text).prefix)
  } catch {
    return undefined
  }
}

/**
 * The usable host addresses of a network: all but its first and last, except that a /31 has both of its
 * addresses (RFC 3021) and a /32 its one.
 */
export function hostsOf(cidr: Cidr): HostRange {
  const range = rangeOf(cidr)
  const edge = cidr.prefix >= 31 ? 0 : 1
  return {
    count: Number(range.getSize()) - 2 * edge,
    first: Number(range.getFirst().getValue()) + edge,
    last: Number(range.getLast().getValue()) - edge,
  }
}
