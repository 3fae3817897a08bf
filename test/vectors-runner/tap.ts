import { formatIpv4 } from '../../src/addr/index.js'
import { HookChains, type HookFunction, type HookState, type Verdict } from '../../src/netfilter/index.js'
import type { ChainEndStep, Hook, RuleStep, Step, TraceSink } from '../../src/trace/index.js'
import { arp, type DeviceRef, ethernet, type Packet } from '../../src/wire/index.js'
import type { FrameRow, TraceRow } from './format.js'
import { packetRow, type PacketRow } from './packet-row.js'
import { TcpFilter } from './tcp-filter.js'

/** What to write down. */
export interface TapOptions {
  /** Namespaces whose frames are left out. */
  readonly untapped: ReadonlySet<string>
  /** Namespaces whose rule walk is wanted. */
  readonly traced: ReadonlySet<string>
  readonly arp: boolean
  readonly vxlanPorts: ReadonlySet<number>
}

/** What a rule sees of a packet. */
interface Look {
  readonly row: PacketRow | null
  readonly mark: number
}

/** A hook function at work. */
interface Visit {
  readonly pkt: Packet
  readonly state: HookState
  /** The packet as it was after the last event: a target's own change shows only in what follows. */
  look: Look
}

interface Group {
  readonly id: number
  readonly key: string
  readonly head: readonly (string | number)[]
  readonly rules: string[]
}

/** Writes down frames and rule walks in the form of vector files. */
export class Tap implements TraceSink {
  readonly everyRule = false
  private readonly options: TapOptions
  private readonly filter: TcpFilter = new TcpFilter()
  private readonly visits: Visit[] = []
  private rows: FrameRow[] = []
  private groups: Group[] = []

  constructor(options: TapOptions) {
    this.options = options
  }

  /** Begins a new step; `all` lists every TCP segment. */
  restart(all: boolean): void {
    this.filter.restart(all)
    this.rows = []
    this.groups = []
  }

  /** What the step showed so far. */
  frames(): FrameRow[] {
    return this.rows
  }

  trace(): TraceRow[] {
    return this.groups.map(({ head, rules }) => [...head, rules])
  }

  packet(): void {
    // Rows speak of frames and rules only.
  }

  frame(pkt: Packet, netns: string, device: string, direction: 'in' | 'out'): void {
    if (this.options.untapped.has(netns)) return
    if (pkt.etherType === ethernet.ETHERTYPE.ARP) {
      if (this.options.arp) this.rows.push([netns, device, direction, ...arpColumns(pkt)])
      return
    }
    if (pkt.etherType !== ethernet.ETHERTYPE.IPV4) return
    const row = packetRow(pkt.bytes, this.options.vxlanPorts)
    if (row === null || !this.filter.lists(pkt.id, `${netns} ${device} ${direction}`, row)) return
    const { protocol, source, destination, note, ttl, length } = row
    this.rows.push([
      netns,
      device,
      direction,
      protocol,
      source,
      destination,
      note,
      ttl,
      protocol === 'tcp' ? null : length,
    ])
  }

  /** A hook function begins. */
  enter(pkt: Packet, state: HookState): void {
    this.visits.push({ pkt, state, look: this.lookAt(pkt) })
  }

  leave(): void {
    this.visits.pop()
  }

  step(id: number, netns: string, step: Step): void {
    if (step.kind !== 'rule' && step.kind !== 'chain-end') return
    const visit = this.visits.at(-1)
    if (visit === undefined || !this.options.traced.has(netns)) return
    const { look } = visit
    visit.look = this.lookAt(visit.pkt)
    // The log was told to leave the outer packets of tunnels out.
    if (look.row === null || look.row.protocol === 'vxlan' || !this.filter.lists(id, `${netns} ${step.hook}`, look.row))
      return
    const text = eventText(step)
    if (text !== null) this.add(id, headOf(netns, visit, look.row, look.mark), text)
  }

  private add(id: number, head: Group['head'], text: string): void {
    const key = head.join(' ')
    const last = this.groups.findLast((group) => group.head[0] === head[0])
    const goesOn = last !== undefined && last.id === id && last.key === key && !last.rules.includes(text)
    if (goesOn) last.rules.push(text)
    else this.groups.push({ id, key, head, rules: [text] })
  }

  private lookAt(pkt: Packet): Look {
    return { row: packetRow(pkt.bytes, this.options.vxlanPorts), mark: pkt.mark }
  }
}

function arpColumns(pkt: Packet): (string | null)[] {
  const kind = arp.op(pkt.view, 0) === arp.REQUEST ? 'request' : 'reply'
  return ['arp', formatIpv4(arp.spa(pkt.view, 0)), formatIpv4(arp.tpa(pkt.view, 0)), kind, null, null]
}

function headOf(netns: string, visit: Visit, row: PacketRow, mark: number): (string | number)[] {
  const { pkt, state } = visit
  const input = withPort(state.in, pkt.bridge?.physIn ?? null)
  const output = withPort(state.out, pkt.bridge?.physOut ?? null)
  return [netns, input, output, row.protocol, row.source, row.destination, row.note, mark]
}

/** `docker0(veth1)`: a device, with the bridge port the frame came or goes by. */
function withPort(device: DeviceRef | null, port: DeviceRef | null): string {
  if (device === null) return ''
  return port === null || port.name === device.name ? device.name : `${device.name}(${port.name})`
}

const BUILT_IN: ReadonlySet<string> = new Set<Hook>(['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'])

/** The event as the kernel's trace log names it; null for a rule that did not match. */
function eventText(step: RuleStep | ChainEndStep): string | null {
  const end = BUILT_IN.has(step.chain) ? 'policy' : 'return'
  const prefix = `${step.table}:${step.chain}`
  if (step.kind === 'chain-end') return `${prefix}:${end}:${step.number}`
  if (!step.matched) return null
  // The log takes a rule without any match that ends the chain for the chain's end.
  const looksLikeEnd = /^-A \S+ -j (?:ACCEPT|DROP|RETURN)$/.test(step.rule)
  return `${prefix}:${looksLikeEnd ? end : 'rule'}:${step.number}`
}

/** Hook chains that tell a tap which function is at work on which packet. */
export class TappedHooks extends HookChains {
  private readonly tap: Tap
  private readonly tapped: Map<HookFunction, HookFunction> = new Map()

  constructor(tap: Tap) {
    super()
    this.tap = tap
  }

  override register(hook: Hook, fn: HookFunction): void {
    let tapped = this.tapped.get(fn)
    if (tapped === undefined) {
      tapped = new TappedFunction(fn, this.tap)
      this.tapped.set(fn, tapped)
    }
    super.register(hook, tapped)
  }

  override unregister(hook: Hook, fn: HookFunction): void {
    super.unregister(hook, this.tapped.get(fn) ?? fn)
  }
}

class TappedFunction implements HookFunction {
  readonly name: string
  readonly priority: number
  private readonly fn: HookFunction
  private readonly tap: Tap

  constructor(fn: HookFunction, tap: Tap) {
    this.name = fn.name
    this.priority = fn.priority
    this.fn = fn
    this.tap = tap
  }

  run(pkt: Packet, state: HookState): Verdict {
    this.tap.enter(pkt, state)
    const verdict = this.fn.run(pkt, state)
    this.tap.leave()
    return verdict
  }
}
