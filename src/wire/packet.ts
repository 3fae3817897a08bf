import type { Ipv4, Mac } from '../addr/index.js'

/** What lower layers need to know of a network device. `netdev` implements it. */
export interface DeviceRef {
  readonly name: string
  readonly ifindex: number
}

/** A conntrack entry as lower layers see it. `netfilter` implements it. */
export interface ConntrackRef {
  readonly id: number
}

/** What lower layers need to know of a routing decision: the next hop's address, 0 = the destination itself. */
export interface DstRef {
  readonly gateway: Ipv4
}

/** skb->pkt_type, by the kernel's names. */
export type PacketType = 'host' | 'broadcast' | 'multicast' | 'otherhost'

/** nf_conntrack's ctinfo of one packet; 'none' = never seen by conntrack, 'untracked' = NOTRACK. */
export type CtInfo =
  'none' | 'new' | 'established' | 'related' | 'established-reply' | 'related-reply' | 'untracked' | 'invalid'

/** struct nf_bridge_info: kept while a bridged frame visits the IP hooks. */
export interface BridgeInfo {
  physIn: DeviceRef
  physOut: DeviceRef | null
  /** Destination before PREROUTING: differs afterwards if the packet was DNATed. */
  originalDaddr: Ipv4
  inPrerouting: boolean
  /** The IP layer has skipped PREROUTING once already for this frame (sabotage_in_done). */
  sabotageInDone: boolean
  pktOtherhost: boolean
  /** Set while the neighbour layer sends a bridged, DNATed frame back through the bridge device. */
  bridgedDnat: boolean
  /** Ethernet source to restore on that slow path. */
  savedMacSrc: Mac
  /** Largest fragment of a datagram that was reassembled on the way through the bridge; 0 = none. */
  fragMaxSize: number
}

/**
 * A packet on its way (sk_buff): the bytes from the network header on, the Ethernet header as numbers, and what
 * the kernel keeps beside them.
 *
 * ```
 *   macDst macSrc etherType | bytes: [ IPv4 or ARP header | transport header | payload ]
 * ```
 */
export class Packet {
  /** Number of the packet in its simulation: the same through forwarding, NAT and encapsulation. */
  readonly id: number
  bytes: Uint8Array
  /** Made with `bytes`, replaced with it: a view per access costs twenty times as much. */
  view: DataView
  macDst: Mac
  macSrc: Mac
  etherType: number
  /** 'host' for locally made packets too, as skb->pkt_type starts at PACKET_HOST. */
  packetType: PacketType = 'host'
  /** Device the packet arrived on; null for locally made packets. */
  inDev: DeviceRef | null = null
  mark = 0
  nfct: ConntrackRef | null = null
  ctInfo: CtInfo = 'none'
  bridge: BridgeInfo | null = null
  /** Largest fragment before conntrack reassembled the packet (IPCB frag_max_size); 0 = not reassembled. */
  fragMaxSize = 0
  /** The reassembled fragments had DF set. */
  fragDf = false
  /** Socket that sent it (skb->sk): for the owner match and for errors; null when forwarded. */
  owner: PacketOwner | null = null
  /** Decremented at each encapsulation: bounds a tunnel that carries itself. */
  encapLimit = 8
  /** Where it goes next (skb_dst); `netns` sets and reads it. */
  dst: DstRef | null = null
  /** May be cut into fragments although DF is set (skb->ignore_df). */
  ignoreDf = false
  /** Sent by a socket that probes the path MTU: only the device's own MTU limits it (IP_PMTUDISC_PROBE). */
  probesPmtu = false
  /** Routed back out of the device it came in on: a redirect is due (IPSKB_DOREDIRECT). */
  doRedirect = false
  /** TRACE target was met: every later table logs the walk. */
  nfTrace = false

  constructor(id: number, bytes: Uint8Array, etherType: number) {
    this.id = id
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.macDst = 0
    this.macSrc = 0
    this.etherType = etherType
  }

  /** Replaces the bytes (encapsulation, reassembly); the view follows. */
  setBytes(bytes: Uint8Array): void {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** An independent copy (skb_copy), e.g. for flooding: same number, same conntrack entry. */
  copy(): Packet {
    const made = new Packet(this.id, this.bytes.slice(), this.etherType)
    made.macDst = this.macDst
    made.macSrc = this.macSrc
    made.packetType = this.packetType
    made.inDev = this.inDev
    made.mark = this.mark
    made.nfct = this.nfct
    made.ctInfo = this.ctInfo
    made.bridge = this.bridge === null ? null : copyBridge(this.bridge)
    made.fragMaxSize = this.fragMaxSize
    made.fragDf = this.fragDf
    made.owner = this.owner
    made.encapLimit = this.encapLimit
    made.dst = this.dst
    made.ignoreDf = this.ignoreDf
    made.probesPmtu = this.probesPmtu
    made.doRedirect = this.doRedirect
    made.nfTrace = this.nfTrace
    return made
  }
}

function copyBridge(bridge: BridgeInfo): BridgeInfo {
  return {
    physIn: bridge.physIn,
    physOut: bridge.physOut,
    originalDaddr: bridge.originalDaddr,
    inPrerouting: bridge.inPrerouting,
    sabotageInDone: bridge.sabotageInDone,
    pktOtherhost: bridge.pktOtherhost,
    bridgedDnat: bridge.bridgedDnat,
    savedMacSrc: bridge.savedMacSrc,
    fragMaxSize: bridge.fragMaxSize,
  }
}

/** Credentials of the sending socket, for the `owner` match. */
export interface PacketOwner {
  readonly uid: number
  readonly gid: number
}
