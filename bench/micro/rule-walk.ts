import { ipv4 } from '../../src/wire/index.js'
import { ip } from '../../test/helpers/netfilter-router.js'
import type { RuleBench } from '../../test/helpers/rule-bench.js'
import { nodeWithServices, prerouting, StepCounter, synTo } from '../helpers/node-rules.js'
import { type Case, check, suite } from '../helpers/suite.js'

const COUNTS = [10, 1_000, 10_000]

/** The walk of nat PREROUTING by the first packet of a connection, in the rules of many services. */
export default async function ruleWalk(): Promise<void> {
  for (const count of COUNTS) {
    const bench = nodeWithServices(count)
    await suite(`nat PREROUTING, ${count} services`, `rule-walk-${count}`, [
      walkTo('first service', bench, () => 0),
      walkTo('last service', bench, () => count - 1),
      walkTo('random service', bench, randomOf(count)),
      traced('last service, with a trace sink', bench, count - 1),
    ])
  }
}

/** The same pseudo-random sequence every time. */
function randomOf(count: number): () => number {
  let state = 1
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state % count
  }
}

function walkTo(name: string, bench: RuleBench, next: () => number): Case {
  return [
    name,
    () => {
      const packets = Array.from({ length: 1024 }, () => synTo(next()))
      const after = prerouting(bench, synTo(0))
      check(ipv4.destination(after.view, 0) === ip('10.0.1.0'), 'the service has no effect')
      let i = 0
      return () => prerouting(bench, packets[i++ & 1023]!)
    },
  ]
}

function traced(name: string, bench: RuleBench, service: number): Case {
  return [
    name,
    () => {
      const bytes = synTo(service)
      return () => {
        const sink = new StepCounter()
        bench.sim.trace = sink
        prerouting(bench, bytes)
        bench.sim.trace = null
        check(sink.steps > 5, 'the trace is empty')
      }
    },
  ]
}
