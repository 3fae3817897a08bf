import { describe, expect, it } from 'vitest'
import { type EndpointSlice, parseManifests, type Service } from '../api/index.js'
import { explainService, printExplanation } from './explain.js'
import { whySkipped } from './model/service-port.js'

/** Explains the one port of a service `shop/web` as node-1 sees it; `endpoints` and `spec` are YAML flow text. */
function explain(spec: string, endpoints: string, labels = {}): readonly string[] {
  const text = `
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { clusterIP: 10.96.0.20, ports: [{ port: 80${spec.includes('NodePort') ? ', nodePort: 30080' : ''} }], ${spec} }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: web-1, namespace: shop, labels: { kubernetes.io/service-name: web } }
addressType: IPv4
ports: [{ port: 8080 }]
endpoints: [${endpoints}]
`
  const { objects } = parseManifests([{ file: 'web.yaml', text }])
  const [service] = objects.filter((object): object is Service => object.kind === 'Service')
  const input = {
    services: [service!],
    endpointSlices: objects.filter((object): object is EndpointSlice => object.kind === 'EndpointSlice'),
    node: { name: 'node-1', ips: ['192.168.0.2'], labels, localAddresses: [] },
  }
  const { skipped, ports } = explainService(service!, input, { family: 'inet', sameNode: true })
  expect(skipped).toBeNull()
  return printExplanation(ports[0]!)
}

const here = '{ addresses: [10.244.0.2], nodeName: node-1 }'
const there = '{ addresses: [10.244.1.2], nodeName: node-2 }'
const unready = (ip: string): string =>
  `{ addresses: [${ip}], nodeName: node-2, conditions: { ready: false, serving: false } }`
const ending =
  '{ addresses: [10.244.0.9], nodeName: node-1, conditions: { ready: false, serving: true, terminating: true } }'

describe('explainServicePort', () => {
  it('no endpoint at all', () => {
    expect(explain('', '')).toEqual([
      'shop/web (TCP)',
      '  cluster IP 10.96.0.20:80: reject: no endpoints: no EndpointSlice has any for this port',
      '  topology: not used: no ready endpoint carries a hint',
    ])
  })

  it('no ready endpoint', () => {
    expect(explain('', `${unready('10.244.1.2')}, ${unready('10.244.1.3')}`).slice(1, 3)).toEqual([
      '  cluster IP 10.96.0.20:80: reject: no ready endpoints: 2 endpoints, both not ready',
      '  endpoint 10.244.1.2:8080: not used: not ready, on node-2',
    ])
    const ended = '{ addresses: [10.244.0.9], conditions: { ready: false, serving: false, terminating: true } }'
    expect(explain('', `${unready('10.244.1.2')}, ${ended}`).slice(1, 3)).toEqual([
      '  cluster IP 10.96.0.20:80: reject: no ready endpoints: 2 endpoints: 1 terminating and no longer serving, 1 not ready',
      '  endpoint 10.244.0.9:8080: not used: terminating and no longer serving, on no known node',
    ])
  })

  it('policy Local with nobody here drops, and says where somebody is', () => {
    const lines = explain('type: NodePort, externalTrafficPolicy: Local', there)
    expect(lines).toContain(
      '  node port *:30080: drop: externalTrafficPolicy Local and no endpoint on node-1; 1 endpoint elsewhere could serve: on node-2',
    )
    expect(lines).toContain('  cluster IP 10.96.0.20:80: forward: 1 ready endpoint')
    expect(lines).toContain('  endpoint 10.244.1.2:8080: used: ready, on node-2')
  })

  it('internal policy Local leaves remote endpoints out', () => {
    expect(explain('internalTrafficPolicy: Local', `${here}, ${there}`)).toEqual([
      'shop/web (TCP)',
      '  cluster IP 10.96.0.20:80: forward: 1 ready endpoint on node-1 (internalTrafficPolicy Local)',
      '  endpoint 10.244.0.2:8080: used: ready, on node-1, for traffic policy Local only',
      '  endpoint 10.244.1.2:8080: not used: on node-2: internalTrafficPolicy Local',
    ])
  })

  it('endpoints that end come last, and alone are used', () => {
    expect(explain('', `${here}, ${ending}`)).toContain(
      '  endpoint 10.244.0.9:8080: not used: terminating but still serving, on node-1: ready endpoints come first',
    )
    expect(explain('', ending)[1]).toBe('  cluster IP 10.96.0.20:80: forward: 1 terminating but still serving endpoint')
  })

  it('topology that narrows names its reason', () => {
    const zoned = (ip: string, zone: string): string =>
      `{ addresses: [${ip}], hints: { forZones: [{ name: ${zone} }] } }`
    const lines = explain('', `${zoned('10.244.0.2', 'a')}, ${zoned('10.244.1.2', 'b')}`, {
      'topology.kubernetes.io/zone': 'a',
    })
    const reason = 'every ready endpoint has a zone hint and one names zone a'
    expect(lines).toContain(`  endpoint 10.244.1.2:8080: not used: on no known node: left out by topology (${reason})`)
    expect(lines.at(-1)).toBe(`  topology: PreferSameZone: ${reason}`)
  })
})

describe('whySkipped', () => {
  const skipped = (metadata: string, spec: string): string | undefined => {
    const text = `apiVersion: v1\nkind: Service\nmetadata: { name: web, namespace: shop, ${metadata} }\nspec: { ${spec} }\n`
    return whySkipped(parseManifests([{ file: 'web.yaml', text }]).objects[0] as Service, 'inet')
  }

  it.each([
    ['', 'clusterIP: None, ports: [{ port: 80 }]', 'it is headless (clusterIP None): clients reach its pods directly'],
    ['', 'type: ExternalName, externalName: example.org', 'type ExternalName is a DNS alias only'],
    ['', 'ports: [{ port: 80 }]', 'it has no cluster IP yet'],
    ['', 'clusterIP: "fd00::1", ports: [{ port: 80 }]', 'it has no cluster IP of family IPv4'],
    [
      'labels: { service.kubernetes.io/service-proxy-name: x }',
      'clusterIP: 10.96.0.20, ports: [{ port: 80 }]',
      'label service.kubernetes.io/service-proxy-name gives it to another proxy',
    ],
    [
      'labels: { service.kubernetes.io/headless: "" }',
      'clusterIP: 10.96.0.20, ports: [{ port: 80 }]',
      'label service.kubernetes.io/headless marks it as headless',
    ],
    ['', 'clusterIP: 10.96.0.20, ports: [{ port: 80 }]', undefined],
  ])('%s %s', (metadata, spec, reason) => {
    expect(skipped(metadata, spec)).toBe(reason)
  })
})
