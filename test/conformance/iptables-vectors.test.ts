import { readFileSync } from 'node:fs'
import { describe, expect, it, test } from 'vitest'
import { ip, tcpPacket, udpPacket } from '../helpers/netfilter-router.js'
import { RuleBench, walkLog } from '../helpers/rule-bench.js'
import { formatIpv4 } from '../../src/addr/index.js'
import { ipv4 } from '../../src/wire/index.js'

interface Step {
  readonly do: string
  readonly src?: string
  readonly dst: string
  readonly dport: number
  readonly sport: number
  readonly restore?: string
}
interface Vector {
  readonly scenario: {
    readonly iptables: Readonly<Record<string, string>>
    readonly ipset?: Readonly<Record<string, string>>
    readonly steps: readonly Step[]
  }
  readonly observed: {
    readonly steps: readonly {
      readonly verdict?: string
      readonly served?: readonly string[]
      readonly trace?: readonly (readonly unknown[])[]
    }[]
    readonly after: Readonly<Record<string, { counters: Counters }>>
  }
}
type Counters = Readonly<Record<string, Readonly<Record<string, { rules: readonly [number, number, string][] }>>>>

function load(name: string): Vector {
  return JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8')) as Vector
}

/** The router's addresses. */
const OWN: readonly string[] = ['10.244.1.1', '10.244.2.1']

const bench = (vector: Vector, node: string): RuleBench =>
  new RuleBench(vector.scenario.iptables[node]!, vector.scenario.ipset?.[node], OWN)

const PAYLOAD = new Uint8Array(32)

describe.each(['matches-basic', 'ipset-types', 'chains-jump-goto-return'])('%s', (name) => {
  it('each first packet meets the fate it met in the kernel', () => {
    const vector = load(name)
    const router = bench(vector, 'router')
    const seen: string[] = []
    const wanted: string[] = []
    vector.scenario.steps.forEach((step, i) => {
      if (step.do === 'ipset') router.sets.restore(step.restore!)
      if ((step.do !== 'udp' && step.do !== 'tcp') || OWN.includes(step.dst)) return
      const from = `${step.src ?? '10.244.1.2'}:${step.sport}`
      const to = `${step.dst}:${step.dport}`
      const bytes = step.do === 'udp' ? udpPacket(from, to, PAYLOAD) : tcpPacket(from, to, 'S')
      const { verdict, state } = router.forward(bytes)
      const observed = vector.observed.steps[i]!.verdict!
      const label = `${i} ${from} > ${to}`
      if (state.reject !== null) seen.push(`${label} refused`)
      else seen.push(`${label} ${verdict === 'drop' ? 'lost' : 'passed'}`)
      // An answer that never comes may be no rule's doing: only the first packet is judged here.
      const passed = observed === 'answered' || (observed === 'timeout' && name === 'ipset-types')
      wanted.push(`${label} ${passed ? 'passed' : observed === 'refused' ? 'refused' : 'lost'}`)
    })
    expect(seen.length).toBeGreaterThan(5)
    expect(seen).toEqual(wanted)
  })
})

test('chains-jump-goto-return: the walk is the one the kernel logged', () => {
  const vector = load('chains-jump-goto-return')
  const router = bench(vector, 'router')
  let compared = 0
  vector.scenario.steps.forEach((step, i) => {
    if (step.do !== 'udp' || OWN.includes(step.dst)) return
    const { steps } = router.forward(udpPacket(`10.244.1.2:${step.sport}`, `${step.dst}:${step.dport}`, PAYLOAD))
    const first = (vector.observed.steps[i]!.trace ?? []).filter((row) => row[0] === 'router' && row[1] === 'in0')
    const logged = first.filter((row) => row[4] === `10.244.1.2:${step.sport}`).flatMap((row) => row[8] as string[])
    expect(walkLog(steps), JSON.stringify(step)).toEqual(logged)
    compared++
  })
  expect(compared).toBeGreaterThan(5)
})

test('statistic-nth: the sequence of servers and the counters', () => {
  const vector = load('statistic-nth')
  const node = bench(vector, 'node')
  vector.scenario.steps.forEach((step, i) => {
    const observed = vector.observed.steps[i]!.served
    if (step.do !== 'burst' || observed === undefined) return
    const served = observed.map((_, flow) => {
      const pkt = node.packet(udpPacket(`10.244.1.6:${step.sport + flow}`, `${step.dst}:${step.dport}`, PAYLOAD))
      expect(node.at('PREROUTING', pkt).verdict).toBe('accept')
      const destination = ipv4.destination(pkt.view, 0)
      return destination === ip(step.dst) ? 'timeout' : `w${Number(formatIpv4(destination).split('.')[3]) - 1}`
    })
    expect(served).toEqual(observed)
  })
  const listed = new Map(node.iptables.counters('nat').map((chain) => [chain.chain, chain.rules]))
  for (const [chain, { rules }] of Object.entries(vector.observed.after['node']!.counters['nat']!)) {
    const ours = listed.get(chain)!.map((r) => [r.packets, r.bytes, r.rule.replace(/^-A \S+ /, '')])
    expect(ours, chain).toEqual(rules)
  }
})
