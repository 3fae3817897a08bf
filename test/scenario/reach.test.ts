import { describe, expect, test } from 'vitest'
import { lab, ways } from '../helpers/lab.js'

/** From, to, and each way it goes on docker0 (hairpin off); what cni0 (hairpin on, portmap) does otherwise. */
type Case = readonly [from: string, to: string, ways: readonly string[], onCni0?: readonly string[]]

const CLUSTER_IPS: readonly Case[] = [
  ['pod/client', 'svc/web:http', ['50% connected web-1 from client', '50% connected web-2 from client']],
  ['pod/client', 'svc/web:dns', ['50% answered web-1 from client', '50% answered web-2 from client']],
  ['pod/client', 'svc/web:s', ['50% connected web-1 from client', '50% connected web-2 from client']],
  ['node/node-1', 'svc/web:http', ['50% connected web-1 from 10.244.0.1', '50% connected web-2 from 10.244.0.0']],
  ['pod/onhost', 'svc/web:http', ['50% connected web-1 from 10.244.1.0', '50% connected web-2 from 10.244.1.1']],
  ['pod/client', 'svc/onhost', ['100% connected node-2 from 192.168.10.11']],
  ['pod/web-2', 'svc/onhost', ['100% connected node-2 from web-2']],
  ['pod/client', 'svc/inner', ['100% timeout KUBE-SERVICES DROP']],
  ['pod/web-2', 'svc/inner', ['100% connected solo from web-2']],
  ['node/node-1', 'svc/inner', ['100% timeout KUBE-SERVICES DROP']],
  ['pod/client', 'svc/none', ['100% refused KUBE-SERVICES REJECT --reject-with icmp-port-unreachable']],
  ['node/node-1', 'svc/none', ['100% refused KUBE-SERVICES REJECT --reject-with icmp-port-unreachable']],
  ['external', 'node/node-1:30084', ['100% refused KUBE-EXTERNAL-SERVICES REJECT --reject-with icmp-port-unreachable']],
  ['pod/client', 'svc/unready', ['100% refused KUBE-SERVICES REJECT --reject-with icmp-port-unreachable']],
  ['pod/client', 'svc/going', ['100% connected going from client']],
  ['pod/client', 'svc/web:81', ['100% timeout OUTSIDE']],
  ['external', 'svc/web:http', ['100% host-unreachable IP_ROUTE_UNREACHABLE']],
  ['pod/client', 'svc/self', ['100% connected self from client']],
  ['pod/self', 'svc/self', ['100% timeout BRIDGE_NO_EGRESS_PORT'], ['100% connected self from 10.244.0.1']],
]

const EXTERNAL_ADDRESSES: readonly Case[] = [
  ['external', '203.0.113.80:80', ['100% connected solo from 198.51.100.10']],
  ['external', '203.0.113.77:80', ['100% connected solo from 198.51.100.10']],
  ['pod/client', '203.0.113.80:80', ['100% connected solo from client']],
  ['node/node-1', '203.0.113.80:80', ['100% connected solo from 10.244.0.0']],
  ['external', 'node/node-1:30081', ['100% timeout KUBE-EXTERNAL-SERVICES DROP']],
  ['external', 'node/node-2:30081', ['100% connected solo from 198.51.100.10']],
  ['pod/client', 'node/node-1:30081', ['100% connected solo from client']],
  ['pod/web-2', 'node/node-1:30081', ['100% timeout KUBE-EXTERNAL-SERVICES DROP']],
  ['node/node-2', 'node/node-1:30081', ['100% timeout KUBE-EXTERNAL-SERVICES DROP']],
  ['node/node-1', 'node/node-1:30081', ['100% connected solo from 10.244.0.0']],
  ['external', '203.0.113.82:80', ['50% connected solo from 10.244.0.0', '50% connected solo from 10.244.1.1']],
  [
    'external/192.0.2.9',
    '203.0.113.82:80',
    ['50% timeout KUBE-PROXY-FIREWALL DROP', '50% timeout KUBE-PROXY-FIREWALL DROP'],
  ],
  ['external/192.0.2.9', 'node/node-1:30082', ['100% connected solo from 10.244.0.0']],
  ['pod/client', '203.0.113.82:80', ['100% timeout KUBE-PROXY-FIREWALL DROP']],
  ['pod/client', '203.0.113.83:80', ['100% connected external from 192.168.10.11']],
  ['node/node-1', '127.0.0.1:30080', ['50% connected web-1 from 10.244.0.1', '50% connected web-2 from 10.244.0.0']],
  ['pod/client', '10.244.0.1:30080', ['50% connected web-1 from 10.244.0.1', '50% connected web-2 from 10.244.0.0']],
  ['pod/client', '127.0.0.1:30080', ['100% refused NO_SOCKET']],
  ['external', 'node/node-1:30083', ['100% connected node-2 from 192.168.10.11']],
]

const HOST_PORTS: readonly Case[] = [
  ['pod/self', 'node/node-1:8081', ['100% connected node-1 from self'], ['100% connected self from 10.244.0.1']],
  ['pod/client', 'node/node-1:8081', ['100% connected node-1 from client'], ['100% connected self from 10.244.0.1']],
  ['pod/web-2', 'node/node-1:8081', ['100% connected self from 192.168.10.12']],
  ['node/node-1', 'node/node-1:8081', ['100% connected self from 192.168.10.11']],
  ['node/node-2', 'node/node-1:8081', ['100% connected self from 192.168.10.12']],
  ['external', 'node/node-1:8081', ['100% connected self from 198.51.100.10']],
  ['node/node-1', '127.0.0.1:8081', ['100% connected node-1 from 127.0.0.1'], ['100% connected self from 10.244.0.1']],
]

