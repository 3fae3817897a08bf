import type { NetDevice } from '../../netdev/index.js'
import { type Namespace, type NextHop, SCOPE, TABLE } from '../../netns/index.js'
import { VxlanDevice } from '../vxlan-device.js'
import type { FlannelConfig } from './config.js'
import type { Lease } from './lease.js'
import { printSubnetEnv } from './subnet-env.js'

/** Bytes that VXLAN over IPv4 puts around a packet: Ethernet 14, IPv4 20, UDP 8, VXLAN 8. */
const VXLAN_OVERHEAD = 50

/**
 * flanneld on one node: what its backend writes into the node's namespace. Making one makes the tunnel device; each
 * peer is then told by itself. Rules are apart: {@link flannelRules}.
 */
export class Flannel {
  /** The tunnel device `flannel.VNI`; null with host-gw. */
  readonly device: VxlanDevice | null
  /** FLANNEL_MTU: what pods and their bridge get. */
  readonly mtu: number
  private readonly ns: Namespace
  private readonly external: NetDevice
  private readonly lease: Lease
  private readonly config: FlannelConfig

  /**
   * @param external the device that leads to the other nodes; its MTU is read now and never again
   * @param lease of this node
   */
  constructor(ns: Namespace, external: NetDevice, lease: Lease, config: FlannelConfig) {
    this.ns = ns
    this.external = external
    this.lease = Object.freeze({ ...lease })
    this.config = Object.freeze({ ...config })
    this.mtu = config.backend === 'vxlan' ? external.mtu - VXLAN_OVERHEAD : external.mtu
    this.device = config.backend === 'vxlan' ? this.addDevice() : null
  }

  /** Text of subnet.env; see {@link printSubnetEnv}. */
  get subnetEnv(): string {
    return printSubnetEnv(this.lease, this.config, this.mtu)
  }

  /**
   * A node appeared or changed: with vxlan its neighbour, FDB entry and route are replaced, in this order; with
   * host-gw its route. A former MAC's FDB entry stays, as it does with flannel. The own lease is skipped.
   * A host-gw peer that is not on the external device's link gets no route: the kernel refuses its gateway.
   */
  addPeer(peer: Lease): void {
    const { ns, external, device } = this
    if (this.isOwn(peer)) return
    if (device === null) {
      if (!ns.addresses.onLink(external, peer.publicIp, 0)) return
      this.replaceRoute(peer, { device: external, gateway: peer.publicIp, weight: 1, onlink: false })
      return
    }
    ns.neighbours.setPermanent(device, peer.subnet.address, peer.vtepMac)
    device.fdbReplace(peer.vtepMac, peer.publicIp)
    this.replaceRoute(peer, { device, gateway: peer.subnet.address, weight: 1, onlink: true })
  }

  /** A node's lease is gone: what addPeer wrote for it goes; what is not there is passed over. */
  removePeer(peer: Lease): void {
    const { ns, device } = this
    if (this.isOwn(peer)) return
    if (device !== null) {
      ns.neighbours.remove(device, peer.subnet.address)
      device.fdbRemove(peer.vtepMac)
    }
    const via = device ?? this.external
    const gateway = device === null ? peer.publicIp : peer.subnet.address
    this.removeRoute(peer, (hop) => hop.device === via && hop.gateway === gateway)
  }

  private isOwn(peer: Lease): boolean {
    return peer.subnet.address === this.lease.subnet.address && peer.subnet.prefix === this.lease.subnet.prefix
  }

  /** `ip link add flannel.VNI type vxlan … nolearning`, and the subnet's base address on it. */
  private addDevice(): VxlanDevice {
    const { ns, external, lease, config } = this
    const device = new VxlanDevice(ns, `flannel.${config.vni}`, ns.takeIfindex(), lease.vtepMac, this.mtu, {
      vni: config.vni,
      port: config.port,
      local: lease.publicIp,
      under: external,
      learning: false,
    })
    ns.addDevice(device)
    ns.addAddress(device, lease.subnet.address, 32)
    return device
  }

  /** `ip route replace SUBNET …` */
  private replaceRoute(peer: Lease, hop: NextHop): void {
    this.removeRoute(peer, () => true)
    // Not frozen: it refers to a device, and the cloner shares what is frozen.
    this.ns.addRoute({
      type: 'unicast',
      destination: peer.subnet.address,
      prefix: peer.subnet.prefix,
      table: TABLE.main,
      tos: 0,
      metric: 0,
      scope: SCOPE.universe,
      protocol: 'boot',
      prefSrc: 0,
      mtu: 0,
      nextHops: [hop],
    })
  }

  private removeRoute(peer: Lease, isMeant: (hop: NextHop) => boolean): void {
    const { address, prefix } = peer.subnet
    this.ns.fib.removeRoute(TABLE.main, (route) => {
      if (route.destination !== address || route.prefix !== prefix) return false
      return route.tos === 0 && route.metric === 0 && (route.nextHops.length === 0 || route.nextHops.some(isMeant))
    })
  }
}
