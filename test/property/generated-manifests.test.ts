import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseManifests } from '../../src/api/index.js'
import { Rng } from '../../src/base/index.js'
import { settle } from '../../src/controlplane/index.js'
import { Store } from '../../src/store/index.js'
import {
  clusterArbitrary,
  type ClusterPlan,
  endpointSliceArbitrary,
  printManifests,
  serviceArbitrary,
} from '../../src/testing/index.js'

const EVERYTHING = { services: { protocols: ['TCP', 'UDP', 'SCTP'] } } as const

function settled(text: string, nodes = 2): Store {
  const { objects, warnings } = parseManifests([{ file: 'generated.yaml', text }], { strict: true })
  expect(warnings).toEqual([])
  const store = new Store()
  for (const object of objects) store.put(object)
  const options = { nodes, podCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/12', rng: new Rng(1) }
  expect(settle(store, options).warnings).toEqual([])
  const version = store.version
  settle(store, { ...options, rng: new Rng(2) })
  expect(store.version, 'a second settlement changes something').toBe(version)
  return store
}

test('generated clusters are accepted without a warning, and settle once', () => {
  fc.assert(
    fc.property(clusterArbitrary(EVERYTHING), (plan) => {
      const store = settled(plan.manifest, plan.options.nodes)
      expect(store.list('Node')).toHaveLength(plan.options.nodes!)
      for (const pod of store.list('Pod')) expect(pod.status.podIP).toBeDefined()
    }),
  )
})

test('generated services and slices are accepted on their own, and beside each other', () => {
  const places = [0, 1, 2].map((index) => serviceArbitrary(EVERYTHING.services, { index }))
  const ports = [{ name: 'http', protocol: 'TCP', number: 8080 }] as const
  const slice = endpointSliceArbitrary({ name: 'by-hand', namespace: 'default', ports })
  fc.assert(
    fc.property(fc.tuple(...places), slice, (services, byHand) => {
      const store = settled(printManifests([...services, byHand]))
      expect(store.list('Service', 'default').length).toBe(services.length + 1)
      expect(store.get('EndpointSlice', 'by-hand-manual', 'default')?.endpoints).toHaveLength(
        (byHand['endpoints'] as unknown[]).length,
      )
    }),
  )
})

test('a cluster shrinks to one pod on one node', () => {
  const found = fc.check(
    fc.property(clusterArbitrary(), () => false),
    { seed: 7, endOnFailure: false },
  )
  const [smallest] = found.counterexample as [ClusterPlan]
  expect(smallest.objects).toHaveLength(1)
  expect(smallest.toString()).toBe(
    [
      '# options: {"nodes":1,"cni":"flannel-vxlan","bridge":"docker0","seed":0}',
      'apiVersion: v1',
      'kind: Pod',
      'metadata:',
      '  name: web-0',
      '  namespace: default',
      '  labels:',
      '    app: web',
      'spec:',
      '  nodeName: node-1',
      '  containers:',
      '    - name: web',
      '      image: registry.example.org/app:1',
      '      ports:',
      '        - name: http',
      '          containerPort: 8080',
      '          protocol: TCP',
      '',
    ].join('\n'),
  )
})
