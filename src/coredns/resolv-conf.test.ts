import { describe, expect, it, test } from 'vitest'
import type { DnsPolicy, Pod, PodDnsConfig } from '../api/index.js'
import { InvalidInputError } from '../base/index.js'
import {
  type KubeletDns,
  lookupHosts,
  parseResolvConf,
  podHostname,
  podHosts,
  podResolvConf,
  printHosts,
  printResolvConf,
} from './index.js'

const node = parseResolvConf('# the node\nsearch example.net.\nnameserver 192.0.2.53\noptions rotate timeout:1\n')

const kubelet: KubeletDns = {
  clusterDNS: ['10.96.0.10'],
  clusterDomain: 'cluster.local',
  hostResolvConf: { ...node, search: [] },
  nodeFamilies: ['inet'],
}

function pod(dnsPolicy: DnsPolicy, spec: Partial<Pod['spec']> = {}, name = 'web-0'): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels: {}, annotations: {}, ownerReferences: [] },
    spec: {
      nodeSelector: {},
      hostNetwork: false,
      dnsPolicy,
      restartPolicy: 'Always',
      containers: [],
      initContainers: [],
      hostAliases: [],
      ...spec,
    },
    status: { podIP: '10.244.1.5', podIPs: [{ ip: '10.244.1.5' }], conditions: [] },
  }
}

const CLUSTER =
  'search default.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n'
const HOST = 'nameserver 192.0.2.53\noptions rotate timeout:1\n'

