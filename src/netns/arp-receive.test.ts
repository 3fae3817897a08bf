import { describe, expect, test } from 'vitest'
import { ip, pair, SmallNet } from '../../test/helpers/small-net.js'
import { BROADCAST_MAC } from '../addr/index.js'
import { arp } from '../wire/index.js'
import { sendArp } from './neigh-output.js'

/** Neighbours of a host: `10.0.0.2 ..:02 REACHABLE`. */
function neighbours(host: ReturnType<SmallNet['host']>): string[] {
  return host.ns.neighbours
    .entries()
    .map((n) => `${(n.address & 0xff).toString()} ${n.mac === null ? '-' : n.mac & 0xff} ${n.state}`)
}

/** What `asker` gets for a request `sender who-has target` sent from its eth0. */
function ask(net: SmallNet, asker: string, sender: string, target: string): boolean {
  const { ns } = net.host(asker)
  const eth0 = ns.device('eth0')!
  net.restart()
  sendArp(ns, eth0, BROADCAST_MAC, { op: arp.REQUEST, sha: eth0.mac, spa: ip(sender), tha: 0, tpa: ip(target) }, null)
  net.run(1)
  return net.host(asker).seen().includes(`eth0 in arp ${target} is-at ${sender}`)
}

/** `h`: eth0 10.0.0.1/24 towards `a`, eth1 10.1.0.1/24 towards `b`. */
function weakHost(sysctls: Readonly<Record<string, number>> = {}): SmallNet {
  const net = new SmallNet()
    .cable('h:eth0 10.0.0.1/24', 'a:eth0 10.0.0.2/24')
    .cable('h:eth1 10.1.0.1/24', 'b:eth0 10.1.0.2/24')
  net.host('h').sysctl(sysctls).ip('addr add 10.7.0.1/32 dev eth1 scope link')
  return net
}

test('asks, is answered, and both know each other', () => {
  const { net, a, b } = pair()
  b.serve('udp/53')
  expect(net.result(a.udp('10.0.0.2:53')).verdict).toBe('answered')
  expect(a.seen().slice(0, 3)).toEqual([
    'eth0 out arp 10.0.0.1 who-has 10.0.0.2',
    'eth0 in arp 10.0.0.2 is-at 10.0.0.1',
    'eth0 out 10.0.0.1 > 10.0.0.2 udp 53 ttl 64',
  ])
  expect(neighbours(a)).toEqual(['2 2 REACHABLE'])
  expect(neighbours(b)).toEqual(['1 1 STALE'])
})

