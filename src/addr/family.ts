import ipaddr from 'ipaddr.js'
import { parseIpv4 } from './ipv4.js'

/** Address families by their socket names. Tables exist once per family, as in the kernel. */
export type Family = 'inet' | 'inet6'

/**
 * Whether `text` is an IPv6 address, without zone or prefix length. An embedded IPv4 tail must be in strict
 * decimal form (RFC 4291 section 2.2, as Kubernetes validates it).
 */
export function isIpv6Text(text: string): boolean {
  if (text.includes('%') || !ipaddr.IPv6.isValid(text)) return false
  const tail = text.slice(text.lastIndexOf(':') + 1)
  return !tail.includes('.') || parseIpv4(tail) !== undefined
}

/** The family of an address in text form; undefined when it is neither. */
export function familyOf(text: string): Family | undefined {
  if (parseIpv4(text) !== undefined) return 'inet'
  return isIpv6Text(text) ? 'inet6' : undefined
}