describe('podResolvConf', () => {
  test.each([
    ['ClusterFirst', false, CLUSTER],
    ['ClusterFirst', true, HOST],
    ['ClusterFirstWithHostNet', false, CLUSTER],
    ['ClusterFirstWithHostNet', true, CLUSTER],
    ['Default', false, HOST],
    ['Default', true, HOST],
    ['None', false, ''],
  ] as const)('%s, hostNetwork %s', (policy, hostNetwork, expected) => {
    expect(printResolvConf(podResolvConf(pod(policy, { hostNetwork }), kubelet))).toBe(expected)
  })

  it('puts the search list of the node behind, each element once, and drops its options', () => {
    const hostResolvConf = { ...node, search: ['cluster.local', 'example.net'] }
    const conf = podResolvConf(pod('ClusterFirst'), { ...kubelet, hostResolvConf })
    expect(conf.search).toEqual(['default.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'example.net'])
    expect(conf.options).toEqual([{ name: 'ndots', value: '5' }])
  })

  it('has only the search list of the node without a cluster domain', () => {
    const conf = podResolvConf(pod('ClusterFirst'), { ...kubelet, clusterDomain: '', hostResolvConf: node })
    expect(conf.search).toEqual(['example.net'])
  })

  it('falls back to the node and says so without a cluster DNS address', () => {
    const conf = podResolvConf(pod('ClusterFirst'), { ...kubelet, clusterDNS: [] })
    expect(printResolvConf(conf)).toBe(HOST)
    expect(conf.warnings.map((warning) => warning.reason)).toEqual(['MissingClusterDNS'])
  })

  it('points at the node itself when kubelet has no file', () => {
    const dual: KubeletDns = { ...kubelet, hostResolvConf: null, nodeFamilies: ['inet', 'inet6'] }
    const conf = podResolvConf(pod('Default'), dual)
    expect(printResolvConf(conf)).toBe('search .\nnameserver 127.0.0.1\nnameserver ::1\n')
  })

  const withConfig = (dnsConfig: Partial<PodDnsConfig>): ReturnType<typeof podResolvConf> =>
    podResolvConf(
      pod('ClusterFirst', { dnsConfig: { nameservers: [], searches: [], options: [], ...dnsConfig } }),
      kubelet,
    )

  it('merges dnsConfig: appended, duplicates dropped, options overridden', () => {
    const conf = withConfig({
      nameservers: ['10.96.0.10', '192.0.2.1'],
      searches: ['svc.cluster.local', 'example.org'],
      options: [{ name: 'ndots', value: '2' }, { name: 'single-request-reopen' }],
    })
    expect(printResolvConf(conf)).toBe(
      'search default.svc.cluster.local svc.cluster.local cluster.local example.org\n' +
        'nameserver 10.96.0.10\nnameserver 192.0.2.1\noptions ndots:2 single-request-reopen\n',
    )
    expect(conf.warnings).toEqual([])
  })

  it('cuts to 3 nameservers, 32 elements and 2048 characters, and warns', () => {
    const conf = withConfig({
      nameservers: ['192.0.2.1', '192.0.2.2', '192.0.2.3'],
      searches: Array.from({ length: 40 }, (_, i) => `d${i}`),
    })
    expect(conf.nameservers).toEqual(['10.96.0.10', '192.0.2.1', '192.0.2.2'])
    expect(conf.search).toHaveLength(32)
    expect(conf.warnings.map((warning) => warning.reason)).toEqual(['DNSConfigForming', 'DNSConfigForming'])
    const long = Array.from({ length: 12 }, (_, i) => `${i}`.padEnd(200, 'x'))
    // The three of the cluster take 63 characters with a space behind, each of these 201.
    expect(withConfig({ searches: long }).search).toHaveLength(3 + 9)
    expect(withConfig({ searches: ['x'.repeat(254)] }).search).toHaveLength(3)
  })
})

describe('parseResolvConf', () => {
  it('adds nameservers up and takes the last search and options', () => {
    const text =
      'nameserver 1.1.1.1\nsearch a b\noptions ndots:1\n# search x\nnameserver 2.2.2.2\nsearch c.\noptions use-vc\n'
    expect(parseResolvConf(text)).toEqual({
      nameservers: ['1.1.1.1', '2.2.2.2'],
      search: ['c'],
      options: [{ name: 'use-vc' }],
    })
  })

  it('reads back what it prints', () => {
    const conf = parseResolvConf(CLUSTER)
    expect(printResolvConf(conf)).toBe(CLUSTER)
  })

  it('reports every nameserver without an address', () => {
    expect(() => parseResolvConf('nameserver\nsearch a\nnameserver\n', 'node.conf')).toThrow(InvalidInputError)
    expect(() => parseResolvConf('nameserver\nsearch a\nnameserver\n', 'node.conf')).toThrow(
      'node.conf:1:1: nameserver without an address; give it an IP address\nnode.conf:3:1: nameserver without',
    )
  })
})

describe('podHosts', () => {
  it('has localhost, the name of the pod and its aliases', () => {
    const hosts = podHosts(
      pod('ClusterFirst', {
        subdomain: 'db',
        hostname: 'db-0',
        hostAliases: [{ ip: '192.0.2.9', hostnames: ['a', 'b'] }],
      }),
      'cluster.local',
    )
    expect(printHosts(hosts)).toBe(
      '# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost\tip6-localhost\tip6-loopback\n' +
        'fe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n' +
        '10.244.1.5\tdb-0.db.default.svc.cluster.local\tdb-0\n' +
        '\n# Entries added by HostAliases.\n192.0.2.9\ta\tb\n',
    )
    expect(lookupHosts(hosts, 'LOCALHOST')).toEqual(['127.0.0.1', '::1'])
    expect(lookupHosts(hosts, 'b')).toEqual(['192.0.2.9'])
    expect(lookupHosts(hosts, 'web')).toEqual([])
  })

  it('is the file of the node with hostNetwork', () => {
    const hosts = podHosts(pod('Default', { hostNetwork: true }), 'cluster.local', [
      { address: '127.0.1.1', names: ['node-1'] },
    ])
    expect(printHosts(hosts)).toBe('# Kubernetes-managed hosts file (host network).\n127.0.1.1\tnode-1\n')
  })

  it('cuts the hostname to 63 characters', () => {
    expect(podHostname(pod('Default', {}, `${'a'.repeat(62)}-b`))).toBe('a'.repeat(62))
    expect(podHostname(pod('Default', { hostname: 'h' }))).toBe('h')
  })
})
