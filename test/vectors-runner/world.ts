import { parseInterfaceAddress, parseMac } from '../../src/addr/index.js'
import { SampledChoices } from '../../src/base/index.js'
import { BridgeDevice } from '../../src/bridge/index.js'
import { IpsetRegistry } from '../../src/ipset/index.js'
import { Iptables } from '../../src/iptables/index.js'
import { DummyDevice, type NetDevice, VethDevice } from '../../src/netdev/index.js'
import { Netfilter } from '../../src/netfilter/index.js'
import { EchoServer, Namespace, runIp } from '../../src/netns/index.js'
import { VxlanDevice } from '../../src/overlay/index.js'
import { Simulation } from '../../src/trace/index.js'
import type { Link, LinkEnd, RouteSpec, Scenario, VxlanLink } from './format.js'
import type { Host, Server } from './host.js'
import { addressOf } from './raw-packet.js'
import { setSysctl } from './sysctl.js'
import { Tap, TappedHooks } from './tap.js'

/** Knobs that every namespace starts with where they are not the kernel's defaults. */
const SETTINGS: Readonly<Record<string, number>> = {
  'net/ipv4/icmp_ratelimit': 0,
  'net/ipv4/icmp_ratemask': 0,
  'net/ipv4/neigh/default/retrans_time_ms': 100,
}

const DEFAULT_MTU = 1500

/** The network of a scenario, ready for its first step. */
export class World {
  readonly sim: Simulation
  private spareMac = 0x02ff00000000
  readonly tap: Tap
  readonly hosts: Map<string, Host> = new Map()
  readonly servers: Server[] = []
  /** UDP ports that carry VXLAN here. */
  readonly vxlanPorts: ReadonlySet<number>

  constructor(scenario: Scenario, seed: number) {
    this.sim = new Simulation(new SampledChoices(seed))
    this.vxlanPorts = new Set(scenario.links.flatMap((link) => (link.kind === 'vxlan' ? [link.port] : [])))
    this.tap = new Tap({
      untapped: new Set(scenario.frames === 'none' ? scenario.namespaces : (scenario.untapped ?? [])),
      traced: new Set(scenario.trace ?? []),
      arp: scenario.arp ?? false,
      vxlanPorts: this.vxlanPorts,
    })
    this.sim.trace = this.tap
    for (const name of scenario.namespaces) this.hosts.set(name, this.makeHost(name))
    for (const link of scenario.links) this.addLink(link)
    this.configure(scenario)
    this.addRules(scenario)
    for (const listener of scenario.listeners ?? []) {
      const { name, proto: protocol, port } = listener
      const address = listener.addr === undefined ? 0 : addressOf(listener.addr)
      const server = new EchoServer(this.host(listener.ns).ns, { name, protocol, port, address })
      this.servers.push({ name, ns: listener.ns, server })
    }
  }

  /** @throws Error for a name the scenario does not have */
  host(name: string): Host {
    const host = this.hosts.get(name)
    if (host === undefined) throw new Error(`there is no namespace ${name}`)
    return host
  }

  private makeHost(name: string): Host {
    const ns = new Namespace(this.sim, name, new TappedHooks(this.tap))
    const netfilter = new Netfilter(ns, ns.hooks)
    const sets = new IpsetRegistry(ns.clock)
    const host: Host = { ns, netfilter, sets, iptables: new Iptables(netfilter, ns, sets), bridges: [] }
    for (const [key, value] of Object.entries(SETTINGS)) setSysctl(host, key, value)
    return host
  }

  // ------------------------------------------------------------------- devices

