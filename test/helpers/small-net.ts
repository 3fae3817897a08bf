import { parseInterfaceAddress, parseIpv4 } from '../../src/addr/index.js'
import { SampledChoices } from '../../src/base/index.js'
import { BridgeDevice } from '../../src/bridge/index.js'
import { IpsetRegistry } from '../../src/ipset/index.js'
import { Iptables } from '../../src/iptables/index.js'
import { VethDevice } from '../../src/netdev/index.js'
import { Netfilter } from '../../src/netfilter/index.js'
import {
  EchoServer,
  Namespace,
  PingProbe,
  type PingSpec,
  type ProbeResult,
  type ProbeSpec,
  runIp,
  TcpProbe,
  UdpProbe,
  type UdpProbeSpec,
} from '../../src/netns/index.js'
import { Simulation, type Step, type TraceSink } from '../../src/trace/index.js'
import { arp, icmpv4, ipv4, type Packet, tcp, transportPorts, udp } from '../../src/wire/index.js'

/** A dotted address as a number. */
export function ip(text: string): number {
  const address = parseIpv4(text)
  if (address === undefined) throw new Error(`${text} is no address`)
  return address
}

/** A frame as it passed a device. */
export interface SeenFrame {
  readonly at: number
  readonly netns: string
  readonly device: string
  readonly direction: 'in' | 'out'
  /** One line: addresses, what it is, TTL. */
  readonly text: string
  readonly bytes: Uint8Array
  readonly packet: Packet
}

/** A step as it happened to a packet. */
export interface SeenStep {
  readonly at: number
  readonly netns: string
  readonly id: number
  readonly step: Step
}

/** Keeps frames and steps. */
class Recording implements TraceSink {
  readonly everyRule: boolean = false
  readonly frames: SeenFrame[] = []
  readonly steps: SeenStep[] = []
  private readonly sim: Simulation

  constructor(sim: Simulation) {
    this.sim = sim
  }

  packet(): void {}

  step(id: number, netns: string, step: Step): void {
    this.steps.push({ at: this.sim.queue.now, netns, id, step })
  }

  frame(pkt: Packet, netns: string, device: string, direction: 'in' | 'out'): void {
    const packet = pkt.copy()
    const at = this.sim.queue.now
    this.frames.push({ at, netns, device, direction, text: summary(packet), bytes: packet.bytes, packet })
  }
}

/** A host of a {@link SmallNet}: a namespace with netfilter and iptables. */
export class SmallHost {
  readonly ns: Namespace
  readonly netfilter: Netfilter
  readonly iptables: Iptables
  private readonly net: SmallNet

  constructor(net: SmallNet, name: string) {
    this.net = net
    this.ns = new Namespace(net.sim, name)
    this.netfilter = new Netfilter(this.ns, this.ns.hooks)
    this.iptables = new Iptables(this.netfilter, this.ns, new IpsetRegistry(this.ns.clock))
  }

  /** The arguments of `ip`, one command each. */
  ip(...commands: readonly string[]): this {
    for (const command of commands) runIp(this.ns, command)
    return this
  }

  /** Values of sysctls below net/ipv4/. */
  sysctl(values: Readonly<Record<string, number>>): this {
    for (const [key, value] of Object.entries(values)) {
      this.ns.sysctls.set(key.startsWith('net/') ? key : `net/ipv4/${key}`, value)
    }
    return this
  }

  /** `iptables-restore --noflush` of rules of one table. */
  rules(table: string, ...rules: readonly string[]): this {
    this.iptables.restore([`*${table}`, ...rules, 'COMMIT', ''].join('\n'), { noflush: true })
    return this
  }

  device(name: string): VethDevice {
    const device = this.ns.device(name)
    if (!(device instanceof VethDevice)) throw new Error(`${name} is no veth of ${this.ns.name}`)
    return device
  }

  bridge(name: string): BridgeDevice {
    const device = this.ns.device(name)
    if (!(device instanceof BridgeDevice)) throw new Error(`${name} is no bridge of ${this.ns.name}`)
    return device
  }

