import { beforeAll, describe, expect, test } from 'vitest'
import { Cluster } from '../cluster/index.js'
import { installMatchers } from './index.js'

const MANIFEST = `
apiVersion: v1
kind: Pod
metadata: { name: client }
spec: { nodeName: node-1, containers: [{ name: client, image: client }] }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: web, namespace: shop }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      nodeName: node-2
      containers: [{ name: web, image: web, ports: [{ containerPort: 8080 }] }]
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }] }
---
apiVersion: v1
kind: Service
metadata: { name: guarded, namespace: shop }
spec:
  type: LoadBalancer
  selector: { app: web }
  ports: [{ port: 80, targetPort: 8080 }]
  loadBalancerSourceRanges: [192.0.2.0/24]
status: { loadBalancer: { ingress: [{ ip: 203.0.113.10 }] } }
`

const TO_SERVICE = { from: 'pod/client', to: 'svc/shop/web:80' } as const
const TO_CLOSED = { from: 'pod/client', to: 'pod/shop/web-0:9' } as const
const TO_GUARDED = { from: 'pod/client', to: '203.0.113.10:80' } as const

let cluster: Cluster
beforeAll(() => {
  installMatchers(expect)
  cluster = Cluster.fromManifests(MANIFEST)
})

/** The message with which an expectation fails. */
function failure(expectation: () => void): string {
  try {
    expectation()
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('the expectation held')
}

describe('toDeliver', () => {
  test('holds for the whole, and for each pod with its share', () => {
    const { podIP } = cluster.get('Pod', 'client')!.status
    expect(cluster).toDeliver(TO_SERVICE)
    expect(cluster).toDeliver({ ...TO_SERVICE, pod: 'shop/web-0', probability: 1 / 2 })
    expect(cluster).toDeliver({
      ...TO_SERVICE,
      namespace: 'shop',
      from: 'pod/default/client',
      pod: 'web-1',
      probability: 0.5,
    })
    expect(cluster).toDeliver({ ...TO_SERVICE, source: podIP! })
    expect(cluster).toDeliver({ from: 'pod/client', to: '198.51.100.1:443', pod: 'external', source: '192.168.10.11' })
    expect(cluster).toDeliver({ from: 'external', to: 'node/node-2:10250', pod: 'node/node-2' })
  })

  test('fails with what was expected and what happens', () => {
    expect(cluster).not.toDeliver({ ...TO_SERVICE, source: '192.168.10.11' })
    expect(cluster).not.toDeliver(TO_CLOSED)
    const message = failure(() => expect(cluster).toDeliver({ ...TO_SERVICE, pod: 'shop/web-0' }))
    expect(message).toContain(
      'expected an answer by shop/web-0 (always)\n\npod/client to svc/shop/web:80 (tcp port 80):\n',
    )
    expect(message).toContain('  1/2: the client sees connected; the request was accepted\n')
    expect(message).toMatch(/delivered to pod\/shop\/web-1 on node-2, 10\.244\.1\.\d:8080, from 10\.244\.0\.\d:\d+/)
    expect(failure(() => expect(cluster).not.toDeliver(TO_SERVICE))).toMatch(
      /^expected anything but an answer \(always\)/,
    )
  })
})

describe('toReach', () => {
  test('names everybody who answers', () => {
    expect(cluster).toReach({ ...TO_SERVICE, pods: ['shop/web-0', 'shop/web-1'] })
    expect(cluster).toReach({ ...TO_SERVICE, pods: { 'shop/web-0': 0.5, 'shop/web-1': 0.5 } })
  })

  test('one too few, one too many or another share is too much', () => {
    expect(cluster).not.toReach({ ...TO_SERVICE, pods: ['shop/web-0'] })
    expect(cluster).not.toReach({ ...TO_SERVICE, pods: ['shop/web-0', 'shop/web-1', 'shop/web-2'] })
    expect(cluster).not.toReach({ ...TO_SERVICE, pods: { 'shop/web-0': 0.4, 'shop/web-1': 0.6 } })
    const message = failure(() => expect(cluster).toReach({ ...TO_CLOSED, pods: ['shop/web-0'] }))
    expect(message).toContain('expected answers by just shop/web-0 (always)')
    expect(message).toContain('always: the client sees refused')
  })
})

describe('toRefuse and toDrop', () => {
  test('tell a refusal from silence', () => {
    expect(cluster).toRefuse(TO_CLOSED)
    expect(cluster).not.toDrop(TO_CLOSED)
    expect(cluster).toDrop(TO_GUARDED)
    expect(cluster).toDrop({ ...TO_GUARDED, reason: 'NETFILTER_DROP' })
    expect(cluster).not.toDrop({ ...TO_GUARDED, reason: 'NEIGH_FAILED' })
    expect(cluster).not.toRefuse(TO_GUARDED)
    expect(cluster).not.toDrop(TO_SERVICE)
  })

  test('the message names the rule', () => {
    const message = failure(() => expect(cluster).toDeliver(TO_GUARDED))
    expect(message).toMatch(/packet 1 dropped in node-1: NETFILTER_DROP, .*KUBE-PROXY-FIREWALL/)
    expect(message).toMatch(/\n {4}by -A KUBE-PROXY-FIREWALL -d 203\.0\.113\.10\/32 .* -j DROP$/)
  })
})

describe('toBeAnswered', () => {
  test('is about a trace', () => {
    expect(cluster.trace(TO_SERVICE)).toBeAnswered()
    expect(cluster.trace(TO_CLOSED)).not.toBeAnswered()
    expect(failure(() => expect({ ...cluster.trace(TO_SERVICE), outcomes: [] }).toBeAnswered())).toMatch(/an answer/)
  })
})

test('what is no cluster and no trace is refused', () => {
  expect(() => expect({}).toDeliver(TO_SERVICE)).toThrow('toDeliver needs a Cluster')
  expect(() => expect(cluster).toBeAnswered()).toThrow('toBeAnswered needs a trace')
})
