import { type Ipv4, type Mac, isLimitedBroadcast, isMulticast, isZeronet } from '../addr/index.js'
import { type Clock, invariant } from '../base/index.js'
import { type AddressType, HookChains, type NetfilterEnv, Reassembler } from '../netfilter/index.js'
import { type DeviceOwner, LoopbackDevice, type NetDevice } from '../netdev/index.js'
import type { DropReason, Hook, Simulation } from '../trace/index.js'
import { type DeviceRef, ethernet, type Packet } from '../wire/index.js'
import { arpReceive } from './arp-receive.js'
import { addAddress, disableIp, removeAddress } from './address-change.js'
import { AddressTable } from './address-table.js'
import type { Dst, PathMtu } from './dst.js'
import { Fib, type Flow } from './fib.js'
import { IcmpLimits } from './icmp-limits.js'
import { ipReceive } from './ip-receive.js'
import { neighOutput } from './neigh-output.js'
import { NeighbourTable } from './neighbour.js'
import { routeBridged } from './route-bridged.js'
import { routeOutput } from './route-output.js'
import { runHook } from './run-hook.js'
import { rerouteHooks } from './reroute.js'
import { type Route, SCOPE, TABLE } from './route.js'
import { RouteExceptions } from './route-exceptions.js'
import { SocketTable } from './socket-table.js'
import { Sysctls } from './sysctl.js'

/**
 * One network namespace: a host of its own with devices, addresses, routes, neighbours, sockets, sysctls and hook
 * functions. It knows hooks and verdicts, never rules.
 */
export class Namespace implements DeviceOwner, NetfilterEnv {
  readonly name: string
  readonly sim: Simulation
  readonly hooks: HookChains
  readonly sysctls: Sysctls = new Sysctls()
  readonly addresses: AddressTable = new AddressTable()
  readonly fib: Fib = new Fib()
  readonly neighbours: NeighbourTable = new NeighbourTable()
  readonly exceptions: RouteExceptions = new RouteExceptions()
  readonly icmpLimits: IcmpLimits = new IcmpLimits()
  readonly sockets: SocketTable = new SocketTable()
  /** Reassembly for local delivery (ip_local_deliver); conntrack keeps queues of its own. */
  readonly reassembler: Reassembler = new Reassembler()
  readonly loopback: LoopbackDevice
  /** Drops so far, by reason. */
  readonly drops: Map<DropReason, number> = new Map()
  private readonly devices: Map<string, NetDevice> = new Map()
  private nextIfindex = 2
  private ipId = 0
  /** Errno of the last local send that was refused below (NF_DROP and friends); read by sockets at once. */
  sendError: string | null = null

  /**
   * @param name as it appears in traces
   * @param hooks the hook functions of this namespace; netfilter and iptables register with them
   */
  constructor(sim: Simulation, name: string, hooks: HookChains = new HookChains()) {
    this.name = name
    this.sim = sim
    this.hooks = hooks
    rerouteHooks(this)
    this.loopback = new LoopbackDevice(this)
    this.devices.set('lo', this.loopback)
    this.addAddress(this.loopback, 0x7f000001, 8, { scope: SCOPE.host })
  }

  get clock(): Clock {
    return this.sim.queue
  }

  /** Index for the next device of this namespace. */
  takeIfindex(): number {
    return this.nextIfindex++
  }

  addDevice(dev: NetDevice): void {
    invariant(!this.devices.has(dev.name), `device ${dev.name} exists in ${this.name}`)
    this.devices.set(dev.name, dev)
    this.sysctls.device(dev.name)
  }

  device(name: string): NetDevice | undefined {
    return this.devices.get(name)
  }

  /** A device goes, and with it its addresses, routes and neighbours. */
  removeDevice(name: string): void {
    const dev = this.devices.get(name)
    if (dev === undefined) return
    dev.uninit()
    for (const a of this.addresses.list(dev)) removeAddress(this, dev, a.address, a.prefix)
    disableIp(this, dev)
    dev.up = false
    this.devices.delete(name)
  }

