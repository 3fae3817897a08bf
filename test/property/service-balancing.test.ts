import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatIpv4 } from '../../src/addr/index.js'
import type { Chain, Rule } from '../../src/iptables/index.js'
import { desiredRules, serviceChains } from '../../src/service/index.js'
import { type EndpointWords, input, NODE, options, service, slice } from '../helpers/proxy-objects.js'

const arbitraryEndpoints: fc.Arbitrary<EndpointWords[]> = fc.uniqueArray(
  fc.record(
    {
      ip: fc.nat(0xffff).map((n) => formatIpv4(0x0ab4_0000 + n)),
      node: fc.constantFrom(NODE, 'node-2', 'node-3'),
      ready: fc.boolean(),
      serving: fc.boolean(),
      terminating: fc.boolean(),
    },
    { requiredKeys: ['ip'] },
  ),
  { selector: (endpoint) => endpoint.ip, maxLength: 40 },
)

const NAME = { namespace: 'ns', name: 'web', port: '', protocol: 'TCP' } as const

function chainsFor(endpoints: EndpointWords[], internalTrafficPolicy: 'Cluster' | 'Local'): Map<string, Chain> {
  const objects = [
    service({ name: 'ns/web', ports: [{ port: 80 }], internalTrafficPolicy }),
    slice({ of: 'ns/web', ports: [{ port: 8080 }], endpoints }),
  ]
  const nat = desiredRules(input(objects), options()).chains.tables.find((table) => table.name === 'nat')!
  return new Map(nat.chains.map((chain) => [chain.name, chain]))
}

/** Each backend's share of new flows that enter `name`, walked with the kernel's stored probabilities. */
function shares(chains: Map<string, Chain>, name: string): Map<string, number> {
  const result = new Map<string, number>()
  let left = 1
  for (const rule of chains.get(name)?.rules ?? []) {
    if (rule.target?.kind !== 'jump' || rule.target.chain === 'KUBE-MARK-MASQ') continue
    const share = left * probability(rule)
    const backend = backendOf(chains.get(rule.target.chain)!)
    result.set(backend, (result.get(backend) ?? 0) + share)
    left -= share
  }
  return result
}

function probability(rule: Rule): number {
  for (const match of rule.matches)
    if (match.kind === 'statistic' && match.mode === 'random') return match.probability / 2 ** 31
  return 1
}

function backendOf(chain: Chain): string {
  const target = chain.rules.at(-1)?.target
  if (target?.kind !== 'DNAT') throw new Error(`${chain.name} does not end in DNAT`)
  return formatIpv4(target.to.addresses!.min)
}

/** Said once more, from the words: ready ones, else those that end and serve. */
function expected(endpoints: EndpointWords[]): string[] {
  const ready = endpoints.filter((endpoint) => endpoint.ready ?? true)
  const ending = endpoints.filter((endpoint) => (endpoint.serving ?? true) && endpoint.terminating === true)
  return (ready.length > 0 ? ready : ending).map((endpoint) => endpoint.ip).sort()
}

describe('balancing', () => {
  it.each([
    ['Cluster', 'svc', (all: EndpointWords[]) => all],
    ['Local', 'svl', (all: EndpointWords[]) => all.filter((endpoint) => endpoint.node === NODE)],
  ] as const)('policy %s: every usable endpoint gets 1/n, and no other anything', (policy, key, candidates) => {
    fc.assert(
      fc.property(arbitraryEndpoints, (endpoints) => {
        const usable = expected(candidates(endpoints))
        const found = shares(chainsFor(endpoints, policy), serviceChains(NAME)[key])
        expect([...found.keys()].sort()).toEqual(usable)
        // Ten decimals of text and 31 bits of kernel: each step may be off by as much.
        for (const share of found.values()) expect(Math.abs(share - 1 / usable.length)).toBeLessThan(2 ** -31 + 1e-10)
      }),
    )
  })
})
