import type { Packet } from '../wire/index.js'
import { NetDevice } from './device.js'

/** A dummy device (drivers/net/dummy.c): holds addresses, swallows what is sent. */
export class DummyDevice extends NetDevice {
  protected override xmit(pkt: Packet): void {
    this.owner.drop(pkt, 'NOT_SPECIFIED', `${this.name} is a dummy device: frames sent to it vanish`)
  }
}
