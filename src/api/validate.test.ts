import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InvalidInputError, printIssue } from '../base/index.js'
import { type ApiObject, type Kind, type ObjectOf, positionOf } from './object.js'
import { parseManifests, validateObjects } from './validate.js'

function parseOne<K extends Kind>(_kind: K, text: string): ObjectOf<K> {
  return parseManifests([{ file: 'f', text }]).objects[0] as ObjectOf<K>
}

describe('defaulting', () => {
  it('fills in a Service as the API server does', () => {
    const { spec, metadata } = parseOne(
      'Service',
      'apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80}]}',
    )
    expect(metadata.namespace).toBe('default')
    expect(spec).toEqual({
      type: 'ClusterIP',
      clusterIPs: [],
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      ports: [{ name: '', protocol: 'TCP', port: 80, targetPort: 80 }],
      externalIPs: [],
      sessionAffinity: 'None',
      externalTrafficPolicy: 'Cluster',
      internalTrafficPolicy: 'Cluster',
      allocateLoadBalancerNodePorts: true,
      loadBalancerSourceRanges: [],
      publishNotReadyAddresses: false,
    })
  })

  it('gives session affinity its three hours', () => {
    const text =
      'apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {sessionAffinity: ClientIP, ports: [{port: 80}]}'
    expect(parseOne('Service', text).spec.sessionAffinityConfig).toEqual({ clientIP: { timeoutSeconds: 10800 } })
  })

  it('copies container ports to host ports on the host network', () => {
    const text =
      'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {hostNetwork: true, containers: [{name: c, ports: [{containerPort: 80}]}]}'
    const { spec } = parseOne('Pod', text)
    expect(spec.containers[0]?.ports).toEqual([{ name: '', containerPort: 80, protocol: 'TCP', hostPort: 80 }])
    expect([spec.dnsPolicy, spec.restartPolicy]).toEqual(['ClusterFirst', 'Always'])
  })

  it('makes one replica unless told otherwise', () => {
    const text = `apiVersion: apps/v1
kind: StatefulSet
metadata: {name: a}
spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c}]}}}`
    expect(parseOne('StatefulSet', text).spec).toMatchObject({ replicas: 1, serviceName: '', ordinals: { start: 0 } })
  })
})

describe('namespaces', () => {
  it('go to namespaced objects that name none, and never to others', () => {
    const text =
      'apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80}]}\n---\napiVersion: v1\nkind: Node\nmetadata: {name: node, namespace: x}'
    const { objects } = parseManifests([{ file: 'f', text }], { defaultNamespace: 'shop' })
    expect(objects.map((o) => o.metadata.namespace)).toEqual(['shop', ''])
  })
})

describe('input forms', () => {
  it('reads JSON, several documents, and lists in lists', () => {
    const ns = (name: string): object => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
    const inner = { apiVersion: 'v1', kind: 'NamespaceList', items: [{ metadata: { name: 'b' } }] }
    const json = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [ns('a'), inner] }, null, 2)
    const { objects } = parseManifests([
      { file: 'a.json', text: json },
      { file: 'b.yaml', text: '---\n# nothing\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: c}\n---\n' },
    ])
    expect(objects.map((o) => o.metadata.name)).toEqual(['a', 'b', 'c'])
    expect(positionOf(objects[1]!, 'metadata.name')).toEqual({ file: 'a.json', line: 18, column: 21 })
  })

  it('follows anchors and merge keys', () => {
    const text = `apiVersion: v1
kind: Pod
metadata: {name: a, labels: &l {app: x}}
spec: {containers: [{name: c}], nodeSelector: {<<: *l, disk: ssd}}`
    expect(parseOne('Pod', text).spec.nodeSelector).toEqual({ app: 'x', disk: 'ssd' })
  })

  it('keeps dates and base 60 numbers as text, like kubectl', () => {
    const text =
      'apiVersion: v1\nkind: Namespace\nmetadata: {name: a, deletionTimestamp: 2024-01-01T00:00:00Z, annotations: {at: 22:22}}'
    expect(parseOne('Namespace', text).metadata).toMatchObject({
      deletionTimestamp: '2024-01-01T00:00:00Z',
      annotations: { at: '22:22' },
    })
  })

  it('ends on an alias that contains itself', () => {
    const text = 'apiVersion: v1\nkind: Namespace\nmetadata: &m\n  name: a\n  annotations: *m\n'
    expect(() => parseManifests([{ file: 'f', text }])).toThrow(InvalidInputError)
  })
})

