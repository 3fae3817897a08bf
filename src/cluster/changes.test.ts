import { describe, expect, test } from 'vitest'
import { node, outcomeOf, pod, sees, service, webCluster } from '../../test/helpers/small-cluster.js'
import { InvalidInputError } from '../base/index.js'

describe('pods', () => {
  test('appear with a port on the bridge and go with it', () => {
    const cluster = webCluster()
    const before = [cluster.node('node-1').devices(), cluster.node('node-1').iptablesSave()]
    cluster.apply(pod('late', 'node-1', [{ containerPort: 9000 }]))
    expect(sees(cluster, 'pod/client', 'pod/late:9000')).toBe('connected')
    expect(cluster.namespaces()).toContain('pod/default/late')
    const address = cluster.get('Pod', 'late')!.status.podIP!
    cluster.delete('Pod', 'late')
    expect(cluster.namespaces()).not.toContain('pod/default/late')
    expect([cluster.node('node-1').devices(), cluster.node('node-1').iptablesSave()]).toEqual(before)
    expect(sees(cluster, 'pod/client', `${address}:9000`, { timeoutMs: 4000 })).toBe('host-unreachable')
  })

  test('one that just talked and is gone: its node still knows its MAC, the frames reach nobody', () => {
    const cluster = webCluster()
    const address = cluster.get('Pod', 'web')!.status.podIP!
    cluster.send({ from: 'pod/client', to: 'pod/web:8080' })
    cluster.delete('Pod', 'web')
    expect(sees(cluster, 'pod/client', `${address}:8080`, { timeoutMs: 4000 })).toBe('timeout')
  })

  test('without declared ports listen where services send, as long as they do', () => {
    const cluster = webCluster([pod('api', 'node-1')])
    expect(sees(cluster, 'pod/client', 'pod/api:8080')).toBe('refused')
    cluster.apply(service('api'))
    expect(sees(cluster, 'pod/client', 'pod/api:8080')).toBe('connected')
    cluster.delete('Service', 'api')
    expect(sees(cluster, 'pod/client', 'pod/api:8080')).toBe('refused')
  })

  test.each([['docker0'], ['cni0']] as const)('hostPort rules come and go with the pod (%s)', (bridge) => {
    const cluster = webCluster([pod('edge', 'node-1', [{ containerPort: 8080, hostPort: 8088 }])], { bridge })
    const hostRules = (): number =>
      cluster
        .node('node-1')
        .iptablesSave()
        .split('\n')
        .filter((line) => line.includes('--dport 8088') || line.includes('--dports 8088')).length
    expect(hostRules()).toBeGreaterThan(0)
    expect(sees(cluster, 'external', 'node/node-1:8088')).toBe('connected')
    cluster.delete('Pod', 'edge')
    expect(hostRules()).toBe(0)
    expect(sees(cluster, 'external', 'node/node-1:8088')).toBe('refused')
  })
})

describe('nodes', () => {
  test('a new one is everybody’s peer; one that is gone is nobody’s', () => {
    const cluster = webCluster()
    cluster.apply([node('node-3', '192.168.10.13'), pod('third', 'node-3', [{ containerPort: 80 }])])
    const tunnel = (name: string): string[] =>
      [cluster.node(name).routes(), cluster.node(name).neighbours(), cluster.node(name).fdb()]
        .join('')
        .split('\n')
        .filter((line) => line.includes('flannel.1') && (line.includes('10.244.2.0') || line.includes('192.168.10.13')))
    expect(tunnel('node-1')).toHaveLength(3)
    expect(tunnel('node-2')).toHaveLength(3)
    expect(sees(cluster, 'pod/client', 'pod/third:80')).toBe('connected')
    expect(sees(cluster, 'pod/third', 'pod/web:8080')).toBe('connected')
    cluster.delete('Pod', 'third')
    cluster.delete('Node', 'node-3')
    expect([tunnel('node-1'), tunnel('node-2')]).toEqual([[], []])
    expect(() => cluster.node('node-3')).toThrow(InvalidInputError)
  })

  test('host-gw: only the route', () => {
    const cluster = webCluster([], { cni: 'flannel-host-gw' })
    expect(cluster.node('node-1').routes()).toContain('10.244.1.0/24 via 192.168.10.12 dev eth0\n')
    expect(cluster.node('node-1').devices()).not.toContain('flannel')
    cluster.delete('Pod', 'client')
    cluster.delete('Node', 'node-2')
    expect(cluster.node('node-1').routes()).not.toContain('10.244.1.0/24')
  })
})

