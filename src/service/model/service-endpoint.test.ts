import { describe, expect, it } from 'vitest'
import type { Endpoint, EndpointSlice } from '../../api/index.js'
import { endpointsByServicePort } from './service-endpoint.js'

function slice(
  name: string,
  endpoints: readonly Partial<Endpoint>[],
  given: Partial<EndpointSlice> = {},
): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name,
      namespace: 'ns',
      labels: { 'kubernetes.io/service-name': 'web' },
      annotations: {},
      ownerReferences: [],
    },
    addressType: 'IPv4',
    ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
    endpoints: endpoints.map((endpoint) => ({ addresses: ['10.0.0.1'], conditions: {}, ...endpoint })),
    ...given,
  }
}

const from = { family: 'inet', nodeName: 'node-1' } as const

describe('endpointsByServicePort', () => {
  it('of duplicates keeps the first, unless a later one is local', () => {
    const first = slice('a', [{ nodeName: 'node-2', conditions: { ready: false } }])
    const remote = slice('b', [{ nodeName: 'node-3' }])
    const local = slice('c', [{ nodeName: 'node-1' }])
    const nodes = (...slices: EndpointSlice[]): unknown =>
      endpointsByServicePort(slices, from)
        .get('ns/web:http/tcp')!
        .map((endpoint) => endpoint.nodeName)
    expect(nodes(remote, first)).toEqual(['node-2'])
    expect(nodes(first, local, remote)).toEqual(['node-1'])
  })

  it('takes missing conditions as ready and serving, a missing node as remote', () => {
    const [endpoint] = endpointsByServicePort([slice('a', [{}])], from).get('ns/web:http/tcp')!
    expect(endpoint).toMatchObject({ ready: true, serving: true, terminating: false, isLocal: false, nodeName: null })
  })

  it('uses only the first address', () => {
    const endpoints = endpointsByServicePort([slice('a', [{ addresses: ['10.0.0.2', '10.0.0.3'] }])], from)
    expect(endpoints.get('ns/web:http/tcp')!.map((endpoint) => endpoint.text)).toEqual(['10.0.0.2:80'])
  })

  it('keeps families apart; IPv6 text has brackets', () => {
    const v6 = slice('a', [{ addresses: ['fd00::2'] }], { addressType: 'IPv6' })
    const mistyped = slice('b', [{ addresses: ['10.0.0.1'] }], { addressType: 'IPv6' })
    const seen = (family: 'inet' | 'inet6'): string[] =>
      [...endpointsByServicePort([v6, mistyped], { family, nodeName: 'node-1' }).values()].flat().map((e) => e.text)
    expect(seen('inet6')).toEqual(['[fd00::2]:80'])
    expect(seen('inet')).toEqual([])
  })

  it('ignores slices without a service and ports without a number', () => {
    const orphan = slice('a', [{}])
    const unlabelled = { ...orphan, metadata: { ...orphan.metadata, labels: {} } }
    const everyPort = slice('b', [{}], { ports: [{ name: 'http', protocol: 'TCP' }] })
    expect(endpointsByServicePort([unlabelled, everyPort], from).size).toBe(0)
  })
})
