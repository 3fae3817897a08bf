import { ipv4, type Packet } from '../wire/index.js'
import type { IpSet, Part } from './ip-set.js'
import { PORT_PROTOCOLS } from './names.js'
import { prefixMask } from '../addr/index.js'

/** Which of the packet's fields are looked up, and where it passes. */
export interface SetRequest {
  /** One for each part of the set's elements. */
  readonly directions: readonly ('src' | 'dst')[]
  /** Devices by name, empty = none. */
  readonly in: string
  readonly out: string
  /** Virtual time, ms. */
  readonly now: number
}

/** The packet as an element of the set (the kadt functions); null when it cannot be one. */
export function partsOf(set: IpSet, pkt: Packet, request: SetRequest): Part[] | null {
  const { dimensions } = set.type
  const parts: Part[] = []
  for (let i = 0; i < dimensions.length; i++) {
    const part = partOf(set, i, pkt, request)
    if (part === null) return null
    parts.push(part)
  }
  return parts
}

function partOf(set: IpSet, index: number, pkt: Packet, request: SetRequest): Part | null {
  const source = request.directions[index] === 'src'
  switch (set.type.dimensions[index]!) {
    case 'ip':
      return ipPart(set, source ? ipv4.source(pkt.view, 0) : ipv4.destination(pkt.view, 0))
    case 'net':
      return { kind: 'net', address: source ? ipv4.source(pkt.view, 0) : ipv4.destination(pkt.view, 0), prefix: 32 }
    case 'port':
      return portPart(set, pkt, source)
    case 'iface': {
      const name = source ? request.in : request.out
      return name === '' ? null : { kind: 'iface', name, physdev: false, wildcard: false }
    }
    case 'set':
      return null
  }
}

function ipPart(set: IpSet, address: number): Part | null {
  const masked = (address & prefixMask(set.options.netmask)) >>> 0
  if (set.type.method === 'hash') return masked === 0 ? null : { kind: 'ip', address: masked }
  const range = set.options.range!
  return masked < range.min || masked > range.max ? null : { kind: 'ip', address: masked }
}

const ICMP = 1

/** ip_set_get_ip4_port: further fragments of protocols that have ports have none to look up. */
function portPart(set: IpSet, pkt: Packet, source: boolean): Part | null {
  const view = pkt.view
  const protocol = ipv4.protocol(view, 0)
  const bitmap = set.type.method === 'bitmap'
  if (bitmap && protocol !== ipv4.PROTOCOL.TCP && protocol !== ipv4.PROTOCOL.UDP) return null
  const carries = PORT_PROTOCOLS.includes(protocol)
  if (!carries && protocol !== ICMP) return { kind: 'port', protocol, port: 0 }
  const at = ipv4.headerLength(view, 0)
  if (ipv4.fragmentOffset(view, 0) !== 0 || at + 4 > view.byteLength) return null
  const port = view.getUint16(carries && !source ? at + 2 : at)
  if (!bitmap) return { kind: 'port', protocol, port }
  const range = set.options.range!
  return port < range.min || port > range.max ? null : { kind: 'port', protocol: 0, port }
}
