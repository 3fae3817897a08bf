import { type Cidr, cidrContains, formatIpv4, type Ipv4, parseCidr, parseIpv4 } from '../addr/index.js'
import { BridgeDevice } from '../bridge/index.js'
import { outsideNames } from './outside-names.js'
import { type HookFunction, HOOK_PRIORITY, type HookState, type Verdict } from '../netfilter/index.js'
import { EchoServer, type Route, SCOPE, TABLE } from '../netns/index.js'
import type { Simulation } from '../trace/index.js'
import { ipv4, type Packet } from '../wire/index.js'
import { DnsServer } from './dns-server.js'
import { cable, Host } from './host.js'
import { cardMac } from './names.js'

/** Link between the gateway and the outside world. */
const GATEWAY_OUTER = parseIpv4('100.64.0.1')!
const OUTSIDE_LINK = parseIpv4('100.64.0.2')!
/** The client outside when the question names none (TEST-NET-2, RFC 5737). */
export const OUTSIDE_CLIENT: Ipv4 = parseIpv4('198.51.100.10')!
/** The nodes' own resolver, outside. */
export const OUTSIDE_DNS = '198.51.100.53'

/** Networks that no outside host answers for unless it was named (RFC 1918, 6598, 3927, 1112). */
const PRIVATE: readonly Cidr[] = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '240.0.0.0/4',
  '0.0.0.0/8',
].map((text) => parseCidr(text)!)

/** Drops what reaches the outside world for an address nobody is known to have there. */
class OutsideGate implements HookFunction {
  readonly name: string = 'outside world'
  readonly priority: number = HOOK_PRIORITY.FIRST
  readonly known: Set<Ipv4> = new Set()

  run(pkt: Packet, state: HookState): Verdict {
    const destination = ipv4.destination(pkt.view, 0)
    if (state.in?.name === 'lo' || this.answers(destination)) return 'accept'
    const where = `the outside world: nobody there is known to have ${formatIpv4(destination)}`
    state.drop = { reason: 'OUTSIDE', where, rule: null }
    return 'drop'
  }

  answers(address: Ipv4): boolean {
    return this.known.has(address) || !PRIVATE.some((net) => cidrContains(net, address))
  }
}

/** Addresses and networks that the gateway must know. */
export interface UnderlayPlan {
  /** The nodes' network. */
  readonly network: Cidr
  readonly gateway: Ipv4
  /** Pods and cluster IPs: not reachable from outside. */
  readonly inside: readonly Cidr[]
  readonly hosts: Readonly<Record<string, readonly string[]>>
}

/**
 * The world around the nodes: a switch, a gateway behind it, and one host that stands for everything outside. It has
 * every public address, answers on every port and says so in its name; private addresses it has only if they were named.
 *
 * ```
 *   node-1 eth0 ─┐
 *   node-2 eth0 ─┼─ switch0 ─ eth0 gateway eth1 ─── eth0 external
 *   LAN host ────┘
 * ```
 */
export class Outside {
  readonly underlay: Host
  readonly gateway: Host
  readonly external: Host
  readonly plan: UnderlayPlan
  readonly switch: BridgeDevice
  private readonly gate: OutsideGate = new OutsideGate()
  private readonly lanHosts: Map<Ipv4, Host> = new Map()
  private readonly vips: Map<Ipv4, Ipv4> = new Map()
  private ports = 0

  constructor(sim: Simulation, plan: UnderlayPlan) {
    this.plan = plan
    this.underlay = new Host(sim, 'underlay')
    this.underlay.setSysctl('net/bridge/bridge-nf-call-iptables', 0)
    const { ns } = this.underlay
    this.switch = new BridgeDevice(ns, 'switch0', ns.takeIfindex(), cardMac(0xff0000), 1500)
    ns.addDevice(this.switch)
    this.gateway = new Host(sim, 'gateway')
    this.external = new Host(sim, 'external')
    this.buildGateway()
    this.buildExternal()
  }

  /** Plugs a machine's eth0 into the switch. */
  plug(host: Host, address: Ipv4): void {
    const n = ++this.ports
    const machine = { host, name: 'eth0', kind: 'physical' as const, mac: cardMac(n) }
    const port = { host: this.underlay, name: `port${n}`, kind: 'physical' as const, mac: cardMac(0x100000 + n) }
    const [eth0, end] = cable(machine, port, 1500)
    this.switch.addPort(end)
    host.ns.addAddress(eth0, address, this.plan.network.prefix)
  }

