/** Protocols that elements may name; those with ports first. */
const PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ['tcp', 6],
  ['udp', 17],
  ['sctp', 132],
  ['udplite', 136],
  ['icmp', 1],
  ['igmp', 2],
  ['ipencap', 4],
  ['gre', 47],
  ['esp', 50],
  ['ah', 51],
  ['ospf', 89],
  ['pim', 103],
  ['ipcomp', 108],
  ['vrrp', 112],
])

/** Ports by names that are common in rule sets. */
const PORTS: ReadonlyMap<string, number> = new Map([
  ['ftp', 21],
  ['ssh', 22],
  ['telnet', 23],
  ['smtp', 25],
  ['domain', 53],
  ['http', 80],
  ['ntp', 123],
  ['https', 443],
])

/** ICMP types as ipset prints them, `type << 8 | code`. */
const ICMP: ReadonlyMap<string, number> = new Map([
  ['echo-reply', 0x0000],
  ['pong', 0x0000],
  ['network-unreachable', 0x0300],
  ['host-unreachable', 0x0301],
  ['protocol-unreachable', 0x0302],
  ['port-unreachable', 0x0303],
  ['fragmentation-needed', 0x0304],
  ['source-route-failed', 0x0305],
  ['network-unknown', 0x0306],
  ['host-unknown', 0x0307],
  ['network-prohibited', 0x0309],
  ['host-prohibited', 0x030a],
  ['TOS-network-unreachable', 0x030b],
  ['TOS-host-unreachable', 0x030c],
  ['communication-prohibited', 0x030d],
  ['host-precedence-violation', 0x030e],
  ['precedence-cutoff', 0x030f],
  ['source-quench', 0x0400],
  ['network-redirect', 0x0500],
  ['host-redirect', 0x0501],
  ['TOS-network-redirect', 0x0502],
  ['TOS-host-redirect', 0x0503],
  ['echo-request', 0x0800],
  ['ping', 0x0800],
  ['router-advertisement', 0x0900],
  ['router-solicitation', 0x0a00],
  ['ttl-zero-during-transit', 0x0b00],
  ['ttl-zero-during-reassembly', 0x0b01],
  ['ip-header-bad', 0x0c00],
  ['required-option-missing', 0x0c01],
  ['timestamp-request', 0x0d00],
  ['timestamp-reply', 0x0e00],
  ['address-mask-request', 0x1100],
  ['address-mask-reply', 0x1200],
])

/** TCP, UDP, SCTP and UDP-Lite. */
export const PORT_PROTOCOLS: readonly number[] = [6, 17, 132, 136]

export function protocolNumber(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text) > 0 && Number(text) <= 255 ? Number(text) : undefined
  return PROTOCOLS.get(text.toLowerCase())
}

export function protocolText(number: number): string {
  for (const [name, value] of PROTOCOLS) if (value === number) return name
  return String(number)
}

export function portNumber(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text) <= 0xffff ? Number(text) : undefined
  return PORTS.get(text.toLowerCase())
}

/** `8/0` or a name. */
export function icmpNumber(text: string): number | undefined {
  const [, type, code] = /^(\d+)\/(\d+)$/.exec(text) ?? []
  if (type === undefined || code === undefined) return ICMP.get(text)
  return Number(type) <= 255 && Number(code) <= 255 ? Number(type) * 256 + Number(code) : undefined
}

export function icmpText(typeAndCode: number): string {
  for (const [name, value] of ICMP) if (value === typeAndCode) return name
  return `${typeAndCode >>> 8}/${typeAndCode & 0xff}`
}
