import { formatIpv4 } from '../../src/addr/index.js'
import { PingProbe, type ProbeResult, sendRaw, TcpProbe, UdpProbe } from '../../src/netns/index.js'
import { runBridgeCommand, runConntrackCommand, runIpCommand } from './commands.js'
import type {
  BurstStep,
  EchoStep,
  FlowStep,
  ObservedState,
  ObservedStep,
  PerNamespace,
  RawStep,
  ReceivedRow,
  Scenario,
  Step,
} from './format.js'
import { addressOf, rawPacket } from './raw-packet.js'
import { readState } from './state.js'
import { setSysctl } from './sysctl.js'
import { World } from './world.js'

/** How long a client waits unless its step says otherwise. */
const TIMEOUT_MS = 400
/** What passes between two steps: a command or two on the recording host. */
const PAUSE_MS = 20
/** How long the recorder watched after a hand-made packet. */
const RAW_WATCH_MS = 50

/** Steps that show frames, rules and what servers received. */
const SHOWN: ReadonlySet<Step['do']> = new Set(['tcp', 'udp', 'icmp', 'raw', 'send', 'close'])

/** What happened when the scenario ran here, in the form of `observed`. */
export interface Run {
  readonly steps: readonly ObservedStep[]
  readonly after: PerNamespace<ObservedState>
}

/** Builds the scenario's network and runs its steps. What throws in a step becomes that step's verdict. */
export function runScenario(scenario: Scenario, seed: number): Run {
  const runner = new StepRunner(scenario, seed)
  const steps = scenario.steps.map((step) => runner.tryStep(step))
  const after = Object.entries(scenario.after ?? {}).map(([ns, kinds]) => [
    ns,
    readState(runner.world.host(ns), kinds, runner.world.vxlanPorts),
  ])
  return { steps, after: Object.fromEntries(after) as PerNamespace<ObservedState> }
}

/** A connection that stays open, and who answered on it. */
interface Held {
  readonly probe: TcpProbe | UdpProbe
  by: string | undefined
}

class StepRunner {
  readonly world: World
  private readonly scenario: Scenario
  private readonly held: Map<string, Held> = new Map()
  private counted: Map<string, number> = new Map()

  constructor(scenario: Scenario, seed: number) {
    this.scenario = scenario
    this.world = new World(scenario, seed)
  }

  tryStep(step: Step): ObservedStep {
    try {
      return this.run(step)
    } catch (error) {
      return { verdict: `error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}` }
    }
  }

  private run(step: Step): ObservedStep {
    const { tap } = this.world
    tap.restart(step.frames === 'all' || step.do === 'raw')
    this.count()
    const outcome = this.act(step)
    this.wait(PAUSE_MS)
    if (!SHOWN.has(step.do)) return outcome
    const traced = (this.scenario.trace ?? []).length > 0
    return { ...outcome, received: this.received(), frames: tap.frames(), ...(traced ? { trace: tap.trace() } : {}) }
  }

  private act(step: Step): ObservedStep {
    const { world } = this
    switch (step.do) {
      case 'tcp':
      case 'udp':
        return this.flow(step)
      case 'icmp':
        return this.echo(step)
      case 'raw':
        return this.raw(step)
      case 'burst':
        return { served: this.burst(step) }
      case 'send':
        return this.again(step.on, step.timeout_ms)
      case 'close':
        this.holder(step.on).probe.close()
        return {}
      case 'iptables':
        world.host(step.ns).iptables.restore(step.restore, { noflush: true })
        return {}
      case 'ipset':
        world.host(step.ns).sets.restore(step.restore)
        return {}
      case 'ip':
        runIpCommand(world.host(step.ns), step.args)
        return {}
      case 'bridge':
        runBridgeCommand(world.host(step.ns), step.args)
        return {}
      case 'conntrack':
        runConntrackCommand(world.host(step.ns), step.args)
        return {}
      case 'sysctl':
        for (const [key, value] of Object.entries(step.set)) setSysctl(world.host(step.ns), key, value)
        return {}
      case 'sleep':
        this.wait(step.ms)
        return {}
      case 'snapshot':
        return readState(world.host(step.ns), step.what, world.vxlanPorts)
      case 'ipvs':
        throw new Error('IPVS is not modelled')
    }
  }

  /** What servers receive counts from here. */
  private count(): void {
    this.counted = new Map(this.world.servers.map(({ name, ns, server }) => [`${ns} ${name}`, server.received.length]))
  }

  private wait(ms: number): void {
    const { queue } = this.world.sim
    queue.runUntil(queue.now + ms)
  }

  // -------------------------------------------------------------------- probes

  private flow(step: FlowStep): ObservedStep {
    const probe = this.flowProbe(step.do, step)
    probe.start()
    this.finish(probe)
    const by = this.answerer(probe)
    if (step.hold !== undefined) this.held.set(step.hold, { probe, by })
    return this.outcome(probe.result!, by)
  }

