import { formatIpv4 } from '../../src/addr/index.js'
import type { Choices } from '../../src/base/index.js'
import { applyTo, desiredRules } from '../../src/service/index.js'
import type { Step, TraceSink } from '../../src/trace/index.js'
import type { Packet } from '../../src/wire/index.js'
import { tcpPacket } from '../../test/helpers/netfilter-router.js'
import { input, options, service, slice } from '../../test/helpers/proxy-objects.js'
import { RuleBench } from '../../test/helpers/rule-bench.js'

/** Takes the first alternative of everything, and remembers nothing. */
const FIRST: Choices = { choose: () => 0, sample: () => 0 }

/** Counts steps without keeping them. */
export class StepCounter implements TraceSink {
  readonly everyRule: boolean = false
  steps = 0
  packet(): void {}
  step(_id: number, _netns: string, _step: Step): void {
    this.steps++
  }
  frame(): void {}
}

function clusterIp(i: number): string {
  return formatIpv4(0x0a60_0000 + 256 + i)
}

/** A node's rules as kube-proxy writes them for `count` services of two endpoints each. */
export function nodeWithServices(count: number): RuleBench {
  const bench = new RuleBench('*nat\nCOMMIT\n*filter\nCOMMIT\n', '', ['192.168.0.2'])
  const objects = Array.from({ length: count }, (_, i) => [
    service({ name: `ns/s${i}`, clusterIP: clusterIp(i), ports: [{ port: 80, targetPort: 8080 }] }),
    slice({
      of: `ns/s${i}`,
      ports: [{ port: 8080 }],
      endpoints: [0, 1].map((n) => ({ ip: formatIpv4(0x0a00_0100 + 2 * i + n), ready: true })),
    }),
  ]).flat()
  bench.iptables.apply(applyTo(bench.iptables.ruleSet(), desiredRules(input(objects), options())))
  bench.sim.choices = FIRST
  bench.sim.trace = null
  return bench
}

/** The first packet of a connection to a service, as bytes to take packets from. */
export function synTo(service: number): Uint8Array {
  return tcpPacket('10.0.0.9:40000', `${clusterIp(service)}:80`, 'S')
}

/** Runs PREROUTING on a new packet; gives the packet, its destination rewritten. */
export function prerouting(bench: RuleBench, bytes: Uint8Array): Packet {
  const pkt = bench.packet(bytes)
  bench.at('PREROUTING', pkt)
  return pkt
}
