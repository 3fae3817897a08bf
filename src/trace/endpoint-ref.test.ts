import { describe, expect, test } from 'vitest'
import { parseEndpoint, printEndpoint } from './endpoint-ref.js'

const good: [string, object][] = [
  ['pod/web', { ref: { kind: 'pod', namespace: null, name: 'web' }, port: null, protocol: null }],
  ['pods/shop/web-0', { ref: { kind: 'pod', namespace: 'shop', name: 'web-0' }, port: null, protocol: null }],
  ['pod/shop/web-0:8080', { ref: { kind: 'pod', namespace: 'shop', name: 'web-0' }, port: 8080, protocol: null }],
  [
    'deploy/frontend',
    {
      ref: { kind: 'workload', workload: 'Deployment', namespace: null, name: 'frontend' },
      port: null,
      protocol: null,
    },
  ],
  [
    'deployment.apps/shop/frontend',
    {
      ref: { kind: 'workload', workload: 'Deployment', namespace: 'shop', name: 'frontend' },
      port: null,
      protocol: null,
    },
  ],
  [
    'statefulset/db',
    { ref: { kind: 'workload', workload: 'StatefulSet', namespace: null, name: 'db' }, port: null, protocol: null },
  ],
  [
    'ds/agent',
    { ref: { kind: 'workload', workload: 'DaemonSet', namespace: null, name: 'agent' }, port: null, protocol: null },
  ],
  [
    'rs/web-5d',
    { ref: { kind: 'workload', workload: 'ReplicaSet', namespace: null, name: 'web-5d' }, port: null, protocol: null },
  ],
  ['svc/redis:6379', { ref: { kind: 'service', namespace: null, name: 'redis' }, port: 6379, protocol: null }],
  ['service/shop/web:http', { ref: { kind: 'service', namespace: 'shop', name: 'web' }, port: 'http', protocol: null }],
  [
    'svc/kube-system/kube-dns:53/udp',
    { ref: { kind: 'service', namespace: 'kube-system', name: 'kube-dns' }, port: 53, protocol: 'udp' },
  ],
  ['node/node-1:30080', { ref: { kind: 'node', name: 'node-1' }, port: 30080, protocol: null }],
  ['external', { ref: { kind: 'external', address: null }, port: null, protocol: null }],
  ['external/203.0.113.7', { ref: { kind: 'external', address: '203.0.113.7' }, port: null, protocol: null }],
  ['8.8.8.8:53/udp', { ref: { kind: 'address', address: '8.8.8.8' }, port: 53, protocol: 'udp' }],
  ['8.8.8.8/icmp', { ref: { kind: 'address', address: '8.8.8.8' }, port: null, protocol: 'icmp' }],
  ['10.96.0.1', { ref: { kind: 'address', address: '10.96.0.1' }, port: null, protocol: null }],
  ['web.shop:8080', { ref: { kind: 'name', name: 'web.shop' }, port: 8080, protocol: null }],
  ['example.org.', { ref: { kind: 'name', name: 'example.org.' }, port: null, protocol: null }],
  ['http://web.shop:8080/', { ref: { kind: 'name', name: 'web.shop' }, port: 8080, protocol: 'tcp' }],
  ['http://web.shop', { ref: { kind: 'name', name: 'web.shop' }, port: 80, protocol: 'tcp' }],
  ['https://web/a?b=c:1', { ref: { kind: 'name', name: 'web' }, port: 443, protocol: 'tcp' }],
  ['https://10.0.0.1/', { ref: { kind: 'address', address: '10.0.0.1' }, port: 443, protocol: 'tcp' }],
  ['udp://dns.example:53', { ref: { kind: 'name', name: 'dns.example' }, port: 53, protocol: 'udp' }],
  ['pod/udp', { ref: { kind: 'pod', namespace: null, name: 'udp' }, port: null, protocol: null }],
]

const bad: [string, string][] = [
  ['', 'is empty'],
  ['pod/', 'is not a name'],
  ['pod', ''],
  ['pod/a/b/c', 'wrong number of parts'],
  ['node/a/b', 'wrong number of parts'],
  ['ingress/web', '"ingress" is not a kind of endpoint'],
  ['svc/web:70000', 'port 70000 is out of range'],
  ['svc/web:0', 'port 0 is out of range'],
  ['svc/web:', 'neither a port number nor a port name'],
  ['10.0.0.256', '"10.0.0.256" is not an IPv4 address'],
  ['010.0.0.1', 'is not an IPv4 address'],
  ['10.1', 'is not an IPv4 address'],
  ['fd00::1', 'is an IPv6 address'],
  ['[fd00::1]:80', 'is an IPv6 address'],
  ['external/abc', 'does not name an outside address'],
  ['ftp://x', 'is not a URL that is understood'],
  ['http://pod/', ''],
  ['http:///', 'is empty'],
  ['pod/Web', '"Web" in "pod/Web" is not a name'],
  ['a b', 'is not an endpoint'],
]

describe('parseEndpoint', () => {
  test.each(good)('%s', (text, expected) => {
    expect(parseEndpoint(text)).toEqual(expected)
  })

  test.each(bad.filter(([, message]) => message !== ''))('refuses %j', (text, message) => {
    const parsed = parseEndpoint(text)
    expect('message' in parsed ? parsed.message : parsed).toContain(message)
  })

  test('a bare word is a DNS name, even one that is also a kind', () => {
    expect(parseEndpoint('pod')).toMatchObject({ ref: { kind: 'name', name: 'pod' } })
    expect(parseEndpoint('http://pod/')).toMatchObject({ ref: { kind: 'name', name: 'pod' }, port: 80 })
  })

  test('prints references as it reads them', () => {
    for (const text of [
      'pod/a',
      'pod/ns/a',
      'deploy/a',
      'sts/ns/a',
      'svc/a',
      'node/n',
      'external',
      'external/1.2.3.4',
      '1.2.3.4',
      'a.b',
    ]) {
      const parsed = parseEndpoint(text)
      expect('ref' in parsed ? printEndpoint(parsed.ref) : parsed).toBe(text)
    }
  })
})