  /** Devices in order of their index. */
  listDevices(): NetDevice[] {
    return [...this.devices.values()]
  }

  // ---------------------------------------------------------------- addresses

  /** `ip addr add`: the address and the routes that come with it; scope `universe` unless told otherwise. */
  addAddress(dev: NetDevice, address: Ipv4, prefix: number, options: { readonly scope?: number } = {}): void {
    addAddress(this, dev, address, prefix, options.scope ?? SCOPE.universe)
  }

  /** `ip addr del`: the address with what it brought along. False when there is no such address. */
  removeAddress(dev: NetDevice, address: Ipv4, prefix: number): boolean {
    return removeAddress(this, dev, address, prefix)
  }

  /** inet_select_addr: source towards `destination` out of `dev`; null when the host has no address of that scope. */
  selectAddress(dev: NetDevice, destination: Ipv4, scope: number): Ipv4 | null {
    const localnet = this.sysctls.effective('route_localnet', dev.name, 'or') !== 0
    return this.addresses.select(dev, destination, scope, localnet ? SCOPE.link : SCOPE.host)
  }

  // ------------------------------------------------------------------- routes

  /** `ip route add` with everything resolved. */
  addRoute(route: Route): void {
    if (route.type === 'local' && route.protocol !== 'kernel') this.fib.hasCustomLocalRoutes = true
    this.fib.addRoute(route)
  }

  /** MTU and gateway towards a destination, with what ICMP taught about it (fnhe). */
  pathMtuOf(route: Route, dev: NetDevice, destination: Ipv4): PathMtu {
    const base = route.mtu === 0 ? dev.mtu : Math.min(route.mtu, dev.mtu)
    const exception = this.exceptions.lookup(destination, this.sim.queue.now)
    if (exception === undefined) return { mtu: base, learnt: false, locked: false, gateway: null }
    const learnt = exception.pmtu !== 0 && exception.pmtu < base
    const gateway = exception.gateway === 0 ? null : exception.gateway
    return { mtu: learnt ? exception.pmtu : base, learnt, locked: learnt && exception.locked, gateway }
  }

  // -------------------------------------------------------------- NetfilterEnv

  addressType(address: Ipv4, device: DeviceRef | null): AddressType {
    if (isZeronet(address) || isLimitedBroadcast(address)) return 'BROADCAST'
    if (isMulticast(address)) return 'MULTICAST'
    const flow: Flow = { destination: address, source: 0, inDevice: null, outDevice: null, mark: 0, tos: 0 }
    const route = this.fib.lookupTable(TABLE.local, flow)
    if (route === null) return 'UNICAST'
    if (device !== null && route.nextHops[0]?.device.ifindex !== device.ifindex) return 'UNICAST'
    return route.type.toUpperCase() as AddressType
  }

  masqueradeAddress(pkt: Packet, out: DeviceRef): Ipv4 | null {
    const dst = pkt.dst as Dst | null
    const nextHop = dst === null || dst.gateway === 0 ? pkt.view.getUint32(16) : dst.gateway
    return this.selectAddress(this.deviceOf(out), nextHop, SCOPE.universe)
  }

  /** xt_TCPMSS: the smaller MTU of the route on and of the route back. */
  pathMtu(pkt: Packet): number {
    const source = pkt.view.getUint32(12)
    const back = routeOutput(this, {
      destination: source,
      source: 0,
      outDevice: null,
      mark: 0,
      tos: 0,
      anySource: true,
    })
    const reverse = 'dst' in back ? back.dst.mtu : Infinity
    const dst = pkt.dst as Dst | null
    return Math.min(dst?.mtu ?? Infinity, reverse)
  }

  primaryAddress(device: DeviceRef): Ipv4 | null {
    return this.addresses.primaryOf(device.ifindex)
  }

  private deviceOf(ref: DeviceRef): NetDevice {
    const dev = this.devices.get(ref.name)
    invariant(dev !== undefined, `no device ${ref.name} in ${this.name}`)
    return dev
  }

