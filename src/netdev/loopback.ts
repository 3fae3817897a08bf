import type { Packet } from '../wire/index.js'
import { type DeviceOwner, NetDevice, ReceiveEvent, setPacketType } from './device.js'

/**
 * `lo` (drivers/net/loopback.c): what is sent comes in again. The packet keeps its routing decision, its
 * conntrack entry and its mark, so it is neither routed nor tracked a second time.
 */
export class LoopbackDevice extends NetDevice {
  constructor(owner: DeviceOwner) {
    super(owner, 'lo', 1, 'loopback', 0, 65536)
    this.noArp = true
  }

  /** loopback_xmit → netif_rx. */
  protected override xmit(pkt: Packet): void {
    pkt.owner = null
    setPacketType(pkt, this)
    this.owner.sim.queue.schedule(0, new ReceiveEvent(this, pkt))
  }
}
