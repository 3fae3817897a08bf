import type { Mac } from '../addr/index.js'
import type { DeviceOwner, NetDevice } from '../netdev/index.js'
import type { Hook } from '../trace/index.js'
import type { DeviceRef, Packet } from '../wire/index.js'

/** What a bridge needs of the namespace it lives in: the IP hooks and a route now and then. `netns` has it all. */
export interface BridgeHost extends DeviceOwner {
  sysctl(key: string): number
  /** Runs an IP hook; true = go on. */
  runHook(hook: Hook, pkt: Packet, inDev: DeviceRef | null, outDev: DeviceRef | null): boolean
  /** After PREROUTING: is the packet still switched, or the IP layer's? Sets its route. */
  routeBridged(pkt: Packet, bridge: NetDevice, translated: boolean): 'switch' | 'route' | 'drop'
  dropFakeRoute(pkt: Packet): void
  connectedMac(pkt: Packet, dev: NetDevice): Mac | null
  neighbourOutput(pkt: Packet, dev: NetDevice): void
}