  /** An echo server: `tcp/80`, or `udp/53@10.0.0.1` on one address. */
  serve(where: string): EchoServer {
    const [, protocol, port, address] = /^(tcp|udp|sctp)\/(\d+)(?:@(.+))?$/.exec(where)!
    return new EchoServer(this.ns, {
      protocol: protocol as 'tcp' | 'udp' | 'sctp',
      port: Number(port),
      address: address === undefined ? 0 : ip(address),
      name: `${this.ns.name} ${where}`,
    })
  }

  /** Starts a TCP client towards `address:port`. */
  tcp(to: string, more: Partial<ProbeSpec> = {}): TcpProbe {
    const probe = new TcpProbe(this.ns, { timeoutMs: 400, ...end(to), ...more })
    probe.start()
    return probe
  }

  /** Starts a UDP client towards `address:port`. */
  udp(to: string, more: Partial<UdpProbeSpec> = {}): UdpProbe {
    const probe = new UdpProbe(this.ns, { timeoutMs: 400, ...end(to), ...more })
    probe.start()
    return probe
  }

  /** Starts a ping. */
  ping(to: string, more: Partial<PingSpec> = {}): PingProbe {
    const probe = new PingProbe(this.ns, { destination: ip(to), id: 7, sequence: 1, timeoutMs: 400, ...more })
    probe.start()
    return probe
  }

  /** Frames of this host's devices in one line each: `eth0 out …`. */
  seen(device?: string): string[] {
    return this.net.recording.frames
      .filter((f) => f.netns === this.ns.name && (device === undefined || f.device === device))
      .map((f) => `${f.device} ${f.direction} ${f.text}`)
  }

  /** Reasons of this host's drops, in order. */
  dropped(): string[] {
    return this.net.recording.steps.flatMap(({ netns, step }) =>
      netns === this.ns.name && step.kind === 'drop' ? [step.reason] : [],
    )
  }
}

/** A network of a few hosts in a test: made in two or three lines, run on the virtual clock. */
export class SmallNet {
  readonly sim: Simulation
  readonly recording: Recording
  private readonly hosts: Map<string, SmallHost> = new Map()
  private macs = 0x020000000000

  constructor(seed = 1) {
    this.sim = new Simulation(new SampledChoices(seed))
    this.recording = new Recording(this.sim)
    this.sim.trace = this.recording
  }

  /** Hosts by name; a name not yet known makes one. */
  host(name: string): SmallHost {
    let host = this.hosts.get(name)
    if (host === undefined) {
      host = new SmallHost(this, name)
      this.hosts.set(name, host)
    }
    return host
  }

  /** A veth pair between `host:device [address/prefix …]` ends; MACs count up from 02:00:00:00:00:01. */
  cable(a: string, b: string, mtu = 1500): this {
    VethDevice.join(this.end(a, mtu), this.end(b, mtu))
    return this
  }

  private end(text: string, mtu: number): VethDevice {
    const [place, ...addresses] = text.split(' ')
    const [hostName, name] = place!.split(':')
    const { ns } = this.host(hostName!)
    const device = new VethDevice(ns, name!, ns.takeIfindex(), 'veth', ++this.macs, mtu)
    ns.addDevice(device)
    addAddresses(ns, device, addresses)
    return device
  }

  /** A bridge `host:device [address/prefix …]` with the host's devices as ports, in this order. */
  bridge(text: string, ...ports: readonly string[]): BridgeDevice {
    const [place, ...addresses] = text.split(' ')
    const [hostName, name] = place!.split(':')
    const host = this.host(hostName!)
    const bridge = new BridgeDevice(host.ns, name!, host.ns.takeIfindex(), ++this.macs, 1500)
    host.ns.addDevice(bridge)
    for (const port of ports) bridge.addPort(host.device(port))
    addAddresses(host.ns, bridge, addresses)
    return bridge
  }

  /** Lets time pass, in milliseconds. */
  run(ms = 400): this {
    this.sim.queue.runUntil(this.sim.queue.now + ms)
    return this
  }

