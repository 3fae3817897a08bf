import { describe, expect, test } from 'vitest'
import { Cluster, type ClusterOptions } from '../../src/index.js'

const node = (name: string, spec: string): string =>
  `{apiVersion: v1, kind: Node, metadata: {name: ${name}, labels: {topology.kubernetes.io/zone: zone-${name}}}, ${spec}}`
const at = (address: string): string => `status: {addresses: [{type: InternalIP, address: ${address}}]}`

const ADDRESSES = { a: '172.16.5.7', b: '172.16.5.8' }
const NODES = [
  node('a', at(ADDRESSES.a)),
  node('b', `spec: {podCIDR: 10.244.9.0/24}, ${at(ADDRESSES.b)}`),
  node('c', 'spec: {}'),
]

/** A service whose two endpoints are hinted, each to the zone of its node. */
const HINTED = `
{apiVersion: v1, kind: Service, metadata: {name: hinted}, spec: {clusterIP: 10.99.0.5, ports: [{port: 6443}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: hinted-1, labels: {kubernetes.io/service-name: hinted}}
addressType: IPv4
ports: [{name: "", port: 6443, protocol: TCP}]
endpoints:
- {addresses: [${ADDRESSES.a}], conditions: {ready: true}, hints: {forZones: [{name: zone-a}]}}
- {addresses: [203.0.113.5], conditions: {ready: true}, hints: {forZones: [{name: zone-b}]}}`

function build(docs: readonly string[], options?: ClusterOptions): Cluster {
  return Cluster.fromManifests(docs.join('\n---\n'), options)
}

const refusal = (docs: readonly string[], options?: ClusterOptions): string => {
  try {
    build(docs, options)
  } catch (error) {
    return (error as Error).message
  }
  return 'accepted'
}

describe('Node objects', () => {
  const cluster = build([...NODES, HINTED])

  test('a node without an address or range gets its own beside the others', () => {
    expect(cluster.node('c').devices()).toContain(' 172.16.5.11/24')
    expect(cluster.node('c').routes()).toContain('default via 172.16.5.1 dev eth0')
    expect(cluster.node('c').routes()).toContain('10.244.9.0/24 via 10.244.9.0 dev flannel.1 onlink')
  })

  test.each([
    ['node/a', [ADDRESSES.a]],
    ['node/b', ['203.0.113.5']],
    ['node/c', [ADDRESSES.a, '203.0.113.5']],
  ])('topology hints decide for %s (kube-proxy 1.5)', (from, addresses) => {
    const { outcomes } = cluster.trace({ from, to: 'svc/hinted' })
    expect(outcomes.map(({ delivered }) => delivered?.address)).toEqual(addresses)
    expect(outcomes.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 12)
  })
})

describe('networks that do not fit together', () => {
  test.each([
    [[node('a', at('10.0.0.5')), node('b', at('172.16.0.5'))], {}, /has no \/8 in common with 10\.0\.0\.5/],
    [[], { podCidr: '127.0.0.0/8' }, /podCidr: 127\.0\.0\.0\/8 overlaps loopback/],
    [[], { serviceCidr: '224.0.0.0/8' }, /serviceCidr: .* overlaps multicast/],
    [[], { podCidr: '10.1.0.0/24' }, /^Node node-2: no \/24 is left for it in the pod network 10\.1\.0\.0\/24/],
    [[], { podCidr: '10.1.0.0/30' }, /is too small/],
    [[], { nodes: 246 }, /^Node node-245: no address is left for it, nor for 1 more in the node network/],
    [[], { podCidr: '10.244.0.0/16', serviceCidr: '10.244.0.0/16' }, /^serviceCidr: .* overlaps the pod network/],
  ])('%#', (docs, options, message) => {
    const text = refusal(docs.length > 0 ? docs : ['{apiVersion: v1, kind: Namespace, metadata: {name: x}}'], options)
    expect(text).toMatch(message)
    expect(text.split('\n')).toHaveLength(1)
  })
})
