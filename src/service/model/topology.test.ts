import { describe, expect, it } from 'vitest'
import type { ServiceEndpoint } from './service-endpoint.js'
import { decideTopology } from './topology.js'

const node = { nodeName: 'node-1', zone: 'zone-a' }

function endpoint(n: number, given: Partial<ServiceEndpoint>): ServiceEndpoint {
  const ip = `10.0.0.${n}`
  const conditions = { ready: true, serving: true, terminating: false, isLocal: false, nodeName: null }
  return { ip, port: 80, text: `${ip}:80`, zoneHints: [], nodeHints: [], ...conditions, ...given }
}

const a = { zoneHints: ['zone-a'] }
const b = { zoneHints: ['zone-b'] }

describe('decideTopology says why', () => {
  it.each([
    ['no hints', [{}], node, null, 'no ready endpoint has a zone hint'],
    ['zones', [a, b], node, 'PreferSameZone', 'every ready endpoint has a zone hint and one names zone zone-a'],
    ['a missing hint', [a, {}], node, null, 'ready endpoint 10.0.0.1:80 has no zone hint'],
    ['no label', [a], { nodeName: 'node-1', zone: '' }, null, 'node node-1 has no label topology.kubernetes.io/zone'],
    ['other zones', [b], node, null, 'no endpoint is hinted for zone zone-a'],
    [
      'an unready one without hint',
      [a, { ready: false }],
      node,
      'PreferSameZone',
      'every ready endpoint has a zone hint and one names zone zone-a',
    ],
    ['only unready ones', [{ ...a, ready: false }], node, null, 'no ready endpoint carries a hint'],
    [
      'node',
      [{ ...b, nodeHints: ['node-1'] }],
      node,
      'PreferSameNode',
      'every ready endpoint has a node hint and one names node-1',
    ],
    [
      'another node, our zone',
      [{ ...a, nodeHints: ['node-2'] }],
      node,
      'PreferSameZone',
      'every ready endpoint has a zone hint and one names zone zone-a',
    ],
    [
      'another node and zone',
      [{ ...b, nodeHints: ['node-2'] }],
      node,
      null,
      'no endpoint is hinted for node node-1; no endpoint is hinted for zone zone-a',
    ],
  ] as const)('%s', (_, endpoints, on, mode, reason) => {
    const list = endpoints.map((given, i) => endpoint(i, given))
    expect(decideTopology(list, on, { sameNode: true })).toEqual({ mode, reason })
  })

  it('without the gate, node hints are nothing', () => {
    const list = [endpoint(0, { ...a, nodeHints: ['node-1'] })]
    expect(decideTopology(list, node, { sameNode: false }).mode).toBe('PreferSameZone')
  })
})
