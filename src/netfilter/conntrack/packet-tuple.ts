import { icmpv4, ipv4 } from '../../wire/index.js'
import type { Tuple } from './tuple.js'

/** Where the transport header of the packet at `at` begins (ipv4_get_l4proto); −1 if it is not there. */
export function transportOffset(view: DataView, at: number): number {
  if (view.byteLength - at < ipv4.HEADER_LEN || ipv4.version(view, at) !== 4) return -1
  if (ipv4.fragmentOffset(view, at) !== 0) return -1
  const header = ipv4.headerLength(view, at)
  return header < ipv4.HEADER_LEN || at + header > view.byteLength ? -1 : at + header
}

/** The tuple of the IPv4 packet at `at` (nf_ct_get_tuple); null where its bytes end too early. */
export function tupleAt(view: DataView, at: number): Tuple | null {
  const transport = transportOffset(view, at)
  if (transport < 0) return null
  const source = ipv4.source(view, at)
  const destination = ipv4.destination(view, at)
  const protocol = ipv4.protocol(view, at)
  switch (protocol) {
    case ipv4.PROTOCOL.TCP:
    case ipv4.PROTOCOL.UDP:
    case ipv4.PROTOCOL.SCTP: {
      if (view.byteLength - transport < 4) return null
      const sourcePort = view.getUint16(transport)
      return { source, destination, protocol, sourcePort, destinationPort: view.getUint16(transport + 2) }
    }
    case ipv4.PROTOCOL.ICMP: {
      if (view.byteLength - transport < icmpv4.HEADER_LEN) return null
      const destinationPort = (icmpv4.type(view, transport) << 8) | icmpv4.code(view, transport)
      return { source, destination, protocol, sourcePort: icmpv4.id(view, transport), destinationPort }
    }
    default:
      return { source, destination, protocol, sourcePort: 0, destinationPort: 0 }
  }
}