  /** What a client found out, after time enough for its answer. */
  result(probe: { readonly result: ProbeResult | null }, ms = 400): ProbeResult {
    this.run(ms)
    if (probe.result === null) throw new Error('the client still waits')
    return probe.result
  }

  /** Forgets what was recorded. */
  restart(): this {
    this.recording.frames.length = 0
    this.recording.steps.length = 0
    return this
  }
}

function addAddresses(ns: Namespace, device: VethDevice | BridgeDevice, texts: readonly string[]): void {
  for (const text of texts) {
    const address = parseInterfaceAddress(text)
    if (address === undefined) throw new Error(`${text} is no address with a prefix`)
    ns.addAddress(device, address.address, address.prefix)
  }
}

/** Two hosts on one cable: `a` 10.0.0.1/24 and `b` 10.0.0.2/24, both eth0. */
export function pair(): { net: SmallNet; a: SmallHost; b: SmallHost } {
  const net = new SmallNet().cable('a:eth0 10.0.0.1/24', 'b:eth0 10.0.0.2/24')
  return { net, a: net.host('a'), b: net.host('b') }
}

/** `a` 10.0.0.2 – 10.0.0.1 `r` 10.0.1.1 – 10.0.1.2 `b`; r forwards, and no ICMP error is limited by destination. */
export function routed(mtu = 1500): { net: SmallNet; a: SmallHost; r: SmallHost; b: SmallHost } {
  const net = new SmallNet()
    .cable('a:eth0 10.0.0.2/24', 'r:eth0 10.0.0.1/24')
    .cable('r:eth1 10.0.1.1/24', 'b:eth0 10.0.1.2/24', mtu)
  const [a, r, b] = [net.host('a'), net.host('r'), net.host('b')]
  a.ip('route add default via 10.0.0.1')
  b.ip('route add default via 10.0.1.1')
  r.sysctl({ ip_forward: 1, icmp_ratelimit: 0 })
  return { net, a, r, b }
}

function end(text: string): { destination: number; destinationPort: number } {
  const [address, port] = text.split(':')
  return { destination: ip(address!), destinationPort: Number(port) }
}

/** One line about a packet: `10.0.0.1 > 10.0.0.2 echo-request ttl 64`. */
function summary({ etherType, view, bytes }: Packet): string {
  if (etherType === 0x0806) {
    const what = arp.op(view, 0) === arp.REQUEST ? 'who-has' : 'is-at'
    return `arp ${dotted(arp.spa(view, 0))} ${what} ${dotted(arp.tpa(view, 0))}`
  }
  if (etherType !== 0x0800 || bytes.length < ipv4.HEADER_LEN) return `0x${etherType.toString(16)}`
  const ends = `${dotted(ipv4.source(view, 0))} > ${dotted(ipv4.destination(view, 0))}`
  const fragment = ipv4.isFragment(view, 0) ? ` frag ${ipv4.fragmentOffset(view, 0)}${ipv4.mf(view, 0) ? '+' : ''}` : ''
  return `${ends} ${transport(view)}${fragment} ttl ${ipv4.ttl(view, 0)}`
}

function transport(view: DataView): string {
  const at = ipv4.headerLength(view, 0)
  const protocol = ipv4.protocol(view, 0)
  if (ipv4.fragmentOffset(view, 0) !== 0) return ipv4.protocolName(protocol)
  const ports = transportPorts(view, 0)
  if (protocol === ipv4.PROTOCOL.ICMP) return icmpv4.describe(icmpv4.type(view, at), icmpv4.code(view, at))
  if (protocol === ipv4.PROTOCOL.TCP) return `tcp ${ports?.destinationPort} ${tcp.flagText(tcp.flags(view, at))}`
  if (protocol === ipv4.PROTOCOL.UDP) return `udp ${udp.destinationPort(view, at)}`
  return ipv4.protocolName(protocol)
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((bit) => (address >>> bit) & 255).join('.')
}
