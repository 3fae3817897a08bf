/**
 * @module wire
 * The bytes of every protocol on the way, and the packet that carries them.
 */
export * as arp from './arp.js'
export { type AddressPair, viewOf } from './bytes.js'
export * as checksum from './checksum.js'
export { describe } from './describe.js'
export * as dns from './dns.js'
export * as ethernet from './ethernet.js'
export { type Fault, isFault, type ParseFault } from './fault.js'
export * as icmpv4 from './icmpv4.js'
export * as ipv4 from './ipv4.js'
export {
  type BridgeInfo,
  type ConntrackRef,
  type CtInfo,
  type DeviceRef,
  type DstRef,
  Packet,
  type PacketOwner,
  type PacketType,
} from './packet.js'
export * as pcapng from './pcapng.js'
export * as sctp from './sctp.js'
export * as tcp from './tcp.js'
export { hasPorts, type TransportPorts, transportPorts } from './transport-ports.js'
export * as udp from './udp.js'
export * as vxlan from './vxlan.js'
