import { describe, expect, test } from 'vitest'
import { outcomeOf, sees, service, webCluster } from '../../test/helpers/small-cluster.js'
import { InvalidInputError } from '../base/index.js'

/** Lines, the MAC addresses that are made up written as `…`. */
function lines(text: string): string[] {
  return text
    .replace(/\b(02|aa):(?!42:0a)(?:[0-9a-f]{2}:){4}[0-9a-f]{2}\b/g, '…')
    .trimEnd()
    .split('\n')
}

describe('a node, as the tools show it', () => {
  const cluster = webCluster()
  cluster.send({ from: 'pod/client', to: 'pod/web:8080' })
  const view = cluster.node('node-1')

  test('devices', () => {
    expect(lines(view.devices()).slice(0, 4)).toEqual([
      '1: lo loopback 00:00:00:00:00:00 mtu 65536 UP 127.0.0.1/8 scope host',
      '2: eth0 physical 52:54:00:00:00:02 mtu 1500 UP 192.168.10.11/24',
      '3: flannel.1 vxlan … mtu 1450 UP 10.244.0.0/32',
      '4: docker0 bridge … mtu 1450 UP 10.244.0.1/24',
    ])
    expect(lines(view.devices())[4]).toMatch(/^5: veth[0-9a-f]{7} veth … mtu 1450 UP master docker0$/)
  })

  test('routes', () => {
    expect(lines(view.routes())).toEqual([
      '0: from all lookup local',
      '32766: from all lookup main',
      '32767: from all lookup default',
      '',
      'default via 192.168.10.1 dev eth0',
      '10.244.0.0/24 dev docker0 proto kernel scope link src 10.244.0.1',
      '10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink',
      '192.168.10.0/24 dev eth0 proto kernel scope link src 192.168.10.11',
      '',
      'local 127.0.0.0/8 dev lo proto kernel scope host src 127.0.0.1 table local',
      'local 10.244.0.0 dev flannel.1 proto kernel scope host src 10.244.0.0 table local',
      'local 10.244.0.1 dev docker0 proto kernel scope host src 10.244.0.1 table local',
      'broadcast 10.244.0.255 dev docker0 proto kernel scope link src 10.244.0.1 table local',
      'local 127.0.0.1 dev lo proto kernel scope host src 127.0.0.1 table local',
      'broadcast 127.255.255.255 dev lo proto kernel scope link src 127.0.0.1 table local',
      'local 192.168.10.11 dev eth0 proto kernel scope host src 192.168.10.11 table local',
      'broadcast 192.168.10.255 dev eth0 proto kernel scope link src 192.168.10.11 table local',
    ])
  })

  test('neighbours and FDB, with what the connection taught', () => {
    const web = cluster.get('Pod', 'web')!.status.podIP!
    const mac = `02:42:${web
      .split('.')
      .map((n) => Number(n).toString(16).padStart(2, '0'))
      .join(':')}`
    expect(lines(view.neighbours())).toEqual([
      '192.168.10.12 dev eth0 lladdr 52:54:00:00:00:03 STALE',
      '10.244.1.0 dev flannel.1 lladdr … PERMANENT',
      `${web} dev docker0 lladdr ${mac} REACHABLE`,
    ])
    const fdb = lines(view.fdb())
    expect(fdb.slice(0, 2)).toEqual(['… dev flannel.1 dst 192.168.10.12 self permanent', '… dev docker0 permanent'])
    expect(fdb.at(-1)).toMatch(new RegExp(`^${mac} dev veth[0-9a-f]{7} master docker0$`))
  })

  test('the world around has views of its own', () => {
    expect(cluster.outside('gateway').devices()).toContain('eth1 physical')
    expect(cluster.outside('underlay').fdb()).toContain('52:54:00:00:00:02 dev port2 master switch0\n')
    expect(cluster.outside('external').routes()).toContain('throw 10.244.0.0/16 table local')
  })

  test('a pod has its own', () => {
    expect(cluster.pod('web').name).toBe('pod/default/web')
    expect(lines(cluster.pod('default/web').routes()).slice(4, 6)).toEqual([
      'default via 10.244.0.1 dev eth0',
      expect.stringMatching(/^10\.244\.0\.0\/24 dev eth0 proto kernel scope link src 10\.244\.0\.\d+$/),
    ])
    expect([cluster.pod('web').conntrack(), cluster.pod('web').ipsets(), cluster.pod('web').fdb()]).toEqual([
      '',
      '',
      '',
    ])
    expect(() => cluster.pod('wbe')).toThrow(InvalidInputError)
  })
})

describe('what if', () => {
  test('a DROP in FORWARD is reported with its own text', () => {
    const cluster = webCluster([service('web')])
    const rule = '-s 10.244.1.0/24 -p tcp -m tcp --dport 8080 -j DROP'
    cluster.node('node-1').iptablesRestore(`*filter\n-I FORWARD 1 ${rule}\nCOMMIT\n`, { noflush: true })
    const { client, drop, disposition } = outcomeOf(cluster, 'pod/client', 'svc/web', { timeoutMs: 1000 })
    expect([client.sees, disposition, drop?.reason, drop?.netns]).toEqual([
      'timeout',
      'denied-in-netfilter',
      'NETFILTER_DROP',
      'node-1',
    ])
    expect(drop?.rule).toContain(`-A FORWARD ${rule}`)
  })

  test('a rule that is not modelled makes the answer unknown, by its text', () => {
    const cluster = webCluster()
    const rule = '-m bpf --object-pinned /sys/fs/bpf/x -j DROP'
    cluster.node('node-1').iptablesRestore(`*filter\n-I FORWARD 1 ${rule}\nCOMMIT\n`, { noflush: true })
    const { client, disposition, unknown } = outcomeOf(cluster, 'pod/client', 'pod/web:8080', { timeoutMs: 1000 })
    expect([client.sees, disposition]).toEqual(['unknown', 'unknown'])
    expect(unknown?.rule).toContain('-m bpf --object-pinned /sys/fs/bpf/x')
  })

  test('routes and sysctls', () => {
    const cluster = webCluster()
    cluster.node('node-2').ip('route del 10.244.0.0/24')
    expect(sees(cluster, 'pod/client', 'pod/web:8080', { timeoutMs: 500 })).not.toBe('connected')
    const other = webCluster()
    other.node('node-1').setSysctl('net/ipv4/conf/flannel.1/forwarding', 0)
    const { drop } = outcomeOf(other, 'pod/client', 'pod/web:8080', { timeoutMs: 500 })
    expect([drop?.reason, drop?.netns]).toEqual(['IP_INADDRERRORS', 'node-1'])
  })

  test('faulty rules change nothing', () => {
    const view = webCluster().node('node-1')
    const before = view.iptablesSave()
    expect(() =>
      view.iptablesRestore('*filter\n-A FORWARD -j ACCEPT\n-A NOWHERE -j DROP\nCOMMIT\n', { noflush: true }),
    ).toThrow(InvalidInputError)
    expect(view.iptablesSave()).toBe(before)
    expect(() => view.ip('route add nonsense')).toThrow(InvalidInputError)
  })
})
