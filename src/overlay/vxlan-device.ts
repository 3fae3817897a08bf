import { formatIpv4, formatMac, type Ipv4, isGroupMac, type Mac } from '../addr/index.js'
import { NetDevice, ReceiveEvent, setPacketType } from '../netdev/index.js'
import {
  DEFAULT_OPTIONS,
  type IcmpError,
  type Namespace,
  sendTunnel,
  UdpSocket,
  type UdpReceiver,
} from '../netns/index.js'
import { describe, ethernet, ipv4, type Packet, udp, vxlan } from '../wire/index.js'
import { flowSourcePort } from './flow-port.js'

/** How a VXLAN device is made (`ip link add … type vxlan`). */
export interface VxlanSpec {
  readonly vni: number
  /** UDP destination port; Linux' own default is 8472. */
  readonly port: number
  /** Own address, source of the outer header. */
  readonly local: Ipv4
  /** Device the outer packets leave by; null = by route. */
  readonly under: NetDevice | null
  /** Learn inner source MACs; flannel switches it off. */
  readonly learning: boolean
}

/** A remote VTEP that a MAC is reached through. */
export interface VxlanFdbEntry {
  readonly mac: Mac
  readonly remote: Ipv4
  readonly permanent: boolean
}

/**
 * A VXLAN tunnel endpoint (RFC 7348, drivers/net/vxlan): puts frames into UDP towards the VTEP that its FDB names for
 * the destination MAC, and takes them out again. The packet keeps its number and its mark through the tunnel.
 */
export class VxlanDevice extends NetDevice implements UdpReceiver {
  readonly process: string
  readonly isTunnel: boolean = true
  readonly spec: VxlanSpec
  private readonly ns: Namespace
  private readonly socket: UdpSocket
  /** By MAC, 0 = everything else (00:00:00:00:00:00); each may have several remotes. */
  private readonly fdb: Map<Mac, VxlanFdbEntry[]> = new Map()

  constructor(ns: Namespace, name: string, ifindex: number, mac: Mac, mtu: number, spec: VxlanSpec) {
    super(ns, name, ifindex, 'vxlan', mac, mtu)
    this.ns = ns
    this.spec = spec
    this.process = `vxlan device ${name}`
    this.socket = new UdpSocket(ns, this, 0, spec.port, DEFAULT_OPTIONS)
    ns.sockets.addUdp(this.socket)
  }

  /** The tunnel's UDP port is closed with it. */
  override uninit(): void {
    this.ns.sockets.removeUdp(this.socket)
  }

  /** `bridge fdb append MAC dev DEV dst REMOTE`. */
  fdbAppend(mac: Mac, remote: Ipv4): void {
    const known = this.fdb.get(mac) ?? []
    if (!known.some((e) => e.remote === remote)) this.fdb.set(mac, [...known, { mac, remote, permanent: true }])
  }

  /** `bridge fdb replace`. */
  fdbReplace(mac: Mac, remote: Ipv4): void {
    this.fdb.set(mac, [{ mac, remote, permanent: true }])
  }

  /** `bridge fdb del MAC dev DEV`. */
  fdbRemove(mac: Mac): boolean {
    return this.fdb.delete(mac)
  }

  fdbEntries(): VxlanFdbEntry[] {
    return [...this.fdb.values()].flat()
  }

  /** vxlan_xmit */
  protected override xmit(pkt: Packet): void {
    const entries = this.remotesOf(pkt.macDst)
    if (entries === undefined || entries.length === 0) {
      this.ns.drop(pkt, 'VXLAN_NO_REMOTE', `${this.name}: no FDB entry for ${formatMac(pkt.macDst)}`)
      return
    }
    entries.forEach((entry, i) => {
      this.encapsulate(i === entries.length - 1 ? pkt : pkt.copy(), entry)
    })
  }

  private remotesOf(mac: Mac): readonly VxlanFdbEntry[] | undefined {
    const exact = isGroupMac(mac) ? undefined : this.fdb.get(mac)
    return exact ?? this.fdb.get(0)
  }

