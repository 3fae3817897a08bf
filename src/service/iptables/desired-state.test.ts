import { describe, expect, it } from 'vitest'
import { type EndpointSlice, parseManifests, type Service } from '../../api/index.js'
import type { Match, Rule } from '../../iptables/index.js'
import { type ProxyOptions, proxyOptions } from '../options.js'
import { applyTo } from './apply.js'
import { type DesiredRules, desiredRules } from './desired-state.js'

const node = { name: 'node-1', ips: ['192.168.0.2'], labels: {}, localAddresses: ['127.0.0.1', '192.168.0.2'] }
const DETECTOR = { mode: 'ClusterCIDR', cidrs: ['10.0.0.0/8'] } as const

/** Rules for services `ns/web0`, `ns/web1`, … with so many endpoints each. */
function rulesFor(endpointCounts: readonly number[], given: Partial<ProxyOptions> = {}): DesiredRules {
  const text = endpointCounts.map(manifest).join('---\n')
  const objects = text === '' ? [] : parseManifests([{ file: 'web.yaml', text }]).objects
  const services = objects.filter((object): object is Service => object.kind === 'Service')
  const endpointSlices = objects.filter((object): object is EndpointSlice => object.kind === 'EndpointSlice')
  return desiredRules({ services, endpointSlices, node }, proxyOptions({ detectLocal: DETECTOR, ...given }))
}

function manifest(count: number, i: number): string {
  const endpoints = Array.from({ length: count }, (_, n) => `{ addresses: [10.${i + 1}.${n >> 8}.${n & 255}] }`)
  return `
apiVersion: v1
kind: Service
metadata: { name: web${i}, namespace: ns }
spec: { clusterIP: 10.96.0.${i + 20}, ports: [{ port: 80 }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: web${i}-1, namespace: ns, labels: { kubernetes.io/service-name: web${i} } }
addressType: IPv4
ports: [{ port: 8080 }]
endpoints: [${endpoints.join(', ')}]
`
}

function chain(desired: DesiredRules, table: string, name: string): readonly Rule[] {
  return desired.chains.tables.find((t) => t.name === table)!.chains.find((c) => c.name === name)?.rules ?? []
}

function count(desired: DesiredRules, table: string): number {
  const chains = desired.chains.tables.find((t) => t.name === table)!.chains
  return chains.reduce((sum, { rules }) => sum + rules.length, 0)
}

const jumpOf = (rule: Rule): string => (rule.target?.kind === 'jump' ? rule.target.chain : '')
const kinds = (rule: Rule): Match['kind'][] => rule.matches.map((match) => match.kind)

