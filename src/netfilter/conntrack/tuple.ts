import { formatIpv4, type Ipv4 } from '../../addr/index.js'
import { icmpv4, ipv4 } from '../../wire/index.js'

/**
 * One direction of a connection (struct nf_conntrack_tuple, IPv4). For ICMP queries the source port is the id and
 * the destination port is `type << 8 | code`, as the kernel keeps them. Protocols without ports have zeros.
 */
export interface Tuple {
  readonly source: Ipv4
  readonly destination: Ipv4
  readonly protocol: number
  readonly sourcePort: number
  readonly destinationPort: number
}

/** Which of the two tuples a packet belongs to (IP_CT_DIR_*). */
export type Direction = 'original' | 'reply'

/** The other direction. */
export function opposite(direction: Direction): Direction {
  return direction === 'original' ? 'reply' : 'original'
}

/** The ICMP type that answers a query, or −1 for a type that takes no part in a dialogue (icmp_invert_tuple). */
export function answeringIcmpType(type: number): number {
  switch (type) {
    case icmpv4.TYPE.ECHO_REQUEST:
      return icmpv4.TYPE.ECHO_REPLY
    case icmpv4.TYPE.ECHO_REPLY:
      return icmpv4.TYPE.ECHO_REQUEST
    case icmpv4.TYPE.TIMESTAMP:
    case icmpv4.TYPE.INFO_REQUEST:
    case icmpv4.TYPE.ADDRESS:
      return type + 1
    case icmpv4.TYPE.TIMESTAMP_REPLY:
    case icmpv4.TYPE.INFO_REPLY:
    case icmpv4.TYPE.ADDRESS_REPLY:
      return type - 1
    default:
      return -1
  }
}

/** The tuple of an answer (nf_ct_invert_tuple); null for ICMP messages that have none. */
export function invertTuple(tuple: Tuple): Tuple | null {
  const { source, destination, protocol } = tuple
  if (protocol !== ipv4.PROTOCOL.ICMP) {
    const { sourcePort, destinationPort } = tuple
    return {
      source: destination,
      destination: source,
      protocol,
      sourcePort: destinationPort,
      destinationPort: sourcePort,
    }
  }
  const type = answeringIcmpType(tuple.destinationPort >>> 8)
  if (type < 0) return null
  const destinationPort = (type << 8) | (tuple.destinationPort & 0xff)
  return { source: destination, destination: source, protocol, sourcePort: tuple.sourcePort, destinationPort }
}

/** Same five values? */
export function sameTuple(a: Tuple, b: Tuple): boolean {
  return (
    a.source === b.source &&
    a.destination === b.destination &&
    a.protocol === b.protocol &&
    a.sourcePort === b.sourcePort &&
    a.destinationPort === b.destinationPort
  )
}

/** Prints a tuple's ends: `10.0.0.1:40000 > 10.0.0.2:80`, `10.0.0.1 > 10.0.0.2 icmp id 7`. */
export function printTuple(tuple: Tuple): string {
  const source = formatIpv4(tuple.source)
  const destination = formatIpv4(tuple.destination)
  if (tuple.protocol === ipv4.PROTOCOL.ICMP) return `${source} > ${destination} icmp id ${tuple.sourcePort}`
  if (tuple.sourcePort === 0 && tuple.destinationPort === 0) {
    return `${source} > ${destination} ${ipv4.protocolName(tuple.protocol)}`
  }
  return `${source}:${tuple.sourcePort} > ${destination}:${tuple.destinationPort}`
}
