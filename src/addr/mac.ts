/** A MAC address as an unsigned 48-bit number: 02:00:00:00:00:01 is 0x020000000001. */
export type Mac = number

/** ff:ff:ff:ff:ff:ff */
export const BROADCAST_MAC: Mac = 0xffff_ffff_ffff

const MAC_TEXT = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i

/** Reads six hexadecimal octets separated by colons, either case; undefined for any other text. */
export function parseMac(text: string): Mac | undefined {
  return MAC_TEXT.test(text) ? Number.parseInt(text.replaceAll(':', ''), 16) : undefined
}

/** Prints lower case with colons. */
export function formatMac(mac: Mac): string {
  const hex = mac.toString(16).padStart(12, '0')
  return hex.replace(/..(?!$)/g, '$&:')
}

/** Whether the group bit is set: multicast, broadcast included (is_multicast_ether_addr). */
export function isGroupMac(mac: Mac): boolean {
  return Math.floor(mac / 0x100_0000_0000) % 2 === 1
}