const PLAIN: readonly Case[] = [
  ['pod/client', 'pod/web-2:8080', ['100% connected web-2 from client']],
  ['pod/client', 'pod/web-1:8080', ['100% connected web-1 from client']],
  ['node/node-1', 'pod/web-2:8080', ['100% connected web-2 from 10.244.0.0']],
  ['node/node-1', 'pod/web-1:8080', ['100% connected web-1 from 10.244.0.1']],
  ['pod/client', 'pod/onhost:9100', ['100% connected node-2 from 192.168.10.11']],
  ['pod/web-2', 'pod/onhost:9100', ['100% connected node-2 from web-2']],
  ['external', 'pod/web-2:8080', ['100% host-unreachable IP_ROUTE_UNREACHABLE']],
  ['pod/client', '8.8.8.8:53/udp', ['100% answered external from 192.168.10.11']],
]

const TABLES: Readonly<Record<string, readonly Case[]>> = {
  'services by cluster IP (kube-proxy 3.3, 3.6, 3.7; flannel 2.5)': CLUSTER_IPS,
  'addresses from outside: policies and source ranges (kube-proxy 3.3, 3.5, 3.6, 3.10)': EXTERNAL_ADDRESSES,
  'host ports (docker 1.3, portmap 3.5)': HOST_PORTS,
  'pods, nodes and the world without services (flannel 2.5, 4)': PLAIN,
}

describe.each(Object.entries(TABLES))('%s', (_title, cases) => {
  const docker = lab({ bridge: 'docker0' })
  const cni = lab({ bridge: 'cni0' })

  for (const [from, to, expected, onCni0] of cases) {
    test(`${from} → ${to}`, () => {
      expect(ways(docker, { from, to })).toEqual(expected)
      expect(ways(cni, { from, to })).toEqual(onCni0 ?? expected)
    })
  }
})

describe('pings (kernel: what answers)', () => {
  const cluster = lab()
  test.each([
    ['pod/client', 'pod/web-2', '100% answered web-2 from client'],
    ['node/node-1', 'pod/web-2', '100% answered web-2 from 10.244.0.0'],
    ['node/node-1', 'node/node-1', '100% answered node-1 from 192.168.10.11'],
    ['pod/client', 'node/node-2', '100% answered node-2 from 192.168.10.11'],
    ['pod/client', '10.244.0.1', '100% answered node-1 from client'],
    ['pod/client', '127.0.0.1', '100% answered client from 127.0.0.1'],
    ['pod/client', '8.8.8.8', '100% answered external from 192.168.10.11'],
    ['pod/client', 'svc/web', '100% timeout OUTSIDE'],
    ['pod/client', '10.244.0.200', '100% host-unreachable NEIGH_FAILED'],
    ['pod/client', '10.244.1.200', '100% host-unreachable NEIGH_FAILED'],
  ])('%s → %s', (from, to, expected) => {
    expect(ways(cluster, { from, to, protocol: 'icmp' })).toEqual([expected])
  })
})

describe('sizes (flannel 2.3: 1450 inside 1500)', () => {
  const cluster = lab()
  const udp = { from: 'pod/client', to: 'pod/web-2:5300', protocol: 'udp' } as const
  test.each([
    [1422, true, 'answered'],
    [1423, true, 'send-error'],
    [1423, false, 'answered'],
    [9000, false, 'answered'],
    [65507, false, 'answered'],
  ])('%i bytes from the pod, df %s', (size, df, sees) => {
    expect(cluster.trace({ ...udp, size, df }).outcomes.map(({ client }) => client.sees)).toEqual([sees])
  })

  test('what the node cannot forward is told to the outside client', () => {
    const question = { from: 'external', to: 'node/node-1:30081', size: 1423, df: true } as const
    const cases = lab().apply(
      '{apiVersion: v1, kind: Service, metadata: {name: u}, spec: {type: NodePort, selector: {app: web}, ports: [{port: 53, protocol: UDP, targetPort: 5300, nodePort: 30053}]}}',
    )
    const outcomes = cases.trace({ ...question, to: 'node/node-1:30053', protocol: 'udp' }).outcomes
    expect(outcomes.map(({ client, drop }) => [client.sees, drop?.reason])).toEqual([
      ['frag-needed', 'PKT_TOO_BIG'],
      ['frag-needed', 'PKT_TOO_BIG'],
    ])
  })
})

describe('time to live (kernel: a bridged packet keeps it)', () => {
  const cluster = lab()
  test.each([
    [1, 'pod/web-1:8080', ['connected']],
    [1, 'pod/web-2:8080', ['ttl-exceeded']],
    [2, 'pod/web-2:8080', ['ttl-exceeded']],
    [3, 'pod/web-2:8080', ['connected']],
    [1, 'svc/web:http', ['connected', 'ttl-exceeded']],
    [2, '8.8.8.8:80', ['ttl-exceeded']],
    [3, '8.8.8.8:80', ['connected']],
  ])('%i → %s', (ttl, to, sees) => {
    const { outcomes } = cluster.trace({ from: 'pod/client', to, ttl })
    expect(outcomes.map(({ client }) => client.sees)).toEqual(sees)
  })
})
