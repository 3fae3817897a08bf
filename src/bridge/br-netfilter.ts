import type { NetDevice } from '../netdev/index.js'
import { type BridgeInfo, ethernet, ipv4, type Packet } from '../wire/index.js'
import type { BridgeDevice } from './bridge-device.js'
import type { BridgeHost } from './host.js'

/**
 * br_netfilter (net/bridge/br_netfilter_hooks.c): bridged IPv4 visits PREROUTING, FORWARD and POSTROUTING with the
 * bridge as its device and the ports as physdev.
 *
 * ```
 *  port ─▶ PREROUTING ─▶ translated? ── no ──▶ switch ─▶ FORWARD ─▶ POSTROUTING ─▶ port
 *                             └ yes: route ── same bridge ──▶ new MAC, switch
 *                                        └── elsewhere ────▶ up, as if addressed to the bridge
 * ```
 */
export class BridgeNetfilter {
  private readonly bridge: BridgeDevice
  private readonly host: BridgeHost

  constructor(bridge: BridgeDevice, host: BridgeHost) {
    this.bridge = bridge
    this.host = host
  }

  get enabled(): boolean {
    return this.host.sysctl('net/bridge/bridge-nf-call-iptables') !== 0
  }

  /** br_nf_pre_routing */
  preRouting(pkt: Packet, port: NetDevice): void {
    const fault = ipv4.judge(pkt.bytes, pkt.view, 0)
    if (fault !== null) {
      this.host.drop(pkt, fault, `br_netfilter on ${this.bridge.name}`)
      return
    }
    const length = ipv4.totalLength(pkt.view, 0)
    if (length < pkt.bytes.length) pkt.setBytes(pkt.bytes.subarray(0, length))
    const info: BridgeInfo = {
      physIn: port,
      physOut: null,
      originalDaddr: ipv4.destination(pkt.view, 0),
      inPrerouting: true,
      sabotageInDone: false,
      pktOtherhost: pkt.packetType === 'otherhost',
      bridgedDnat: false,
      savedMacSrc: pkt.macSrc,
      fragMaxSize: 0,
    }
    pkt.bridge = info
    // setup_pre_routing: the hooks see a packet for this host that came in on the bridge.
    if (info.pktOtherhost) pkt.packetType = 'host'
    pkt.inDev = this.bridge
    if (this.host.runHook('PREROUTING', pkt, this.bridge, null)) this.preRoutingFinish(pkt, port, info)
  }

  /** br_nf_pre_routing_finish */
  private preRoutingFinish(pkt: Packet, port: NetDevice, info: BridgeInfo): void {
    info.inPrerouting = false
    info.fragMaxSize = pkt.fragMaxSize
    if (info.pktOtherhost) {
      pkt.packetType = 'otherhost'
      info.pktOtherhost = false
    }
    const translated = ipv4.destination(pkt.view, 0) !== info.originalDaddr
    const way = this.host.routeBridged(pkt, this.bridge, translated)
    if (way === 'drop') return
    if (way === 'route') {
      pkt.macDst = this.bridge.mac
      pkt.packetType = 'host'
    } else if (translated) {
      this.switchTranslated(pkt, port, info)
      return
    }
    pkt.inDev = port
    this.bridge.handleFrameFinish(pkt, port)
  }

  /** br_nf_pre_routing_finish_bridge: the frame gets the MAC of its new destination and is switched on. */
  private switchTranslated(pkt: Packet, port: NetDevice, info: BridgeInfo): void {
    const mac = this.host.connectedMac(pkt, this.bridge)
    if (mac === null) {
      info.bridgedDnat = true
      info.savedMacSrc = pkt.macSrc
      this.host.neighbourOutput(pkt, this.bridge)
      return
    }
    pkt.macDst = mac
    pkt.inDev = port
    this.bridge.handleFrameFinish(pkt, port)
  }

  /** br_nf_pre_routing_finish_bridge_slow: the neighbour layer has set the destination MAC. */
  finishDnatSlow(pkt: Packet): void {
    const info = pkt.bridge!
    info.bridgedDnat = false
    info.physOut = null
    pkt.macSrc = info.savedMacSrc
    pkt.inDev = info.physIn
    this.bridge.handleFrameFinish(pkt, info.physIn as NetDevice)
  }

  /** br_forward_finish with the FORWARD and POSTROUTING hooks in front, where they apply. */
  forward(pkt: Packet, from: NetDevice | null, to: NetDevice): void {
    const info = pkt.bridge
    if (info === null || from === null || pkt.etherType !== ethernet.ETHERTYPE.IPV4) {
      this.bridge.push(pkt, to)
      return
    }
    const otherhost = pkt.packetType === 'otherhost'
    if (otherhost) pkt.packetType = 'host'
    info.physOut = to
    pkt.inDev = this.bridge
    if (!this.host.runHook('FORWARD', pkt, this.bridge, this.bridge)) return
    if (!this.host.runHook('POSTROUTING', pkt, null, this.bridge)) return
    if (otherhost) pkt.packetType = 'otherhost'
    pkt.inDev = from
    this.pushFragments(pkt, info, to)
  }

  /** br_nf_dev_queue_xmit: what was reassembled for the hooks, or is too long for the port, leaves in fragments. */
  private pushFragments(pkt: Packet, info: BridgeInfo, to: NetDevice): void {
    const fits = info.fragMaxSize !== 0 ? Math.min(info.fragMaxSize, to.mtu) : to.mtu
    if (pkt.bytes.length <= fits) {
      this.bridge.push(pkt, to)
      return
    }
    // br_nf_ip_fragment: the stand-in route has the bridge's MTU.
    const { mtu } = this.bridge
    if ((ipv4.df(pkt.view, 0) && !pkt.ignoreDf) || info.fragMaxSize > mtu) {
      const where = `${this.bridge.name}: ${pkt.bytes.length} bytes exceed the MTU of ${to.name} and may not be fragmented`
      this.host.drop(pkt, 'PKT_TOO_BIG', where)
      return
    }
    const limit = info.fragMaxSize !== 0 ? info.fragMaxSize : mtu
    const pieces = ipv4.fragment(pkt.bytes, limit, { df: pkt.fragDf })
    this.host.sim.trace?.step(pkt.id, this.host.name, {
      kind: 'fragment',
      action: 'fragment',
      count: pieces.length,
      mtu: limit,
    })
    for (const bytes of pieces) {
      const piece = pkt.copy()
      piece.setBytes(bytes)
      this.bridge.push(piece, to)
    }
  }
}
