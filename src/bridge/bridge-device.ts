import { BROADCAST_MAC, formatMac, isGroupMac, type Mac } from '../addr/index.js'
import { NetDevice, type RxHandler } from '../netdev/index.js'
import type { BridgeStep } from '../trace/index.js'
import { ethernet, type Packet } from '../wire/index.js'
import { BridgeNetfilter } from './br-netfilter.js'
import { Fdb } from './fdb.js'
import type { BridgeHost } from './host.js'
import { BridgePort } from './port.js'

/** VLAN_HLEN: a frame may exceed the MTU by this much (is_skb_forwardable). */
const VLAN_HEADER = 4
/** 01:80:c2:00:00:00 … 0f: never forwarded (IEEE 802.1D). */
const LINK_LOCAL_FIRST = 0x0180c2000000
const LINK_LOCAL_LAST = 0x0180c200000f

/** What becomes of a frame. */
type Decision = BridgeStep['action']

/**
 * A Linux bridge (net/bridge): learns, forwards, floods; calls the IP hooks for bridged IPv4 when
 * `net/bridge/bridge-nf-call-iptables` is 1. No STP, no VLAN filtering, no multicast snooping.
 */
export class BridgeDevice extends NetDevice implements RxHandler {
  readonly fdb: Fdb = new Fdb()
  readonly host: BridgeHost
  private readonly ports: BridgePort[] = []
  private readonly netfilter: BridgeNetfilter

  constructor(host: BridgeHost, name: string, ifindex: number, mac: Mac, mtu: number) {
    super(host, name, ifindex, 'bridge', mac, mtu)
    this.host = host
    this.netfilter = new BridgeNetfilter(this, host)
    this.fdb.addLocal(mac, this)
  }

  /** `ip link set DEV master BRIDGE`. */
  addPort(device: NetDevice, options: { readonly hairpin?: boolean; readonly isolated?: boolean } = {}): BridgePort {
    const port = new BridgePort(device, options)
    // br_add_if puts a port at the head of the list: flooding begins with the newest.
    this.ports.unshift(port)
    device.master = this
    device.rxHandler = this
    this.fdb.addLocal(device.mac, device)
    return port
  }

  removePort(device: NetDevice): void {
    const at = this.ports.findIndex((p) => p.device === device)
    if (at === -1) return
    this.ports.splice(at, 1)
    device.master = null
    device.rxHandler = null
    this.fdb.flushPort(device)
  }

  /** The port of this name, as far as it is one. */
  port(name: string): BridgePort | undefined {
    for (let i = 0; i < this.ports.length; i++) if (this.ports[i]!.device.name === name) return this.ports[i]
    return undefined
  }

  listPorts(): readonly BridgePort[] {
    return this.ports
  }

  /** br_handle_frame: a frame came in on a port. */
  handleFrame(pkt: Packet, dev: NetDevice): void {
    if (isGroupMac(pkt.macSrc) || pkt.macSrc === 0) {
      this.host.drop(pkt, 'NOT_SPECIFIED', `${this.name}: source ${formatMac(pkt.macSrc)} is no station's address`)
      return
    }
    if (pkt.macDst >= LINK_LOCAL_FIRST && pkt.macDst <= LINK_LOCAL_LAST) {
      this.host.drop(pkt, 'BRIDGE_NON_FORWARDING_STATE', `${this.name}: link-local group address`)
      return
    }
    if (pkt.macDst === this.mac) pkt.packetType = 'host'
    if (pkt.etherType === ethernet.ETHERTYPE.IPV4 && this.netfilter.enabled) this.netfilter.preRouting(pkt, dev)
    else this.handleFrameFinish(pkt, dev)
  }

  /** br_handle_frame_finish: learn, then deliver up, to a port, or to all. */
  handleFrameFinish(pkt: Packet, dev: NetDevice): void {
    const now = this.host.sim.queue.now
    const from = this.port(dev.name)
    if (from === undefined) {
      this.host.drop(pkt, 'BRIDGE_NON_FORWARDING_STATE', `${dev.name} is no port of ${this.name}`)
      return
    }
    if (from.learning) this.fdb.learn(pkt.macSrc, dev, now)
    if (isGroupMac(pkt.macDst)) {
      this.flood(pkt.copy(), dev)
      this.passUp(pkt, dev)
      return
    }
    const entry = this.fdb.lookup(pkt.macDst, now)
    if (entry === undefined) this.flood(pkt, dev)
    else if (entry.local) this.passUp(pkt, dev)
    else this.forwardTo(pkt, dev, entry.port)
  }

