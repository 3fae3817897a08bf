import { describe, expect, test } from 'vitest'
import { node, outcomeOf, pod, sees, service, webCluster } from '../../test/helpers/small-cluster.js'
import { InvalidInputError } from '../base/index.js'

describe('the world outside', () => {
  const cluster = webCluster()

  test.each([
    ['8.8.8.8:53', 'udp', 'answered'],
    ['203.0.113.7:443', 'tcp', 'connected'],
    ['1.1.1.1', 'icmp', 'answered'],
    ['203.0.113.7:36412', 'sctp', 'connected'],
  ] as const)('has every public address: %s/%s', (to, protocol, expected) => {
    const outcome = outcomeOf(cluster, 'pod/client', to, { protocol })
    expect([outcome.client.sees, outcome.delivered?.netns]).toEqual([expected, 'external'])
    expect(outcome.delivered?.source).toMatch(/^192\.168\.10\.12\b/)
  })

  test.each(['10.1.2.3:80', '172.16.9.9:80', '192.168.77.1:80', '169.254.169.254:80', '100.64.9.9:80'])(
    'has no private address nobody named: %s',
    (to) => {
      const outcome = outcomeOf(cluster, 'pod/client', to, { timeoutMs: 1000 })
      expect([outcome.client.sees, outcome.drop]).toMatchObject(['timeout', { reason: 'OUTSIDE', netns: 'external' }])
    },
  )

  test('a manual endpoint claims its address', () => {
    const claimed = webCluster([
      service('db', { selector: undefined, ports: [{ port: 5432 }] }),
      {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { name: 'db-1', labels: { 'kubernetes.io/service-name': 'db' } },
        addressType: 'IPv4',
        ports: [{ port: 5432 }],
        endpoints: [{ addresses: ['10.1.2.3'] }],
      },
    ])
    expect(outcomeOf(claimed, 'pod/client', 'svc/db').delivered).toMatchObject({
      netns: 'external',
      address: '10.1.2.3',
    })
    expect(sees(claimed, 'pod/client', '10.1.2.3:80')).toBe('connected')
    expect(sees(claimed, 'pod/client', '10.1.2.4:80', { timeoutMs: 500 })).toBe('timeout')
  })

  test('a client outside reaches nodes, not pods or cluster IPs', () => {
    const open = webCluster([
      service('web', { type: 'NodePort', ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }] }),
    ])
    expect(sees(open, 'external', 'node/node-2:30080')).toBe('connected')
    expect(sees(open, 'external/203.0.113.9', 'node/node-1:30080')).toBe('connected')
    expect(sees(open, 'external', 'pod/web:8080')).toBe('host-unreachable')
    expect(sees(open, 'external', 'svc/web')).toBe('host-unreachable')
  })

  test('an address of the cluster is no outside client', () => {
    for (const address of ['192.168.10.11', '10.244.0.9', '10.96.0.1', '192.168.10.1']) {
      expect(() => cluster.trace({ from: `external/${address}`, to: 'node/node-1:80' })).toThrow(InvalidInputError)
    }
  })
})

describe('the nodes’ network', () => {
  test('a host on it is a machine of its own, without the gateway in between', () => {
    const cluster = webCluster()
    const outcome = outcomeOf(cluster, 'external/192.168.10.200', 'node/node-1:10250')
    expect(outcome.client.sees).toBe('connected')
    const way = outcome.conversation.find((p) => p.kind === 'request')!.hops.map((hop) => hop.netns)
    expect(way).toEqual(['external', 'underlay', 'node-1'])
    expect(outcomeOf(cluster, 'pod/client', '192.168.10.201:80', { timeoutMs: 4000 }).client.sees).toBe(
      'host-unreachable',
    )
  })

  test('may be another one', () => {
    const cluster = webCluster([node('node-1', '172.20.5.10'), node('node-2', '172.20.5.20')])
    expect(sees(cluster, 'pod/client', 'pod/web:8080')).toBe('connected')
    expect(cluster.node('node-1').routes()).toContain('default via 172.20.5.1 dev eth0\n')
    expect(cluster.node('node-1').neighbours()).toContain('10.244.1.0 dev flannel.1 ')
    expect(cluster.node('node-1').fdb()).toMatch(/ dev flannel\.1 dst 172\.20\.5\.20 self permanent/)
  })

  test('steps aside for a node that has the gateway’s usual address', () => {
    const cluster = webCluster([node('node-1', '172.20.5.1'), node('node-2', '172.20.5.2')])
    expect(cluster.node('node-1').routes()).toContain('default via 172.20.5.3 dev eth0\n')
    expect(sees(cluster, 'pod/client', '8.8.8.8:53', { protocol: 'udp' })).toBe('answered')
  })

  test('is wide enough for nodes that are far apart', () => {
    const cluster = webCluster([node('node-1', '172.20.1.10'), node('node-2', '172.20.2.10')])
    expect(sees(cluster, 'pod/client', 'pod/web:8080')).toBe('connected')
    expect(cluster.node('node-1').devices()).toContain('172.20.1.10/22')
  })
})

describe('a load balancer', () => {
  const status = { loadBalancer: { ingress: [{ ip: '203.0.113.50' }] } }

  test('hands its address to every node alike', () => {
    const cluster = webCluster([service('web', { type: 'LoadBalancer' }, status)])
    const { outcomes } = cluster.trace({ from: 'external', to: '203.0.113.50:80' })
    expect(outcomes.map((o) => [o.probability, o.client.sees, o.delivered?.pod])).toEqual([
      [0.5, 'connected', 'default/web'],
      [0.5, 'connected', 'default/web'],
    ])
  })

  test('with policy Local only to nodes with an endpoint, and the source stays', () => {
    const cluster = webCluster([service('web', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' }, status)])
    const outcome = outcomeOf(cluster, 'external/198.51.100.77', '203.0.113.50:80')
    expect([outcome.probability, outcome.delivered?.source]).toMatchObject([
      1,
      expect.stringContaining('198.51.100.77'),
    ])
  })

  test('an external IP likewise; an address nobody routes is the outside world’s', () => {
    const cluster = webCluster([service('web', { externalIPs: ['203.0.113.60'] })])
    expect(sees(cluster, 'external', '203.0.113.60:80')).toBe('connected')
    expect(outcomeOf(cluster, 'pod/client', '203.0.113.61:80').delivered?.netns).toBe('external')
  })
})

test('a pod on a hostPort is reached by the node, from outside too', () => {
  const cluster = webCluster([pod('edge', 'node-1', [{ containerPort: 8080, hostPort: 8088 }])])
  expect(outcomeOf(cluster, 'external', 'node/node-1:8088').delivered?.pod).toBe('default/edge')
  expect(sees(cluster, 'external', 'node/node-2:8088')).toBe('refused')
})