describe('who is answered', () => {
  test('any local address on any device (weak host), also one of lo', () => {
    const net = weakHost()
    net.host('h').ip('addr add 10.6.0.1/32 dev lo')
    const targets = ['10.0.0.1', '10.1.0.1', '10.6.0.1', '10.0.0.9', '127.0.0.1', '224.0.0.1', '10.0.0.255']
    expect(targets.map((target) => ask(net, 'a', '10.0.0.2', target))).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
      false,
    ])
  })

  test.each([
    // own address of eth0, the other device's, a link-scope one of the other device
    [0, [true, true, true]],
    [1, [true, false, false]],
    [2, [true, false, false]],
    [3, [true, true, false]],
    [8, [false, false, false]],
  ])('arp_ignore %d', (mode, expected) => {
    const net = weakHost({ 'conf/all/arp_ignore': mode })
    const targets = ['10.0.0.1', '10.1.0.1', '10.7.0.1']
    expect(targets.map((target) => ask(net, 'a', '10.0.0.2', target))).toEqual(expected)
  })

  test('arp_ignore 2: the sender must be of the same subnet', () => {
    for (const [mode, answered] of [
      [1, true],
      [2, false],
    ] as const) {
      // prettier-ignore
      const net = weakHost({ 'conf/all/arp_ignore': mode })
      net.host('h').ip('route add 10.5.0.0/24 dev eth0')
      expect(ask(net, 'a', '10.5.0.2', '10.0.0.1')).toBe(answered)
    }
  })

  test('arp_filter: the device by which the way back leaves', () => {
    const net = weakHost({ 'conf/all/arp_filter': 1 })
    expect(ask(net, 'a', '10.0.0.2', '10.1.0.1')).toBe(true)
    expect(ask(net, 'a', '10.1.0.77', '10.0.0.1')).toBe(false)
    expect(net.host('h').dropped()).toEqual(['ARP_NOT_FOR_US'])
  })

  test('duplicate address detection: a probe from 0.0.0.0', () => {
    const net = weakHost()
    expect(ask(net, 'a', '0.0.0.0', '10.0.0.1')).toBe(true)
    expect(ask(net, 'a', '0.0.0.0', '10.0.0.9')).toBe(false)
    expect(neighbours(net.host('h'))).toEqual([])
  })

  test('nobody whose source is a martian', () => {
    const net = weakHost()
    expect(ask(net, 'a', '10.1.0.1', '10.0.0.1')).toBe(false)
  })

  test('proxy_arp: what is routed out of another device, if the host forwards', () => {
    expect(ask(weakHost({ 'conf/eth0/proxy_arp': 1 }), 'a', '10.0.0.2', '10.1.0.2')).toBe(false)
    expect(ask(weakHost({ ip_forward: 1 }), 'a', '10.0.0.2', '10.1.0.2')).toBe(false)
    const both = weakHost({ ip_forward: 1, 'conf/eth0/proxy_arp': 1 })
    expect(ask(both, 'a', '10.0.0.2', '10.1.0.2')).toBe(true)
    expect(ask(both, 'a', '10.0.0.2', '10.0.0.9')).toBe(false)
    expect(ask(both, 'a', '10.0.0.2', '192.0.2.1')).toBe(false)
  })
})

describe('which source asks (arp_announce)', () => {
  /** The source of the request that a datagram from `source` to 10.0.0.2 causes. */
  const announced = (mode: number, source: string): string => {
    const net = weakHost({ 'conf/all/arp_announce': mode })
    net.host('h').ip('addr add 10.0.0.11/24 dev eth0')
    net
      .restart()
      .host('h')
      .udp('10.0.0.2:53', { source: ip(source), sourcePort: 1000 })
    net.run(1)
    return net.host('h').seen('eth0')[0]!.split(' ')[3]!
  }

  test.each([
    [0, '10.1.0.1', '10.1.0.1'],
    [1, '10.1.0.1', '10.0.0.1'],
    [1, '10.0.0.11', '10.0.0.11'],
    [2, '10.0.0.11', '10.0.0.1'],
  ])('%d from %s: %s', (mode, source, expected) => {
    expect(announced(mode, source)).toBe(expected)
  })
})

describe('no answer', () => {
  test('three requests a second apart, then host unreachable for every packet that waits', () => {
    const { net, a } = pair()
    const probes = [1, 2, 3].map((n) => a.udp('10.0.0.9:53', { sourcePort: 1000 + n, timeoutMs: 5000 }))
    net.run(2999)
    expect(a.seen()).toEqual(Array(3).fill('eth0 out arp 10.0.0.1 who-has 10.0.0.9'))
    expect(net.recording.frames.map((f) => f.at)).toEqual([0, 0, 1000, 1000, 2000, 2000])
    expect(probes.map((p) => p.result)).toEqual([null, null, null])
    net.run(1)
    expect(probes.map((p) => p.result!.icmp)).toEqual(Array(3).fill({ type: 3, code: 1, from: ip('10.0.0.1'), mtu: 0 }))
    expect(a.dropped()).toEqual(Array(3).fill('NEIGH_FAILED'))
    expect(neighbours(a)).toEqual(['9 - FAILED'])
  })

  test('the next packet asks anew', () => {
    const { net, a } = pair()
    a.udp('10.0.0.9:53')
    net.run(4000).restart()
    a.udp('10.0.0.9:53')
    expect(a.seen()).toEqual(['eth0 out arp 10.0.0.1 who-has 10.0.0.9'])
  })

  test('a hundred and one packets wait; the oldest goes for the next', () => {
    const { net, a } = pair()
    for (let n = 0; n < 103; n++) a.udp('10.0.0.9:53', { sourcePort: 1000 + n, timeoutMs: 5000 })
    expect(a.dropped()).toEqual(['NEIGH_QUEUEFULL', 'NEIGH_QUEUEFULL'])
    net.run(3000)
    expect(a.dropped().filter((r) => r === 'NEIGH_FAILED')).toHaveLength(101)
  })

  test('an answer in time lets all go, oldest first', () => {
    const { net, a, b } = pair()
    b.device('eth0').up = false
    for (let n = 1; n <= 3; n++) a.udp('10.0.0.2:53', { sourcePort: 1000 + n, size: n, timeoutMs: 5000 })
    net.run(1500)
    b.device('eth0').up = true
    net.restart().run(1000)
    const sent = net.recording.frames.filter((f) => f.netns === 'a' && f.text.includes('udp 53'))
    expect(sent.map((f) => f.bytes.length)).toEqual([29, 30, 31])
  })
})