  /** br_pass_frame_up: the bridge device itself receives. */
  private passUp(pkt: Packet, dev: NetDevice): void {
    this.note(pkt, 'local', dev, [])
    this.host.dropFakeRoute(pkt)
    this.receive(pkt)
  }

  private forwardTo(pkt: Packet, dev: NetDevice | null, to: NetDevice): void {
    const port = this.port(to.name)
    if (port === undefined || !this.shouldDeliver(port, dev)) {
      this.host.drop(pkt, 'BRIDGE_NO_EGRESS_PORT', this.refusal(port, dev, to))
      return
    }
    this.note(pkt, 'forward', dev, [port])
    this.netfilter.forward(pkt, dev, to)
  }

  private refusal(port: BridgePort | undefined, dev: NetDevice | null, to: NetDevice): string {
    if (port === undefined) return `${this.name}: ${to.name} is no port any more`
    if (dev === to) return `${this.name}: ${to.name} is the port the frame came in on, and hairpin mode is off`
    return `${this.name}: ${to.name} is isolated or down`
  }

  /** should_deliver */
  private shouldDeliver(port: BridgePort, dev: NetDevice | null): boolean {
    if (!port.device.up) return false
    if (port.device === dev && !port.hairpin) return false
    const from = dev === null ? undefined : this.port(dev.name)
    return !(port.isolated && from?.isolated === true)
  }

  /** br_flood: a copy to every port that may have it. */
  private flood(pkt: Packet, dev: NetDevice | null): void {
    const targets = this.ports.filter((p) => p.flood && this.shouldDeliver(p, dev))
    if (targets.length === 0) {
      if (!isGroupMac(pkt.macDst)) this.host.drop(pkt, 'BRIDGE_NO_EGRESS_PORT', `${this.name}: no other port takes it`)
      return
    }
    this.note(pkt, 'flood', dev, targets)
    targets.forEach((port, i) => {
      this.netfilter.forward(i === targets.length - 1 ? pkt : pkt.copy(), dev, port.device)
    })
  }

  /** br_dev_xmit: the host sends out of the bridge device. */
  protected override xmit(pkt: Packet): void {
    if (pkt.bridge?.bridgedDnat === true) {
      this.netfilter.finishDnatSlow(pkt)
      return
    }
    if (isGroupMac(pkt.macDst)) {
      this.flood(pkt, null)
      return
    }
    const entry = this.fdb.lookup(pkt.macDst, this.host.sim.queue.now)
    if (entry === undefined) this.flood(pkt, null)
    else if (entry.local) this.host.drop(pkt, 'BRIDGE_MAC_LOCAL', `${this.name}: ${formatMac(pkt.macDst)} is its own`)
    else this.forwardTo(pkt, null, entry.port)
  }

  /** br_dev_queue_push_xmit: out of a port, unless the frame is too long for it. */
  push(pkt: Packet, to: NetDevice): void {
    if (pkt.bytes.length > to.mtu + VLAN_HEADER) {
      this.host.drop(
        pkt,
        'PKT_TOO_BIG',
        `${this.name}: ${pkt.bytes.length} bytes exceed the MTU ${to.mtu} of ${to.name}`,
      )
      return
    }
    to.transmit(pkt)
  }

  private note(pkt: Packet, action: Decision, dev: NetDevice | null, ports: readonly BridgePort[]): void {
    const trace = this.host.sim.trace
    if (trace === null) return
    trace.step(pkt.id, this.host.name, {
      kind: 'bridge',
      action,
      bridge: this.name,
      inPort: dev?.name ?? null,
      outPorts: ports.map((p) => p.device.name),
      why: whyOf(action, pkt.macDst, ports),
    })
  }
}

/** What led to a decision: the destination MAC, and what the FDB knows of it. */
function whyOf(action: Decision, mac: Mac, ports: readonly BridgePort[]): string {
  switch (action) {
    case 'local':
      if (isGroupMac(mac)) return 'broadcast or multicast: the bridge itself gets a copy'
      return `${formatMac(mac)} is the bridge's own address`
    case 'forward':
      return `FDB: ${formatMac(mac)} is on ${ports[0]!.device.name}`
    case 'flood':
      if (mac === BROADCAST_MAC) return 'broadcast'
      return isGroupMac(mac) ? 'multicast' : `no FDB entry for ${formatMac(mac)}`
  }
}