  /** vxlan_xmit_one */
  private encapsulate(pkt: Packet, entry: VxlanFdbEntry): void {
    const { spec } = this
    if (pkt.encapLimit-- <= 0) {
      this.ns.drop(pkt, 'VXLAN_LOOPED', `${this.name}: encapsulated too often`)
      return
    }
    const sourcePort = flowSourcePort(pkt, this.ns)
    const trace = this.ns.sim.trace
    if (trace !== null) {
      trace.step(pkt.id, this.ns.name, {
        kind: 'encapsulation',
        action: 'encapsulate',
        device: this.name,
        vni: spec.vni,
        outer: {
          source: `${formatIpv4(spec.local)}:${sourcePort}`,
          destination: `${formatIpv4(entry.remote)}:${spec.port}`,
        },
        inner: describe(pkt.bytes, pkt.etherType),
        remote: formatIpv4(entry.remote),
        why: `FDB of ${this.name}: ${formatMac(pkt.macDst)} dst ${formatIpv4(entry.remote)}`,
      })
    }
    const payload = vxlan.emit({ vni: spec.vni, payload: ethernet.frameOf(pkt) })
    sendTunnel(this.ns, pkt, {
      source: spec.local,
      destination: entry.remote,
      outDevice: spec.under,
      protocol: ipv4.PROTOCOL.UDP,
      payload: udp.emit({ sourcePort, destinationPort: spec.port, payload }, spec.local, entry.remote),
    })
  }

  /** vxlan_rcv: `at` is where the UDP header is. */
  datagram(_socket: UdpSocket, pkt: Packet, at: number): void {
    const start = at + udp.HEADER_LEN
    const fault = vxlan.judge(pkt.view, start)
    const body = pkt.bytes.slice(start + vxlan.HEADER_LEN, at + udp.length(pkt.view, at))
    if (fault !== null || body.length < ethernet.HEADER_LEN) {
      this.ns.drop(pkt, 'VXLAN_INVALID_HDR', this.name)
      return
    }
    if (vxlan.vni(pkt.view, start) !== this.spec.vni) {
      const why = `${this.name} has VNI ${this.spec.vni}, not ${vxlan.vni(pkt.view, start)}`
      this.ns.drop(pkt, 'VXLAN_VNI_NOT_FOUND', why)
      return
    }
    const outer = pkt.view
    const remote = ipv4.source(outer, 0)
    this.unwrap(pkt, body)
    if (pkt.macSrc === this.mac) {
      this.ns.drop(pkt, 'LOCAL_MAC', `${this.name}: the frame's source is its own address`)
      return
    }
    if (this.spec.learning && !this.learn(pkt.macSrc, remote)) {
      this.ns.drop(pkt, 'VXLAN_ENTRY_EXISTS', `${this.name}: ${formatMac(pkt.macSrc)} is bound to another VTEP`)
      return
    }
    if (this.ns.sim.trace !== null) this.traceDecapsulation(pkt, outer, at)
    // gro_cells_receive: the inner frame goes through the backlog once more.
    this.ns.sim.queue.schedule(0, new ReceiveEvent(this, pkt))
  }

  private traceDecapsulation(pkt: Packet, outer: DataView, udpAt: number): void {
    const { vni, port } = this.spec
    const remote = formatIpv4(ipv4.source(outer, 0))
    this.ns.sim.trace?.step(pkt.id, this.ns.name, {
      kind: 'encapsulation',
      action: 'decapsulate',
      device: this.name,
      vni,
      outer: {
        source: `${remote}:${udp.sourcePort(outer, udpAt)}`,
        destination: `${formatIpv4(ipv4.destination(outer, 0))}:${port}`,
      },
      inner: describe(pkt.bytes, pkt.etherType),
      remote,
      why: `UDP port ${port}, VNI ${vni}`,
    })
  }

  /** vxlan_snoop: notes where a MAC is; false when an entry made by hand says otherwise. */
  private learn(mac: Mac, remote: Ipv4): boolean {
    const known = this.fdb.get(mac)?.[0]
    if (known?.permanent === true) return known.remote === remote
    this.fdb.set(mac, [{ mac, remote, permanent: false }])
    return true
  }

  /** The inner frame takes the packet's place; route and conntrack of the outer one are forgotten. */
  private unwrap(pkt: Packet, frame: Uint8Array): void {
    const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
    pkt.macDst = ethernet.destination(view, 0)
    pkt.macSrc = ethernet.source(view, 0)
    pkt.etherType = ethernet.etherType(view, 0)
    pkt.setBytes(frame.slice(ethernet.HEADER_LEN))
    pkt.dst = null
    pkt.nfct = null
    pkt.ctInfo = 'none'
    pkt.fragMaxSize = 0
    pkt.fragDf = false
    pkt.ignoreDf = false
    setPacketType(pkt, this)
  }

  error(_socket: UdpSocket, _error: IcmpError): void {
    // vxlan_err_lookup only tells the outer path's MTU, which the route exceptions have learnt already.
  }
}