  private buildGateway(): void {
    const { gateway, plan } = this
    gateway.setSysctl('net/ipv4/ip_forward', 1)
    gateway.setSysctl('net/ipv4/conf/all/send_redirects', 0)
    gateway.setSysctl('net/ipv4/conf/default/send_redirects', 0)
    this.plug(gateway, plan.gateway)
    gateway.setSysctl('net/ipv4/conf/eth0/send_redirects', 0)
    const outer = { host: gateway, name: 'eth1', kind: 'physical' as const, mac: cardMac(0xfe0001) }
    const inner = { host: this.external, name: 'eth0', kind: 'physical' as const, mac: cardMac(0xfe0002) }
    const [eth1, far] = cable(outer, inner, 1500)
    gateway.ns.addAddress(eth1, GATEWAY_OUTER, 30)
    this.external.ns.addAddress(far, OUTSIDE_LINK, 30)
    gateway.route(0, 0, 'eth1', OUTSIDE_LINK)
    this.refuseInsideFromOutside()
  }

  /** Pod and cluster IPs mean nothing outside: what comes from there for them is unreachable. */
  private refuseInsideFromOutside(): void {
    const { ns } = this.gateway
    for (const net of this.plan.inside) {
      ns.addRoute(special('unreachable', net.address, net.prefix, 100))
    }
    ns.fib.addRule({
      preference: 100,
      source: null,
      destination: null,
      inDevice: 'eth1',
      outDevice: null,
      mark: null,
      tos: 0,
      invert: false,
      action: { kind: 'lookup', table: 100 },
    })
  }

  /** AnyIP: every address is local out there, except the cluster's own, which are routed. */
  private buildExternal(): void {
    const { external, plan } = this
    const { ns } = external
    ns.hooks.register('PREROUTING', this.gate)
    external.route(0, 0, 'eth0', GATEWAY_OUTER)
    ns.addRoute({ ...special('local', 0, 0, TABLE.local), nextHops: [hop(external, 'lo')], scope: SCOPE.host })
    this.throwLocal(GATEWAY_OUTER & ~3, 30)
    for (const net of [plan.network, ...plan.inside]) this.throwLocal(net.address, net.prefix)
    this.throwLocal(GATEWAY_OUTER, 32)
    EchoServer.everyPort(ns, 'outside host')
    new DnsServer(ns, 'outside DNS', null, outsideNames(plan.hosts))
  }

  /** An address of the cluster: the outside world sends it to the gateway instead of to itself. */
  private throwLocal(address: Ipv4, prefix: number): void {
    this.external.ns.addRoute(special('throw', address, prefix, TABLE.local))
  }

  /** Somebody outside is known to have this address (a manual endpoint, a client named in a question). */
  claim(address: Ipv4): void {
    this.gate.known.add(address)
  }

  /** The address is answered for by the outside world. */
  answers(address: Ipv4): boolean {
    return this.gate.answers(address)
  }

  /**
   * An outside host with this address: the world behind the gateway, or a machine of its own on the nodes' network.
   */
  hostAt(address: Ipv4): Host {
    const { plan } = this
    if (!cidrContains(plan.network, address)) {
      this.claim(address)
      return this.external
    }
    const known = this.lanHosts.get(address)
    if (known !== undefined) return known
    const host = new Host(this.underlay.ns.sim, 'external')
    this.plug(host, address)
    host.route(0, 0, 'eth0', plan.gateway)
    EchoServer.everyPort(host.ns, 'host on the nodes’ network')
    this.lanHosts.set(address, host)
    return host
  }

  /** A load balancer's address or an external IP: the gateway hands it to this node from now on. */
  routeVip(vip: Ipv4, node: Ipv4): void {
    if (this.vips.has(vip)) {
      this.gateway.ns.fib.removeRoute(TABLE.main, (r) => r.destination === vip && r.prefix === 32)
    } else {
      this.throwLocal(vip, 32)
    }
    this.vips.set(vip, node)
    this.gateway.route(vip, 32, 'eth0', node)
  }
}

function hop(host: Host, device: string): Route['nextHops'][number] {
  return { device: host.ns.device(device)!, gateway: 0, weight: 1, onlink: false }
}

function special(type: Route['type'], destination: Ipv4, prefix: number, table: number): Route {
  return {
    type,
    destination,
    prefix,
    table,
    tos: 0,
    metric: 0,
    scope: SCOPE.universe,
    protocol: 'boot',
    prefSrc: 0,
    mtu: 0,
    nextHops: [],
  }
}
