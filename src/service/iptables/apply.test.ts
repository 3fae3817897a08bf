import { describe, expect, it } from 'vitest'
import type { Chain, Rule, RuleSet, Table } from '../../iptables/index.js'
import { proxyOptions } from '../options.js'
import { applyTo } from './apply.js'
import { desiredRules } from './desired-state.js'
import { comment, DROP, jump, rule } from './rule-builder.js'

const node = { name: 'node-1', ips: ['192.168.0.2'], labels: {}, localAddresses: [] }
const desired = desiredRules({ services: [], endpointSlices: [], node }, proxyOptions())

const other: Rule = rule({ matches: [comment('somebody else')], target: DROP })
const chain = (name: string, rules: readonly Rule[], policy: Chain['policy'] = null): Chain => ({ name, policy, rules })

function tables(filter: readonly Chain[], nat: readonly Chain[] = []): RuleSet {
  return {
    tables: [
      { name: 'nat', chains: nat },
      { name: 'filter', chains: filter },
    ],
  }
}

function table(rules: RuleSet, name: Table['name']): Table {
  return rules.tables.find((t) => t.name === name)!
}

function rulesOf(rules: RuleSet, name: Table['name'], chainName: string): readonly Rule[] | undefined {
  return table(rules, name).chains.find((c) => c.name === chainName)?.rules
}

describe('applyTo', () => {
  it('twice is once', () => {
    const once = applyTo({ tables: [] }, desired)
    expect(applyTo(once, desired)).toEqual(once)
  })

  it('leaves chains, rules and policies of others as they are, in front of nothing', () => {
    const before = tables([
      chain('FORWARD', [other], 'DROP'),
      chain('DOCKER-USER', [other]),
      chain('KUBE-MARK-DROP', [other]),
    ])
    const after = applyTo(before, desired)
    const forward = table(after, 'filter').chains.find((c) => c.name === 'FORWARD')!
    expect(forward.policy).toBe('DROP')
    expect(forward.rules).toHaveLength(5)
    expect(forward.rules.at(-1)).toBe(other)
    expect(rulesOf(after, 'filter', 'DOCKER-USER')).toEqual([other])
    expect(rulesOf(after, 'filter', 'KUBE-MARK-DROP')).toEqual([other])
  })

  it('leaves a jump that is there where it is', () => {
    const kubelet = rule({ target: jump('KUBE-FIREWALL') })
    const before = tables([chain('INPUT', [other, kubelet], 'ACCEPT'), chain('KUBE-FIREWALL', [other])])
    const after = applyTo(before, desired)
    const input = rulesOf(after, 'filter', 'INPUT')!
    expect(input.map((r) => (r.target?.kind === 'jump' ? r.target.chain : 'other'))).toEqual([
      'KUBE-PROXY-FIREWALL',
      'KUBE-NODEPORTS',
      'KUBE-EXTERNAL-SERVICES',
      'other',
      'KUBE-FIREWALL',
    ])
    expect(rulesOf(after, 'filter', 'KUBE-FIREWALL')).toEqual(rulesOf(desired.chains, 'filter', 'KUBE-FIREWALL'))
  })

  it('knows a rule by its value, whatever the order of its keys', () => {
    const parsed = Object.fromEntries(Object.entries(desired.jumps[0]!.rule).reverse()) as unknown as Rule
    const before = tables([chain('INPUT', [parsed, other], 'ACCEPT')])
    expect(rulesOf(applyTo(before, desired), 'filter', 'INPUT')).toHaveLength(5)
  })

  it('deletes stale service chains in nat, and only there', () => {
    const stale = ['KUBE-SVC-OLD', 'KUBE-SVL-OLD', 'KUBE-EXT-OLD', 'KUBE-FW-OLD', 'KUBE-SEP-OLD']
    const before = tables(
      [chain('KUBE-SEP-OLD', [])],
      [...stale, 'MINE'].map((name) => chain(name, [other])),
    )
    const after = applyTo(before, desired)
    const names = table(after, 'nat').chains.map((c) => c.name)
    expect(names.filter((name) => name.endsWith('OLD'))).toEqual([])
    expect(names).toContain('MINE')
    expect(rulesOf(after, 'filter', 'KUBE-SEP-OLD')).toEqual([])
  })

  it('replaces what its own chains held', () => {
    const before = tables([], [chain('KUBE-MARK-MASQ', [other, other])])
    expect(rulesOf(applyTo(before, desired), 'nat', 'KUBE-MARK-MASQ')).toHaveLength(1)
  })

  it('leaves KUBE-FIREWALL to its owner when localhost node ports are off', () => {
    const off = desiredRules({ services: [], endpointSlices: [], node }, proxyOptions({ localhostNodePorts: false }))
    const before = tables([chain('KUBE-FIREWALL', [other])])
    expect(rulesOf(applyTo(before, off), 'filter', 'KUBE-FIREWALL')).toEqual([other])
  })

  it('orders tables, built-in chains and user chains', () => {
    const before: RuleSet = {
      tables: [
        { name: 'filter', chains: [chain('ZZZ', []), chain('AAA', [])] },
        { name: 'raw', chains: [] },
      ],
    }
    const after = applyTo(before, desired)
    expect(after.tables.map((t) => t.name)).toEqual(['raw', 'mangle', 'nat', 'filter'])
    const names = table(after, 'filter').chains.map((c) => c.name)
    expect(names.slice(0, 4)).toEqual(['INPUT', 'FORWARD', 'OUTPUT', 'AAA'])
    expect(names.at(-1)).toBe('ZZZ')
  })
})
