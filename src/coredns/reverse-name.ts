import ipaddr from 'ipaddr.js'
import { parseIpv4 } from '../addr/index.js'

const V4 = '.in-addr.arpa'
const V6 = '.ip6.arpa'

/** Whether a lower-case name lies below a reverse zone of the whole Internet (the bare zones do not). */
export function isReverseName(name: string): boolean {
  return name.endsWith(V4) || name.endsWith(V6)
}

/**
 * The address that a complete reverse name stands for (RFC 1035 section 3.5, RFC 3596 section 2.5), IPv6 in the
 * form of RFC 5952; undefined when it is not one or not complete.
 */
export function addressOfReverseName(name: string): string | undefined {
  if (name.endsWith(V4)) {
    const address = name.slice(0, -V4.length).split('.').reverse().join('.')
    return parseIpv4(address) === undefined ? undefined : address
  }
  if (!name.endsWith(V6)) return undefined
  const nibbles = name.slice(0, -V6.length).split('.').reverse()
  if (nibbles.length !== 32 || !nibbles.every((nibble) => /^[0-9a-f]$/.test(nibble))) return undefined
  const groups = Array.from({ length: 8 }, (_, i) => nibbles.slice(4 * i, 4 * i + 4).join(''))
  return ipaddr.IPv6.parse(groups.join(':')).toRFC5952String()
}