  // ------------------------------------------------------------------ packets

  /** __netif_receive_skb_core's protocol switch. */
  receive(pkt: Packet, dev: NetDevice): void {
    switch (pkt.etherType) {
      case ethernet.ETHERTYPE.IPV4:
        ipReceive(this, pkt, dev)
        return
      case ethernet.ETHERTYPE.ARP:
        arpReceive(this, pkt, dev)
        return
      default:
        this.drop(pkt, 'UNHANDLED_PROTO', dev.name)
    }
  }

  /** Counts a drop and tells the trace. */
  drop(pkt: Packet, reason: DropReason, where: string, rule: string | null = null): void {
    this.drops.set(reason, (this.drops.get(reason) ?? 0) + 1)
    const trace = this.sim.trace
    if (trace !== null) trace.step(pkt.id, this.name, { kind: 'drop', reason, where, rule })
  }

  /** Identification for the next packet. */
  nextIpId(): number {
    this.ipId = (this.ipId + 1) & 0xffff
    return this.ipId
  }

  // -------------------------------------------------- what a bridge asks (BridgeHost)

  /** Value of a sysctl; 0 when it is not modelled. */
  sysctl(key: string): number {
    return this.sysctls.value(key)
  }

  /** NF_HOOK for a bridged packet: true = go on. */
  runHook(hook: Hook, pkt: Packet, inDev: DeviceRef | null, outDev: DeviceRef | null): boolean {
    return runHook(this, hook, pkt, inDev, outDev)
  }

  /** Route for a bridged packet that PREROUTING translated; see {@link routeBridged}. */
  routeBridged(pkt: Packet, bridge: NetDevice, translated: boolean): 'switch' | 'route' | 'drop' {
    return routeBridged(this, pkt, bridge, translated)
  }

  /** A frame leaves the bridge upwards: the stand-in route goes (br_drop_fake_rtable). */
  dropFakeRoute(pkt: Packet): void {
    if (pkt.dst !== null && (pkt.dst as Dst).fake) pkt.dst = null
  }

  /** MAC of the next hop if the neighbour is connected and in use; null = it must be asked for. */
  connectedMac(pkt: Packet, dev: NetDevice): Mac | null {
    const entry = this.neighbours.lookup(dev, nextHopOf(pkt))
    if (entry === undefined || (entry.state !== 'REACHABLE' && entry.state !== 'PERMANENT')) return null
    return entry.mac
  }

  /** neigh->output: sends to the packet's next hop on `dev`, asking for its MAC if need be. */
  neighbourOutput(pkt: Packet, dev: NetDevice): void {
    neighOutput(this, pkt, dev, nextHopOf(pkt))
  }

  /** icmpv4_mask_allow: is this message under a rate limit at all? */
  icmpLimited(type: number, code: number): boolean {
    if (type === 3 && code === 4) return false
    return type < 32 && ((this.sysctls.value('net/ipv4/icmp_ratemask') >>> type) & 1) === 1
  }

  /** icmpv4_xrlim_allow: the limit per destination. */
  icmpLimitsAllow(to: Ipv4, type: number, code: number, dst: Dst): boolean {
    if (!this.icmpLimited(type, code) || dst.device.isLoopback) return true
    return this.icmpLimits.allow(to, this.sysctls.value('net/ipv4/icmp_ratelimit'), this.sim.queue.now)
  }

  /** A neighbour knob: of the device if set, else of `default`. */
  neighSysctl(dev: NetDevice, name: 'retrans_time_ms' | 'mcast_solicit' | 'base_reachable_time_ms'): number {
    return (
      this.sysctls.get(`net/ipv4/neigh/${dev.name}/${name}`) ?? this.sysctls.value(`net/ipv4/neigh/default/${name}`)
    )
  }
}

function nextHopOf(pkt: Packet): Ipv4 {
  const gateway = pkt.dst?.gateway ?? 0
  return gateway === 0 ? pkt.view.getUint32(16) : gateway
}
