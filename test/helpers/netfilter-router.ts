import { parseIpv4 } from '../../src/addr/index.js'
import { SampledChoices } from '../../src/base/index.js'
import {
  connectionOf,
  type Connection,
  ctStateOf,
  HOOK_PRIORITY,
  HookState,
  NatHook,
  type NatRange,
  Netfilter,
  type NetfilterEnv,
  rangeOf,
  setupNat,
  type Verdict,
} from '../../src/netfilter/index.js'
import { type Hook, Simulation, type Step, type TraceSink } from '../../src/trace/index.js'
import { type DeviceRef, icmpv4, ipv4, Packet, sctp, tcp, udp } from '../../src/wire/index.js'

/** A dotted address as a number. */
export function ip(text: string): number {
  const address = parseIpv4(text)
  if (address === undefined) throw new Error(`${text} is no address`)
  return address
}

/** A NAT rule of the test: the first that matches at its hook wins. */
export interface NatRule {
  readonly hook: Hook
  readonly matches: (pkt: Packet) => boolean
  readonly range: NatRange
  readonly by: string
  readonly masquerade?: boolean
}

/** Keeps the steps of the trace. */
export class StepLog implements TraceSink {
  readonly everyRule: boolean = false
  readonly steps: Step[] = []
  packet(): void {}
  step(_id: number, _netns: string, step: Step): void {
    this.steps.push(step)
  }
  frame(): void {}
}

/** One namespace's netfilter without a namespace: takes packets through the hooks of a forwarded or local path. */
export class NetfilterRouter {
  readonly sim: Simulation
  readonly log: StepLog = new StepLog()
  readonly netfilter: Netfilter
  readonly rules: NatRule[] = []
  readonly in0: DeviceRef = { name: 'in0', ifindex: 2 }
  out0: DeviceRef = { name: 'out0', ifindex: 3 }
  /** Why the last packet was dropped. */
  dropReason: string | null = null
  readonly env: NetfilterEnv

  constructor(seed = 1) {
    this.sim = new Simulation(new SampledChoices(seed))
    this.sim.trace = this.log
    this.env = {
      name: 'router',
      sim: this.sim,
      clock: this.sim.queue,
      addressType: () => 'UNICAST',
      masqueradeAddress: () => null,
      pathMtu: () => 1500,
      primaryAddress: () => null,
    }
    this.netfilter = new Netfilter(this.env)
    this.netfilter.retainConntrack()
    this.registerNat()
  }

  private registerNat(): void {
    const rules = { lookup: (pkt: Packet, state: HookState): Verdict => this.lookup(pkt, state) }
    const { hooks } = this.netfilter
    hooks.register('PREROUTING', new NatHook('nat', HOOK_PRIORITY.NAT_DST, rules))
    hooks.register('OUTPUT', new NatHook('nat', HOOK_PRIORITY.NAT_DST, rules))
    hooks.register('INPUT', new NatHook('nat', HOOK_PRIORITY.NAT_SRC, rules))
    hooks.register('POSTROUTING', new NatHook('nat', HOOK_PRIORITY.NAT_SRC, rules))
  }

  private lookup(pkt: Packet, state: HookState): Verdict {
    const rule = this.rules.find((candidate) => candidate.hook === state.hook && candidate.matches(pkt))
    const connection = connectionOf(pkt)
    if (rule === undefined || connection === null) return 'accept'
    const manip = state.hook === 'POSTROUTING' || state.hook === 'INPUT' ? 'source' : 'destination'
    if (rule.masquerade === true) connection.masqueradeIndex = state.out!.ifindex
    return setupNat(pkt, connection, rule.range, manip, state, rule.by)
  }

  /** Rewrites the destination of packets for `address` to `range`. */
  dnat(address: string, range: NatRange): void {
    this.rules.push({ hook: 'PREROUTING', matches: isFor(address), range, by: 'DNAT' })
    this.rules.push({ hook: 'OUTPUT', matches: isFor(address), range, by: 'DNAT' })
  }

  /** Rewrites the source of forwarded and sent packets that `matches`. */
  snat(range: NatRange, matches: (pkt: Packet) => boolean = () => true): void {
    this.rules.push({ hook: 'POSTROUTING', matches, range, by: 'SNAT' })
  }

  private run(pkt: Packet, hook: Hook, inDev: DeviceRef | null, outDev: DeviceRef | null): boolean {
    const state = new HookState(hook, inDev, outDev, this.env)
    const verdict = this.netfilter.hooks.run(pkt, state)
    this.dropReason = state.drop?.reason ?? null
    return verdict === 'accept'
  }

  /** PREROUTING, FORWARD, POSTROUTING; null = it did not come out. */
  forward(bytes: Uint8Array): Packet | null {
    const pkt = new Packet(this.sim.nextPacketId(), bytes.slice(), 0x0800)
    pkt.inDev = this.in0
    if (!this.run(pkt, 'PREROUTING', this.in0, null)) return null
    if (!this.run(pkt, 'FORWARD', this.in0, this.out0)) return null
    return this.run(pkt, 'POSTROUTING', null, this.out0) ? pkt : null
  }

