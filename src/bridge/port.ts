import type { NetDevice } from '../netdev/index.js'

/** A device that belongs to a bridge (struct net_bridge_port). */
export class BridgePort {
  readonly device: NetDevice
  /** Frames may leave by the port they came in on (BR_HAIRPIN_MODE). */
  hairpin: boolean
  /** Isolated ports do not talk to each other (BR_ISOLATED). */
  isolated: boolean
  learning = true
  /** Takes frames to unknown addresses. */
  flood = true

  constructor(device: NetDevice, options: { readonly hairpin?: boolean; readonly isolated?: boolean }) {
    this.device = device
    this.hairpin = options.hairpin ?? false
    this.isolated = options.isolated ?? false
  }
}
