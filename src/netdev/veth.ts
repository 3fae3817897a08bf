import { invariant, LazyRef } from '../base/index.js'
import type { Packet } from '../wire/index.js'
import { NetDevice, ReceiveEvent, setPacketType } from './device.js'

/** VLAN_HLEN: is_skb_forwardable() allows a frame to be this much longer than the MTU. */
const VLAN_HEADER = 4

/** One end of a veth pair (drivers/net/veth.c): what is sent here arrives at the peer, in another namespace as a rule. */
export class VethDevice extends NetDevice {
  private peer: LazyRef<VethDevice> | null = null

  /** Joins two ends. */
  static join(a: VethDevice, b: VethDevice): void {
    a.peer = new LazyRef(b)
    b.peer = new LazyRef(a)
  }

  /** veth_xmit → __dev_forward_skb → netif_rx. A frame larger than the peer's MTU vanishes without an error. */
  protected override xmit(pkt: Packet): void {
    invariant(this.peer !== null, `veth ${this.name} has no peer`)
    const peer = this.peer.get()
    if (!peer.up) {
      this.owner.drop(pkt, 'DEV_READY', `${this.name}: peer ${peer.name} is down`)
      return
    }
    if (pkt.bytes.length > peer.mtu + VLAN_HEADER) {
      this.owner.drop(pkt, 'FULL_RING', `${this.name}: ${pkt.bytes.length} bytes exceed the peer's MTU ${peer.mtu}`)
      return
    }
    scrub(pkt, this.owner !== peer.owner)
    setPacketType(pkt, peer)
    this.owner.sim.queue.schedule(0, new ReceiveEvent(peer, pkt))
  }
}

/** skb_scrub_packet: what does not leave with the packet. The mark is lost only between namespaces. */
function scrub(pkt: Packet, crossesNamespace: boolean): void {
  pkt.dst = null
  pkt.nfct = null
  pkt.ctInfo = 'none'
  pkt.bridge = null
  pkt.nfTrace = false
  pkt.ignoreDf = false
  pkt.doRedirect = false
  pkt.fragMaxSize = 0
  pkt.fragDf = false
  if (crossesNamespace) {
    pkt.mark = 0
    pkt.owner = null
  }
}