  /** PREROUTING, INPUT. */
  deliver(bytes: Uint8Array): Packet | null {
    const pkt = new Packet(this.sim.nextPacketId(), bytes.slice(), 0x0800)
    if (!this.run(pkt, 'PREROUTING', this.in0, null)) return null
    return this.run(pkt, 'INPUT', this.in0, null) ? pkt : null
  }

  /** OUTPUT, POSTROUTING. */
  send(bytes: Uint8Array): Packet | null {
    const pkt = new Packet(this.sim.nextPacketId(), bytes.slice(), 0x0800)
    if (!this.run(pkt, 'OUTPUT', null, this.out0)) return null
    return this.run(pkt, 'POSTROUTING', null, this.out0) ? pkt : null
  }

  /** The state a forwarded packet has at FORWARD, whatever becomes of it. */
  stateOf(bytes: Uint8Array): string {
    const pkt = this.forward(bytes)
    return pkt === null ? 'dropped' : ctStateOf(pkt)
  }

  /** Time passes. */
  sleep(ms: number): void {
    this.sim.queue.runUntil(this.sim.queue.now + ms)
  }

  entries(): Connection[] {
    return [...this.netfilter.conntrack.entries()]
  }
}

function isFor(address: string): (pkt: Packet) => boolean {
  const wanted = ip(address)
  return (pkt) => ipv4.destination(pkt.view, 0) === wanted
}

/** A range of one address, or of `first`-`last`. */
export function addresses(first: string, last: string = first, more: Partial<NatRange> = {}): NatRange {
  return { ...rangeOf(ip(first)), maxAddress: ip(last), ...more }
}

interface End {
  readonly address: number
  readonly port: number
}

function end(text: string): End {
  const [address, port] = text.split(':')
  return { address: ip(address!), port: Number(port ?? 0) }
}

function wrap(protocol: number, from: End, to: End, payload: Uint8Array): Uint8Array {
  return ipv4.emit({ id: 1, ttl: 64, protocol, source: from.address, destination: to.address, payload })
}

/** A UDP datagram between `address:port` ends. */
export function udpPacket(from: string, to: string, payload: Uint8Array = new Uint8Array(4)): Uint8Array {
  const [a, b] = [end(from), end(to)]
  const datagram = udp.emit({ sourcePort: a.port, destinationPort: b.port, payload }, a.address, b.address)
  return wrap(ipv4.PROTOCOL.UDP, a, b, datagram)
}

const FLAGS: Readonly<Record<string, number>> = {
  S: tcp.SYN,
  F: tcp.FIN,
  R: tcp.RST,
  P: tcp.PSH,
  A: tcp.ACK,
  U: tcp.URG,
}

export interface SegmentOptions {
  readonly seq?: number
  readonly ack?: number
  readonly window?: number
  readonly payload?: number
  readonly options?: tcp.TcpOptions
}

/** A TCP segment; flags as letters: `SA`. */
export function tcpPacket(from: string, to: string, flags: string, more: SegmentOptions = {}): Uint8Array {
  const [a, b] = [end(from), end(to)]
  const segment: tcp.SegmentFields = {
    sourcePort: a.port,
    destinationPort: b.port,
    seq: more.seq ?? 0,
    ack: more.ack ?? 0,
    flags: [...flags].reduce((sum, letter) => sum | FLAGS[letter]!, 0),
    window: more.window ?? 64240,
    options: more.options ?? {},
    payload: new Uint8Array(more.payload ?? 0),
  }
  return wrap(ipv4.PROTOCOL.TCP, a, b, tcp.emit(segment, a.address, b.address))
}

/** An ICMP query or answer. */
export function icmpPacket(from: string, to: string, type: number, id: number): Uint8Array {
  const message = icmpv4.emit({ type, code: 0, rest: id * 0x1_0000 + 1, payload: new Uint8Array(8) })
  return wrap(ipv4.PROTOCOL.ICMP, end(from), end(to), message)
}

/** An ICMP error that quotes `quote`, `length` bytes of it. */
export function icmpErrorPacket(from: string, to: string, type: number, quote: Uint8Array, length = 28): Uint8Array {
  const message = icmpv4.emitError({ type, code: 1, quote: quote.subarray(0, length) })
  return wrap(ipv4.PROTOCOL.ICMP, end(from), end(to), message)
}

/** An SCTP packet with one chunk. */
export function sctpPacket(from: string, to: string, tag: number, chunk: sctp.Chunk): Uint8Array {
  const [a, b] = [end(from), end(to)]
  const packet = sctp.emit({ sourcePort: a.port, destinationPort: b.port, verificationTag: tag, chunks: [chunk] })
  return wrap(ipv4.PROTOCOL.SCTP, a, b, packet)
}
