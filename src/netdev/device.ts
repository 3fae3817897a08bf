import { BROADCAST_MAC, formatMac, isGroupMac, type Mac } from '../addr/index.js'
import type { Event } from '../base/index.js'
import type { DeviceStep, DropReason, Simulation } from '../trace/index.js'
import { describe, type DeviceRef, type Packet } from '../wire/index.js'

/** What kind of device, in the words of traces; `physical` is a veth standing for a machine's network card. */
export type DeviceKind = 'loopback' | 'veth' | 'bridge' | 'vxlan' | 'dummy' | 'physical'

/** The namespace a device lives in, as far as a device needs it. `netns` implements it. */
export interface DeviceOwner {
  readonly name: string
  readonly sim: Simulation
  /** __netif_receive_skb: a frame came in on `dev` and no bridge took it. */
  receive(pkt: Packet, dev: NetDevice): void
  /** Counts and records a drop. */
  drop(pkt: Packet, reason: DropReason, where: string): void
}

/** What may take frames of a device before the namespace sees them (a bridge: rx_handler). */
export interface RxHandler {
  handleFrame(pkt: Packet, dev: NetDevice): void
}

/** A network device (struct net_device). Subclasses say what happens to a frame that is sent. */
export abstract class NetDevice implements DeviceRef {
  readonly name: string
  readonly ifindex: number
  readonly kind: DeviceKind
  readonly owner: DeviceOwner
  mac: Mac
  mtu: number
  up = true
  /** Sends without asking for a MAC address (IFF_NOARP or IFF_LOOPBACK). */
  noArp = false
  rxHandler: RxHandler | null = null
  /** The bridge this device is a port of. */
  master: NetDevice | null = null

  constructor(owner: DeviceOwner, name: string, ifindex: number, kind: DeviceKind, mac: Mac, mtu: number) {
    this.owner = owner
    this.name = name
    this.ifindex = ifindex
    this.kind = kind
    this.mac = mac
    this.mtu = mtu
  }

  get isLoopback(): boolean {
    return this.kind === 'loopback'
  }

  /** dev_queue_xmit: sends a frame whose Ethernet header is already set. */
  transmit(pkt: Packet): void {
    if (!this.up) {
      this.owner.drop(pkt, 'DEV_READY', `${this.name} is down`)
      return
    }
    const trace = this.owner.sim.trace
    if (trace !== null) {
      trace.frame(pkt, this.owner.name, this.name, 'out')
      trace.step(pkt.id, this.owner.name, this.step(pkt, 'transmit'))
    }
    this.xmit(pkt)
  }

  /** netif_receive_skb: a frame arrives; taps see it first, then a bridge, then the namespace. */
  receive(pkt: Packet): void {
    if (!this.up) {
      this.owner.drop(pkt, 'DEV_READY', `${this.name} is down`)
      return
    }
    pkt.inDev = this
    const trace = this.owner.sim.trace
    if (trace !== null) {
      trace.frame(pkt, this.owner.name, this.name, 'in')
      trace.step(pkt.id, this.owner.name, this.step(pkt, 'receive'))
    }
    if (this.rxHandler !== null) this.rxHandler.handleFrame(pkt, this)
    else this.owner.receive(pkt, this)
  }

  /** ndo_uninit: the device is about to go from its namespace. */
  uninit(): void {
    // Most devices hold nothing elsewhere.
  }

  /** ndo_start_xmit. */
  protected abstract xmit(pkt: Packet): void

  private step(pkt: Packet, action: 'receive' | 'transmit'): DeviceStep {
    return {
      kind: 'device',
      action,
      device: this.name,
      deviceKind: this.kind,
      macSource: formatMac(pkt.macSrc),
      macDestination: formatMac(pkt.macDst),
      length: pkt.bytes.length,
      packet: describe(pkt.bytes, pkt.etherType),
    }
  }
}

/** eth_type_trans: sets the packet type from the destination MAC as device `dev` sees it. */
export function setPacketType(pkt: Packet, dev: NetDevice): void {
  if (pkt.macDst === dev.mac) pkt.packetType = 'host'
  else if (pkt.macDst === BROADCAST_MAC) pkt.packetType = 'broadcast'
  else if (isGroupMac(pkt.macDst)) pkt.packetType = 'multicast'
  else pkt.packetType = 'otherhost'
}

/** A frame in the softirq backlog on its way up. */
export class ReceiveEvent implements Event {
  private readonly dev: NetDevice
  private readonly pkt: Packet

  constructor(dev: NetDevice, pkt: Packet) {
    this.dev = dev
    this.pkt = pkt
  }

  fire(): void {
    this.dev.receive(this.pkt)
  }
}