  private flowProbe(protocol: 'tcp' | 'udp', step: Omit<FlowStep, 'do'>): TcpProbe | UdpProbe {
    const spec = {
      source: step.src === undefined ? 0 : addressOf(step.src),
      sourcePort: step.sport ?? 0,
      destination: addressOf(step.dst),
      destinationPort: step.dport,
      size: step.size ?? 32,
      ttl: step.ttl ?? 0,
      mark: step.mark ?? 0,
      timeoutMs: step.timeout_ms ?? TIMEOUT_MS,
      hold: step.hold !== undefined,
    }
    const { ns } = this.world.host(step.from)
    return protocol === 'tcp'
      ? new TcpProbe(ns, { ...spec, recvErr: true })
      : new UdpProbe(ns, { ...spec, pmtu: step.pmtu ?? 'want' })
  }

  private again(on: string, timeoutMs: number | undefined): ObservedStep {
    const held = this.holder(on)
    held.probe.send(timeoutMs ?? TIMEOUT_MS)
    this.finish(held.probe, timeoutMs)
    held.by = this.answerer(held.probe) ?? held.by
    return this.outcome(held.probe.result!, held.by)
  }

  private holder(on: string): Held {
    const held = this.held.get(on)
    if (held === undefined) throw new Error(`no connection is held as "${on}"`)
    return held
  }

  private echo(step: EchoStep): ObservedStep {
    const probe = new PingProbe(this.world.host(step.from).ns, {
      source: step.src === undefined ? 0 : addressOf(step.src),
      destination: addressOf(step.dst),
      id: step.id,
      sequence: step.seq,
      size: step.size ?? 56,
      df: step.df ?? false,
      ttl: step.ttl ?? 0,
      mark: step.mark ?? 0,
      timeoutMs: step.timeout_ms ?? TIMEOUT_MS,
    })
    probe.start()
    this.finish(probe)
    const { from, ttl, ...rest } = probe.result!
    const answered = from === null ? {} : { by: formatIpv4(from), ...(ttl === null ? {} : { ttl }) }
    return { ...this.outcome({ ...rest, from, ttl, client: null }, undefined), ...answered }
  }

  private raw(step: RawStep): ObservedStep {
    sendRaw(this.world.host(step.from).ns, rawPacket(step))
    this.wait(step.timeout_ms ?? RAW_WATCH_MS)
    return {}
  }

  private burst(step: BurstStep): string[] {
    return Array.from({ length: step.count }, (_, i) => {
      const source = step.sources?.[i % step.sources.length]
      const probe = this.flowProbe(step.proto, {
        from: step.from,
        ...(source === undefined ? {} : { src: source }),
        sport: step.sport + i * (step.sport_step ?? 1),
        dst: step.destinations?.[i % step.destinations.length] ?? step.dst ?? '',
        dport: step.dport,
        ...(step.timeout_ms === undefined ? {} : { timeout_ms: step.timeout_ms }),
      })
      this.count()
      probe.start()
      this.finish(probe)
      const got = this.received()[0]?.listener
      if (probe.result!.verdict === 'answered') return got ?? '?'
      return got === undefined ? probe.result!.verdict : `unanswered ${got}`
    })
  }

  /** Lets time pass until the client knows. */
  private finish(probe: { readonly result: ProbeResult | null }, timeoutMs: number = TIMEOUT_MS): void {
    const { queue } = this.world.sim
    const limit = queue.now + Math.max(timeoutMs, 60_000)
    queue.settle()
    while (probe.result === null && queue.now <= limit && queue.step());
    if (probe.result === null) throw new Error('the client never finished')
  }

  // ------------------------------------------------------------------- results

  private outcome(result: ProbeResult, by: string | undefined): ObservedStep {
    const { icmp, client } = result
    return {
      verdict: result.verdict,
      ...(result.errno === null ? {} : { errno: result.errno }),
      ...(icmp === null
        ? {}
        : { icmp: { type: icmp.type, code: icmp.code, from: formatIpv4(icmp.from), mtu: icmp.mtu } }),
      ...(client === null ? {} : { client: `${formatIpv4(client.address)}:${client.port}` }),
      ...(by === undefined || result.verdict !== 'answered' ? {} : { by }),
    }
  }

  /** The listener that took this step's request. */
  private answerer(probe: TcpProbe | UdpProbe): string | undefined {
    return probe.result?.verdict === 'answered' ? this.received().at(-1)?.listener : undefined
  }

  private received(): ReceivedRow[] {
    return this.world.servers.flatMap(({ name, ns, server }) =>
      server.received.slice(this.counted.get(`${ns} ${name}`) ?? 0).map((got) => ({
        listener: name,
        ns,
        local: `${formatIpv4(got.local)}:${got.localPort}`,
        peer: `${formatIpv4(got.peer)}:${got.peerPort}`,
        ...(got.replyError === null ? {} : { reply_error: got.replyError }),
      })),
    )
  }
}