describe('gratuitous ARP and changes', () => {
  const announce = (net: SmallNet, from: string, address: string, op: number = arp.REQUEST): void => {
    const { ns } = net.host(from)
    const eth0 = ns.device('eth0')!
    const fields = { op, sha: eth0.mac, spa: ip(address), tha: 0, tpa: ip(address) }
    sendArp(ns, eth0, BROADCAST_MAC, fields, null)
    net.run(1)
  }

  test('makes no entry, unless arp_accept says so', () => {
    const { net, a } = pair()
    announce(net, 'b', '10.0.0.2')
    expect(neighbours(a)).toEqual([])
    a.sysctl({ 'conf/eth0/arp_accept': 1 })
    announce(net, 'b', '10.0.0.2')
    expect(neighbours(a)).toEqual(['2 2 STALE'])
  })

  test('moves a known address to its new MAC at once', () => {
    const { net, a, b } = pair()
    b.serve('udp/53')
    net.result(a.udp('10.0.0.2:53'), 2000)
    b.device('eth0').mac = 0x020000000077
    announce(net, 'b', '10.0.0.2')
    expect(neighbours(a)).toEqual([`2 ${0x77} STALE`])
  })

  test('a second answer within a second does not (LOCKTIME); later it does', () => {
    const { net, a, b } = pair()
    b.serve('udp/53')
    net.result(a.udp('10.0.0.2:53'), 10)
    const claim = (): void => {
      const eth0 = b.device('eth0')
      const fields = { op: arp.REPLY, sha: 0x020000000077, spa: ip('10.0.0.2'), tha: eth0.mac, tpa: ip('10.0.0.1') }
      sendArp(b.ns, eth0, a.device('eth0').mac, fields, null)
      net.run(1)
    }
    claim()
    expect(neighbours(a)).toEqual(['2 2 REACHABLE'])
    net.run(1500)
    claim()
    expect(neighbours(a)).toEqual([`2 ${0x77} REACHABLE`])
  })

  test('a permanent entry never changes', () => {
    const { net, a } = pair()
    a.ip('neigh replace 10.0.0.2 lladdr 02:00:00:00:00:55 dev eth0 nud permanent')
    announce(net, 'b', '10.0.0.2')
    expect(neighbours(a)).toEqual([`2 ${0x55} PERMANENT`])
  })
})

test('a truncated or foreign ARP packet is dropped', () => {
  const { net, a, b } = pair()
  const { ns } = b
  const eth0 = ns.device('eth0')!
  const fields = { op: arp.REQUEST, sha: eth0.mac, spa: ip('10.0.0.2'), tha: 0, tpa: ip('10.0.0.1') }
  sendArp(ns, eth0, 0x020000000099, fields, null)
  net.run(1)
  expect(a.dropped()).toEqual(['OTHERHOST'])
})
