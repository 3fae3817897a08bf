import { fragmentOffset, HEADER_LEN, headerLength, PROTOCOL, protocol } from './ipv4-header.js'

/** Ports of a TCP, UDP or SCTP packet. */
export interface TransportPorts {
  readonly sourcePort: number
  readonly destinationPort: number
}

/** Whether packets of this protocol begin with a source and a destination port. */
export function hasPorts(protocol: number): boolean {
  return protocol === PROTOCOL.TCP || protocol === PROTOCOL.UDP || protocol === PROTOCOL.SCTP
}

/**
 * The ports of the IPv4 packet at `at`; null for other protocols, for fragments but the first, and for bytes
 * that end before them.
 */
export function transportPorts(view: DataView, at: number): TransportPorts | null {
  if (view.byteLength - at < HEADER_LEN) return null
  if (!hasPorts(protocol(view, at)) || fragmentOffset(view, at) !== 0) return null
  const transport = at + headerLength(view, at)
  if (view.byteLength - transport < 4) return null
  return { sourcePort: view.getUint16(transport), destinationPort: view.getUint16(transport + 2) }
}
