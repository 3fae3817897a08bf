import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Cluster } from '../cluster/index.js'
import { flowSources, flowTargets } from './flow-targets.js'
import { clusterArbitrary, clusterWithFlowsArbitrary, flowArbitrary } from './index.js'

const MANIFEST = `
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec: { nodeName: node-1, containers: [{ name: web, image: web, ports: [{ containerPort: 8080, hostPort: 8088 }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  type: LoadBalancer
  selector: { app: web }
  externalIPs: [203.0.113.99]
  ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }]
status: { loadBalancer: { ingress: [{ ip: 203.0.113.10 }] } }
---
apiVersion: v1
kind: Service
metadata: { name: each }
spec: { clusterIP: None, selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }] }
---
apiVersion: v1
kind: Service
metadata: { name: elsewhere }
spec: { type: ExternalName, externalName: www.example.com }
`

describe('flowTargets', () => {
  const cluster = Cluster.fromManifests(MANIFEST, { nodes: 1 })
  const sources = flowSources(cluster)
  const texts = (from: string): string[] =>
    flowTargets(
      cluster,
      sources.find((source) => source.from === from)!,
    )
      .flat()
      .map(({ to, protocol }) => `${to} ${protocol}`)

  test('sources are running pods, nodes and the outside', () => {
    expect(sources.map(({ from }) => from).filter((from) => !from.startsWith('pod/kube-system/'))).toEqual([
      'pod/default/web',
      'node/node-1',
      'external',
      'external/198.51.100.7',
    ])
  })

  test.each([
    'pod/default/web:8080 tcp',
    'pod/default/web icmp',
    'svc/default/web:80 tcp',
    '192.168.10.11:30080 tcp',
    '192.168.10.11:8088 tcp',
    '192.168.10.11 icmp',
    '203.0.113.10:80 tcp',
    '203.0.113.99:80 tcp',
    '198.51.100.99:53 udp',
    '10.96.0.10:53 udp',
  ])('%s can be asked for from everywhere', (target) => {
    expect(texts('external')).toContain(target)
    expect(texts('pod/default/web')).toContain(target)
  })

  test.each(['web.default:80 tcp', 'each.default.svc.cluster.local:8080 tcp', 'elsewhere.default:80 tcp'])(
    '%s only where the name means something',
    (target) => {
      expect(texts('external')).not.toContain(target)
      expect(texts('pod/default/web')).toContain(target)
    },
  )

  test('a headless service has no address to ask for', () => {
    expect(texts('pod/default/web').filter((text) => /each:|None/.test(text))).toEqual([])
  })
})

describe('flowArbitrary', () => {
  test('gives questions that the cluster understands', () => {
    const cluster = Cluster.fromManifests(MANIFEST, { nodes: 2 })
    fc.assert(
      fc.property(flowArbitrary(cluster), (flow) => {
        expect(cluster.trace({ ...flow, sample: true }).outcomes).toHaveLength(1)
      }),
      { numRuns: 40 },
    )
  })

  test('shrinks together with its cluster', () => {
    const found = fc.check(
      fc.property(clusterWithFlowsArbitrary({ maxNodes: 2 }), ({ flows }) =>
        flows.every(({ to }) => !to.startsWith('192.168.10.')),
      ),
      { seed: 3, numRuns: 200 },
    )
    const [{ plan, flows }] = found.counterexample!
    expect(plan.objects).toHaveLength(1)
    expect(plan.options.nodes).toBe(1)
    expect(flows).toHaveLength(1)
  })
})

describe('clusterArbitrary', () => {
  const plans = fc.sample(clusterArbitrary({ services: { protocols: ['TCP', 'UDP', 'SCTP'] } }), {
    seed: 1,
    numRuns: 300,
  })
  const text = plans.map(String).join('\n')

  test.each([
    'type: NodePort',
    'type: LoadBalancer',
    'type: ExternalName',
    'clusterIP: None',
    'hostNetwork: true',
    'hostPort: ',
    'deletionTimestamp: ',
    'kubehop.dev/ready: "false"',
    'kind: Deployment',
    'kind: EndpointSlice',
    'sessionAffinity: ClientIP',
    'internalTrafficPolicy: Local',
    'externalTrafficPolicy: Local',
    'protocol: SCTP',
    'externalIPs:',
    'publishNotReadyAddresses: true',
    '"cni":"flannel-host-gw"',
    '"bridge":"cni0"',
    '"nodes":4',
  ])('sooner or later makes %s', (words) => {
    expect(text).toContain(words)
  })

  test('keeps to its constraints', () => {
    const constrained = clusterArbitrary({
      maxNodes: 2,
      cni: ['flannel-vxlan'],
      bridge: ['cni0'],
      namespaces: ['one'],
      podStates: ['ready'],
      hostNetwork: false,
      hostPorts: false,
      services: { types: ['ClusterIP'], protocols: ['TCP'], manualEndpoints: false, deadTargetPorts: false },
    })
    fc.assert(
      fc.property(constrained, (plan) => {
        expect(plan.options.nodes).toBeLessThanOrEqual(2)
        expect(plan.toString()).not.toMatch(
          /host-gw|docker0|namespace: (?!one)|deletionT|ready: |hostNetwork|hostPort|UDP|SCTP|NodePort|EndpointSlice|9999/,
        )
      }),
    )
  })
})
