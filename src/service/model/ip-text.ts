import ipaddr from 'ipaddr.js'
import { cidrOf, type Family, formatCidr, isIpv6Text, parseInterfaceAddress, parseIpv4 } from '../../addr/index.js'

/**
 * The canonical text of an address of `family`; undefined for anything else. IPv4 octets with leading zeros are
 * decimal, as kube-proxy has always read them (`172.30.0.041` is 172.30.0.41).
 */
export function canonicalIp(text: string, family: Family): string | undefined {
  if (family === 'inet') {
    const decimal = withoutLeadingZeros(text)
    return parseIpv4(decimal) === undefined ? undefined : decimal
  }
  return isIpv6Text(text) ? ipaddr.IPv6.parse(text).toRFC5952String() : undefined
}

/** The canonical text of a network of `family`, host bits cleared; undefined for anything else. */
export function canonicalCidr(text: string, family: Family): string | undefined {
  const slash = text.lastIndexOf('/')
  if (slash < 0) return undefined
  if (family === 'inet') {
    const parsed = parseInterfaceAddress(`${withoutLeadingZeros(text.slice(0, slash))}${text.slice(slash)}`)
    return parsed === undefined ? undefined : formatCidr(cidrOf(parsed.address, parsed.prefix))
  }
  if (!isIpv6Text(text.slice(0, slash)) || !ipaddr.IPv6.isValidCIDR(text)) return undefined
  const network = ipaddr.IPv6.networkAddressFromCIDR(text)
  return `${network.toRFC5952String()}${text.slice(slash)}`
}

/** Whether `ip` is inside `cidr`; false when they are of different families. Both canonical. */
export function cidrHasIp(cidr: string, ip: string): boolean {
  const network = ipaddr.parseCIDR(cidr)
  const address = ipaddr.parse(ip)
  return address.kind() === network[0].kind() && address.match(network)
}

/** Whether the network is everything: prefix length zero. */
export function isZeroCidr(cidr: string): boolean {
  return cidr.endsWith('/0')
}

/** `ip:port`, or `[ip]:port` of IPv6. */
export function joinHostPort(ip: string, port: number): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`
}

/** Order by code units, as Go sorts strings. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function withoutLeadingZeros(text: string): string {
  return text.replace(/(^|\.)0+(?=\d)/g, '$1')
}