describe('positions', () => {
  const text = 'apiVersion: v1\nkind: Service\nmetadata:\n  name: a\nspec:\n  ports:\n  - port: 80\n'
  it('are known for what was written, and for defaults by what encloses them', () => {
    const service = parseOne('Service', text)
    const renamed = { ...service, metadata: { ...service.metadata, name: 'b' } }
    expect(positionOf(service)).toEqual({ file: 'f', line: 1, column: 1 })
    expect(positionOf(service, 'spec.ports[0].port')).toEqual({ file: 'f', line: 7, column: 11 })
    expect(positionOf(service, 'spec.ports[0].nodePort')).toEqual({ file: 'f', line: 7, column: 5 })
    expect(positionOf(service, 'spec.clusterIP')).toEqual({ file: 'f', line: 5, column: 1 })
    expect(positionOf(renamed, 'metadata.name')?.line).toBe(4)
  })
})

describe('validateObjects', () => {
  it('reports by path', () => {
    const bad = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'a' },
      spec: { ports: [{ port: '80' }], foo: 1 },
    }
    try {
      validateObjects([bad, 5], { strict: true })
      expect.unreachable()
    } catch (error) {
      expect((error as InvalidInputError).issues.map(printIssue)).toEqual([
        'objects[0]: unknown field "spec.foo"',
        'objects[0].spec.ports[0].port: must be an integer, got the string "80"; write 80 without quotes',
        'objects[1]: must be an object with apiVersion and kind, got the number 5',
      ])
    }
  })

  it('takes back what it gave, positions included', () => {
    const text = `apiVersion: v1
kind: Service
metadata: {name: a, labels: {x: z}}
spec: {type: LoadBalancer, externalTrafficPolicy: Local, sessionAffinity: ClientIP, ports: [{port: 80, targetPort: http}]}
status: {loadBalancer: {ingress: [{ip: 203.0.113.1}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: a-1}
addressType: IPv4
endpoints: [{addresses: [10.0.0.1], hints: {forZones: [{name: z}]}}]
ports: [{port: 80}]
---
apiVersion: v1
kind: Pod
metadata: {name: p}
spec: {containers: [{name: c, ports: [{containerPort: 80}]}]}
status: {podIP: 10.244.0.5}
`
    const first: ApiObject[] = parseManifests([{ file: 'f', text }], { strict: true }).objects
    expect(first).toHaveLength(3)
    expect(validateObjects(first, { strict: true })).toEqual({ objects: first, warnings: [] })
  })
})

describe('any input', () => {
  const refusedOrRead = (read: () => unknown): void => {
    try {
      read()
    } catch (error) {
      expect(error).toBeInstanceOf(InvalidInputError)
    }
  }

  it('is read or refused with a report: damaged text', () => {
    const whole = `apiVersion: v1
kind: Pod
metadata: {name: p, labels: &l {app: web}}
spec:
  nodeSelector: *l
  containers:
  - name: c
    ports: [{name: http, containerPort: 80}]
`
    const junk = fc.constantFrom(
      '"80"',
      '[]',
      '{}',
      'null',
      '-1',
      'x: y',
      '*l',
      '&l',
      '!!binary',
      '\t',
      '- ',
      '<<: 1',
      '? ',
    )
    fc.assert(
      fc.property(fc.nat(whole.length), fc.nat(20), junk, (at, cut, put) =>
        refusedOrRead(() => parseManifests([{ file: 'f', text: whole.slice(0, at) + put + whole.slice(at + cut) }])),
      ),
      { numRuns: 300 },
    )
  })

  it('is read or refused with a report: odd values', () => {
    const kinds = fc.constantFrom(
      'v1 Pod',
      'v1 Service',
      'v1 Node',
      'apps/v1 Deployment',
      'discovery.k8s.io/v1 EndpointSlice',
      'v1 List',
    )
    fc.assert(
      fc.property(fc.anything(), kinds, (odd, header) => {
        const [apiVersion, kind] = header.split(' ')
        const object = { apiVersion, kind, metadata: { name: 'a' }, spec: odd, status: odd, items: odd, endpoints: odd }
        refusedOrRead(() => validateObjects([object]))
      }),
      { numRuns: 300 },
    )
  })
})