  private addLink(link: Link): void {
    switch (link.kind) {
      case 'veth': {
        const [a, b] = [this.veth(link.a, link.mtu), this.veth(link.b, link.mtu)]
        VethDevice.join(a, b)
        a.up = b.up = link.down !== true
        return
      }
      case 'bridge': {
        const { ns, bridges } = this.host(link.ns)
        const bridge = new BridgeDevice(ns, link.name, ns.takeIfindex(), this.macOf(link), link.mtu ?? DEFAULT_MTU)
        for (const port of link.ports) bridge.addPort(deviceOf(ns, port.name), { hairpin: port.hairpin ?? false })
        bridges.push(bridge)
        add(ns, bridge, link.down)
        return
      }
      case 'vxlan':
        this.addVxlan(link)
        return
      case 'dummy': {
        const { ns } = this.host(link.ns)
        const device = new DummyDevice(
          ns,
          link.name,
          ns.takeIfindex(),
          'dummy',
          this.macOf(link),
          link.mtu ?? DEFAULT_MTU,
        )
        device.noArp = true
        add(ns, device, link.down)
      }
    }
  }

  private veth(end: LinkEnd, mtu: number | undefined): VethDevice {
    const { ns } = this.host(end.ns)
    const device = new VethDevice(
      ns,
      end.name,
      ns.takeIfindex(),
      'veth',
      this.macOf(end),
      end.mtu ?? mtu ?? DEFAULT_MTU,
    )
    add(ns, device, false)
    return device
  }

  private addVxlan(link: VxlanLink): void {
    const { ns } = this.host(link.ns)
    const device = new VxlanDevice(ns, link.name, ns.takeIfindex(), this.macOf(link), link.mtu ?? DEFAULT_MTU - 50, {
      vni: link.vni,
      port: link.port,
      local: addressOf(link.local),
      under: link.under === undefined ? null : deviceOf(ns, link.under),
      learning: false,
    })
    for (const { mac, to } of link.fdb ?? []) device.fdbAppend(macFrom(mac), addressOf(to))
    add(ns, device, link.down)
  }

  /** The address given, or one that nobody else has. */
  private macOf(end: { readonly mac?: string }): number {
    return end.mac === undefined ? ++this.spareMac : macFrom(end.mac)
  }

  // ------------------------------------------------------------- configuration

  private configure(scenario: Scenario): void {
    for (const [name, keys] of Object.entries(scenario.sysctls ?? {})) {
      for (const [key, value] of Object.entries(keys)) setSysctl(this.host(name), key, value)
    }
    for (const { ns, dev, addr } of scenario.addresses) {
      const prefix = parseInterfaceAddress(addr) === undefined ? `${addr}/32` : addr
      runIp(this.host(ns).ns, `addr add ${prefix} dev ${dev}`)
    }
    for (const route of scenario.routes) runIp(this.host(route.ns).ns, `route add ${routeWords(route)}`)
    for (const { ns, dev, ip, mac } of scenario.neighbours ?? []) {
      runIp(this.host(ns).ns, `neigh replace ${ip} lladdr ${mac} dev ${dev} nud permanent`)
    }
    for (const { ns, ...words } of scenario.rules ?? []) {
      runIp(this.host(String(ns)).ns, `rule add ${Object.entries(words).flat().join(' ')}`)
    }
  }

  private addRules(scenario: Scenario): void {
    for (const [name, text] of Object.entries(scenario.ipset ?? {})) this.host(name).sets.restore(text)
    for (const [name, text] of Object.entries(scenario.iptables ?? {})) this.host(name).iptables.restore(text)
  }
}

function add(ns: Namespace, device: NetDevice, down: boolean | undefined): void {
  device.up = down !== true
  ns.addDevice(device)
}

function deviceOf(ns: Namespace, name: string): NetDevice {
  const device = ns.device(name)
  if (device === undefined) throw new Error(`there is no device ${name} in ${ns.name}`)
  return device
}

function macFrom(text: string): number {
  const mac = parseMac(text)
  if (mac === undefined) throw new Error(`"${text}" is not a MAC address`)
  return mac
}

function routeWords(route: RouteSpec): string {
  const { type, dst, via, dev, src, metric, scope, table, onlink } = route
  const options = Object.entries({ via, dev, src, metric, scope, table }).filter(([, value]) => value !== undefined)
  return [type ?? '', dst, ...options.flat(), onlink === true ? 'onlink' : ''].filter((word) => word !== '').join(' ')
}
