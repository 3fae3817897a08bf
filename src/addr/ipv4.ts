/** An IPv4 address as an unsigned 32-bit number: 10.0.0.1 is 0x0a000001. */
export type Ipv4 = number

const DOT = 0x2e
const ZERO = 0x30

/**
 * Reads four decimal octets and nothing else: octal, hexadecimal, short forms, leading zeros and white space
 * give undefined (RFC 6943 section 3.1.1, the strict form; as Kubernetes validates it).
 */
export function parseIpv4(text: string): Ipv4 | undefined {
  let address = 0
  let octet = -1
  let dots = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === DOT) {
      if (octet < 0 || ++dots > 3) return undefined
      address = address * 256 + octet
      octet = -1
      continue
    }
    const digit = code - ZERO
    if (digit < 0 || digit > 9 || octet === 0) return undefined
    octet = octet < 0 ? digit : octet * 10 + digit
    if (octet > 255) return undefined
  }
  return dots === 3 && octet >= 0 ? address * 256 + octet : undefined
}

/** Prints dotted decimal. */
export function formatIpv4(address: Ipv4): string {
  return `${address >>> 24}.${(address >>> 16) & 0xff}.${(address >>> 8) & 0xff}.${address & 0xff}`
}

/** 224.0.0.0/4 (ipv4_is_multicast). */
export function isMulticast(address: Ipv4): boolean {
  return address >>> 28 === 0xe
}

/** 127.0.0.0/8 (ipv4_is_loopback). */
export function isLoopback(address: Ipv4): boolean {
  return address >>> 24 === 127
}

/** 255.255.255.255 (ipv4_is_lbcast). */
export function isLimitedBroadcast(address: Ipv4): boolean {
  return address === 0xffff_ffff
}

/** 0.0.0.0 alone (ipv4_is_zeronet): the rest of 0.0.0.0/8 is ordinary unicast since Linux 5.3. */
export function isZeronet(address: Ipv4): boolean {
  return address === 0
}