describe('desiredRules', () => {
  it('on a fresh node ends with the jumps in reverse order', () => {
    const { tables } = applyTo({ tables: [] }, rulesFor([]))
    const order = Object.fromEntries(
      tables.flatMap(({ name, chains }) =>
        chains.filter((c) => c.policy !== null).map((c) => [`${name} ${c.name}`, c.rules.map(jumpOf)]),
      ),
    )
    expect(order).toMatchObject({
      'filter INPUT': ['KUBE-FIREWALL', 'KUBE-PROXY-FIREWALL', 'KUBE-NODEPORTS', 'KUBE-EXTERNAL-SERVICES'],
      'filter FORWARD': ['KUBE-PROXY-FIREWALL', 'KUBE-FORWARD', 'KUBE-SERVICES', 'KUBE-EXTERNAL-SERVICES'],
      'filter OUTPUT': ['KUBE-FIREWALL', 'KUBE-PROXY-FIREWALL', 'KUBE-SERVICES'],
      'nat PREROUTING': ['KUBE-SERVICES'],
      'nat OUTPUT': ['KUBE-SERVICES'],
      'nat POSTROUTING': ['KUBE-POSTROUTING'],
      'nat INPUT': [],
    })
  })

  it('keeps a canary in each of its tables', () => {
    const canaries = rulesFor([]).chains.tables.filter((t) => t.chains.some((c) => c.name === 'KUBE-PROXY-CANARY'))
    expect(canaries.map((table) => table.name)).toEqual(['mangle', 'nat', 'filter'])
  })

  it('grows by five rules for a service with an endpoint, three for another endpoint, one without any', () => {
    const [empty, none, one, two] = [rulesFor([]), rulesFor([0]), rulesFor([1]), rulesFor([2])]
    expect(count(one, 'nat') - count(empty, 'nat')).toBe(5)
    expect(count(two, 'nat') - count(one, 'nat')).toBe(3)
    expect(count(none, 'nat')).toBe(count(empty, 'nat'))
    expect(count(none, 'filter') - count(empty, 'filter')).toBe(1)
  })

  it('masks its mark with the configured bit, the highest included', () => {
    const mark = { value: 0x8000_0000, mask: 0x8000_0000 }
    const rules = rulesFor([], { masqueradeBit: 31 })
    expect(chain(rules, 'nat', 'KUBE-MARK-MASQ')[0]!.target).toEqual({ kind: 'MARK', ...mark })
    const [skip, clear, snat] = chain(rules, 'nat', 'KUBE-POSTROUTING')
    expect(skip!.matches).toEqual([{ kind: 'mark', mark: { ...mark, invert: true } }])
    expect(clear!.target).toEqual({ kind: 'MARK', value: mark.value, mask: 0 })
    expect(snat!.target).toMatchObject({ kind: 'MASQUERADE', to: { randomFully: true } })
    const plain = chain(rulesFor([], { randomFully: false }), 'nat', 'KUBE-POSTROUTING')
    expect(plain[2]!.target).toMatchObject({ to: { randomFully: false } })
  })

  it('drops INVALID packets unless conntrack is liberal', () => {
    expect(chain(rulesFor([]), 'filter', 'KUBE-FORWARD').map((rule) => rule.target?.kind)).toEqual([
      'DROP',
      'ACCEPT',
      'ACCEPT',
    ])
    expect(chain(rulesFor([], { tcpBeLiberal: true }), 'filter', 'KUBE-FORWARD')).toHaveLength(2)
  })

  it('counts with nfacct where that is on', () => {
    const [invalid] = chain(rulesFor([], { nfacct: true }), 'filter', 'KUBE-FORWARD')
    expect(invalid!.matches[1]).toEqual({
      kind: 'unknown',
      name: 'nfacct',
      args: ['--nfacct-name', 'ct_state_invalid_dropped_pkts'],
    })
  })

  it('guards loopback only where node ports answer on it', () => {
    const guard = chain(rulesFor([]), 'filter', 'KUBE-FIREWALL')
    expect(guard).toHaveLength(1)
    expect(guard[0]).toMatchObject({
      source: { invert: true },
      destination: { invert: false },
      target: { kind: 'DROP' },
    })
    const off = rulesFor([], { localhostNodePorts: false })
    expect(chain(off, 'filter', 'KUBE-FIREWALL')).toEqual([])
    expect(off.jumps.map((jump) => jumpOf(jump.rule))).not.toContain('KUBE-FIREWALL')
  })

  it('leaves endpoint comments out above a thousand endpoints', () => {
    const svc = (rules: DesiredRules): Rule =>
      rules.chains.tables[1]!.chains.find((c) => c.name.startsWith('KUBE-SVC-'))!.rules[1]!
    const sep = (rules: DesiredRules): Rule =>
      rules.chains.tables[1]!.chains.find((c) => c.name.startsWith('KUBE-SEP-'))!.rules[1]!
    const small = rulesFor([999, 1])
    expect(kinds(svc(small))[0]).toBe('comment')
    expect(kinds(sep(small))).toEqual(['comment', 'tcp'])
    const large = rulesFor([999, 2])
    expect(kinds(svc(large))).not.toContain('comment')
    expect(kinds(sep(large))).toEqual(['tcp'])
    expect(chain(large, 'nat', 'KUBE-SERVICES').every((rule) => kinds(rule).includes('comment'))).toBe(true)
  })

  it('puts the node port rule last in KUBE-SERVICES, services in name order before it', () => {
    const comments = chain(rulesFor([1, 1]), 'nat', 'KUBE-SERVICES').map(
      ({ matches }) => (matches[0] as { text: string }).text,
    )
    expect(comments).toEqual([
      'ns/web0 cluster IP',
      'ns/web1 cluster IP',
      'kubernetes service nodeports; NOTE: this must be the last rule in this chain',
    ])
  })
})
