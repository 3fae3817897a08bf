import { SampledChoices } from '../../src/base/index.js'
import { IpsetRegistry } from '../../src/ipset/index.js'
import { Iptables } from '../../src/iptables/index.js'
import { type AddressType, HookState, Netfilter, type NetfilterEnv } from '../../src/netfilter/index.js'
import { type Hook, type RuleStep, Simulation, type Step, type TraceSink } from '../../src/trace/index.js'
import { type DeviceRef, ipv4, Packet } from '../../src/wire/index.js'
import { ip } from './netfilter-router.js'

class Steps implements TraceSink {
  everyRule = false
  steps: Step[] = []
  packet(): void {}
  step(_id: number, _netns: string, step: Step): void {
    this.steps.push(step)
  }
  frame(): void {}
}

/** What became of a packet at a hook. */
export interface BenchResult {
  readonly verdict: string
  readonly state: HookState
  readonly pkt: Packet
  readonly steps: readonly Step[]
}

/** Rules and sets of one namespace without the namespace: packets are shown to single hooks. */
export class RuleBench {
  readonly sim: Simulation
  readonly log: Steps = new Steps()
  readonly netfilter: Netfilter
  readonly sets: IpsetRegistry
  readonly iptables: Iptables
  readonly in0: DeviceRef = { name: 'in0', ifindex: 2 }
  readonly out0: DeviceRef = { name: 'out0', ifindex: 3 }
  readonly environment: NetfilterEnv

  constructor(rules: string, sets = '', local: readonly string[] = [], seed = 1) {
    this.sim = new Simulation(new SampledChoices(seed))
    this.sim.trace = this.log
    const own = local.map(ip)
    this.environment = {
      name: 'router',
      sim: this.sim,
      clock: this.sim.queue,
      addressType: (address): AddressType => (own.includes(address) ? 'LOCAL' : 'UNICAST'),
      masqueradeAddress: () => ip('192.0.2.1'),
      pathMtu: () => 1500,
      primaryAddress: () => ip('192.0.2.2'),
    }
    this.netfilter = new Netfilter(this.environment)
    this.sets = new IpsetRegistry(this.sim.queue)
    this.sets.restore(sets)
    this.iptables = new Iptables(this.netfilter, this.environment, this.sets)
    this.iptables.restore(rules)
  }

  packet(bytes: Uint8Array): Packet {
    const pkt = new Packet(this.sim.nextPacketId(), bytes.slice(), 0x0800)
    pkt.inDev = this.in0
    return pkt
  }

  /** Runs one hook. */
  at(hook: Hook, pkt: Packet): BenchResult {
    this.log.steps = []
    const into = hook === 'OUTPUT' || hook === 'POSTROUTING' ? null : this.in0
    const out = hook === 'PREROUTING' || hook === 'INPUT' ? null : this.out0
    const state = new HookState(hook, into, out, this.environment)
    const verdict = this.netfilter.hooks.run(pkt, state)
    return { verdict, state, pkt, steps: this.log.steps }
  }

  /** PREROUTING, one TTL less, FORWARD, POSTROUTING, as far as the packet comes; gives the last hook's result. */
  forward(bytes: Uint8Array): BenchResult {
    const pkt = this.packet(bytes)
    const steps: Step[] = []
    let result = this.at('PREROUTING', pkt)
    steps.push(...result.steps)
    if (result.verdict !== 'accept') return { ...result, steps }
    ipv4.decrementTtl(pkt.view, 0)
    for (const hook of ['FORWARD', 'POSTROUTING'] as const) {
      result = this.at(hook, pkt)
      steps.push(...result.steps)
      if (result.verdict !== 'accept') break
    }
    return { ...result, steps }
  }

  sleep(ms: number): void {
    this.sim.queue.runUntil(this.sim.queue.now + ms)
  }
}

/** The walk as the kernel's trace writes it: `filter:FORWARD:rule:3`. */
export function walkLog(steps: readonly Step[]): string[] {
  return steps.flatMap((step) => {
    if (step.kind === 'rule' && step.matched) return [`${step.table}:${step.chain}:${kindOf(step)}:${step.number}`]
    if (step.kind !== 'chain-end') return []
    return [`${step.table}:${step.chain}:${step.action === 'return' ? 'return' : 'policy'}:${step.number}`]
  })
}

/** The kernel takes a bare ACCEPT, DROP or RETURN for the end of its chain. */
function kindOf(step: RuleStep): string {
  const bare = /^-A \S+ -j (ACCEPT|DROP|RETURN)$/.test(step.rule)
  if (!bare) return 'rule'
  return ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'].includes(step.chain) ? 'policy' : 'return'
}