describe('services', () => {
  test('rules come and go', () => {
    const cluster = webCluster()
    const before = cluster.node('node-2').iptablesSave()
    cluster.apply(service('web'))
    const address = cluster.get('Service', 'web')!.spec.clusterIP!
    expect(cluster.node('node-2').iptablesSave()).toContain(`-A KUBE-SERVICES -d ${address}/32 `)
    expect(sees(cluster, 'pod/client', 'svc/web')).toBe('connected')
    cluster.delete('Service', 'web')
    expect(cluster.node('node-2').iptablesSave()).not.toContain(address)
    expect(before).not.toContain(address)
  })

  test('without ready endpoints: refused by rule', () => {
    const cluster = webCluster([service('web')])
    cluster.delete('Pod', 'web')
    const outcome = outcomeOf(cluster, 'pod/client', 'svc/web')
    expect([outcome.client.sees, outcome.drop?.rule]).toMatchObject([
      'refused',
      expect.stringContaining('has no endpoints'),
    ])
  })

  test('a UDP flow to an endpoint that went is forgotten; the next datagram finds the new one', () => {
    const dns = { ports: [{ port: 53, protocol: 'UDP', targetPort: 5353 }] }
    const ports = [{ containerPort: 5353, protocol: 'UDP' }]
    const cluster = webCluster([service('dns', dns), pod('dns-a', 'node-1', ports, { app: 'dns' })])
    const question = { from: 'pod/client', to: 'svc/dns', sourcePort: 5000 }
    cluster.send(question)
    const old = cluster.get('Pod', 'dns-a')!.status.podIP!
    expect(cluster.node('node-2').conntrack()).toContain(`src=${old} dst=10.244.1.`)
    cluster.apply(pod('dns-b', 'node-1', ports, { app: 'dns' }))
    cluster.delete('Pod', 'dns-a')
    expect(cluster.node('node-2').conntrack()).not.toContain(`src=${old} dst=10.244.1.`)
    expect(outcomeOf(cluster, 'pod/client', 'svc/dns', { sourcePort: 5000 }).delivered?.pod).toBe('default/dns-b')
  })
})

describe('all or nothing', () => {
  test('a manifest with one mistake changes nothing', () => {
    const cluster = webCluster([service('web')])
    const before = [cluster.list('Service').length, cluster.node('node-1').iptablesSave()]
    const bad = service('other', { clusterIP: cluster.get('Service', 'web')!.spec.clusterIP })
    expect(() => cluster.apply([service('good'), bad])).toThrow(InvalidInputError)
    expect([cluster.list('Service').length, cluster.node('node-1').iptablesSave()]).toEqual(before)
  })

  test('what is not there cannot be deleted', () => {
    expect(() => webCluster().delete('Pod', 'wbe')).toThrow(/there is no Pod "wbe"/)
  })
})

describe('time', () => {
  const question = { from: 'pod/client', to: 'pod/web:8080', protocol: 'udp' as const }

  test('send leaves its entry behind, trace does not', () => {
    const cluster = webCluster()
    cluster.trace(question)
    expect(cluster.node('node-2').conntrack()).not.toContain('dport=8080')
    cluster.send(question)
    expect(cluster.node('node-2').conntrack()).toContain('dport=8080')
  })

  test('entries expire as it passes', () => {
    const cluster = webCluster()
    const start = cluster.now
    cluster.send(question)
    cluster.advance(29_000)
    expect(cluster.node('node-2').conntrack()).toContain('dport=8080')
    cluster.advance(2_000)
    expect(cluster.node('node-2').conntrack()).not.toContain('dport=8080')
    expect(cluster.now).toBeGreaterThanOrEqual(start + 31_000)
  })

  test.each([-1, Number.NaN, Infinity])('%d is no time', (ms) => {
    expect(() => webCluster().advance(ms)).toThrow(InvalidInputError)
  })
})

describe('a fork', () => {
  test('goes its own way', () => {
    const cluster = webCluster([service('web')])
    const state = (): unknown => [
      cluster.now,
      cluster.namespaces(),
      cluster.node('node-2').iptablesSave({ counters: true }),
    ]
    const before = state()
    const fork = cluster.fork()
    fork.node('node-2').iptablesRestore('*filter\n-I FORWARD 1 -j DROP\nCOMMIT\n', { noflush: true })
    fork.node('node-2').ip('route del default').setSysctl('net/ipv4/ip_forward', 0)
    fork.delete('Service', 'web').apply(pod('late', 'node-1')).advance(60_000)
    fork.send({ from: 'pod/client', to: 'pod/late:80', timeoutMs: 500 })
    expect(state()).toEqual(before)
    expect(sees(cluster, 'pod/client', 'svc/web')).toBe('connected')
    cluster.delete('Pod', 'web')
    expect(fork.get('Pod', 'web')?.metadata.name).toBe('web')
  })
})
