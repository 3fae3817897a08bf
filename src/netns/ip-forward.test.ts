import { describe, expect, test } from 'vitest'
import { ip, routed } from '../../test/helpers/small-net.js'
import { HOOK_PRIORITY } from '../netfilter/index.js'
import { icmpv4, ipv4, Packet, tcp, udp } from '../wire/index.js'
import { sendRaw } from './socket/raw.js'

/** A UDP datagram of `size` payload bytes from 10.0.0.2 to `destination`. */
function datagram(destination: string, more: Partial<Parameters<typeof ipv4.emit>[0]> = {}, size = 10): Uint8Array {
  const [source, to] = [ip('10.0.0.2'), ip(destination)]
  const payload = udp.emit({ sourcePort: 1000, destinationPort: 9, payload: new Uint8Array(size) }, source, to)
  return ipv4.emit({ id: 1, ttl: 64, protocol: 17, source, destination: to, payload, ...more })
}

/** ICMP messages of these words that host a got. */
function told(net: ReturnType<typeof routed>, words: string): number {
  return net.a.seen('eth0').filter((line) => line.startsWith('eth0 in') && line.includes(words)).length
}

describe('TTL', () => {
  test('one less at each router', () => {
    const { net, a, b } = routed()
    b.serve('udp/53')
    expect(net.result(a.udp('10.0.1.2:53'))).toMatchObject({ verdict: 'answered', ttl: 63 })
    expect(b.seen('eth0')).toContain('eth0 in 10.0.0.2 > 10.0.1.2 udp 53 ttl 63')
  })

  test.each([
    [1, 'unreachable'],
    [2, 'answered'],
  ])('%d', (ttl, verdict) => {
    const { net, a, r, b } = routed()
    b.serve('udp/53')
    const result = net.result(a.udp('10.0.1.2:53', { ttl }))
    expect(result.verdict).toBe(verdict)
    if (verdict === 'answered') return
    expect(result.icmp).toEqual({ type: 11, code: 0, from: ip('10.0.0.1'), mtu: 0 })
    expect(r.dropped()).toEqual(['IP_TTL_EXCEEDED'])
  })

  test('1 is enough for the router itself, by any of its addresses', () => {
    const { net, a } = routed()
    expect(net.result(a.ping('10.0.1.1', { ttl: 1 })).verdict).toBe('answered')
  })
})

describe('MTU', () => {
  test('too long with DF: the sender is told, and the size is counted from then on', () => {
    const { net, a, r, b } = routed(1400)
    b.serve('udp/53')
    const big = { size: 1450, timeoutMs: 300 }
    expect(net.result(a.udp('10.0.1.2:53', { ...big, pmtu: 'do' })).icmp).toEqual({
      type: 3,
      code: 4,
      from: ip('10.0.0.1'),
      mtu: 1400,
    })
    expect(r.dropped()).toEqual(['PKT_TOO_BIG'])
    expect(net.result(a.udp('10.0.1.2:53', { ...big, pmtu: 'do' }))).toMatchObject({ errno: 'EMSGSIZE' })
    expect(net.result(a.udp('10.0.1.2:53', { ...big, pmtu: 'want' })).verdict).toBe('answered')
  })

  test('what was learnt is forgotten after ten minutes', () => {
    const { net, a } = routed(1400)
    net.result(a.udp('10.0.1.2:53', { size: 1450, pmtu: 'do' }))
    expect(a.ns.exceptions.list(net.sim.queue.now).map(([, e]) => e.pmtu)).toEqual([1400])
    net.run(600_000)
    expect(a.ns.exceptions.list(net.sim.queue.now)).toEqual([])
  })

  test('too long without DF: cut', () => {
    const { net, a, b } = routed(1400)
    b.serve('udp/53')
    expect(net.result(a.udp('10.0.1.2:53', { size: 1450, pmtu: 'dont' })).verdict).toBe('answered')
    expect(b.seen('eth0').filter((l) => l.includes('eth0 in 10'))).toEqual([
      'eth0 in 10.0.0.2 > 10.0.1.2 udp 53 frag 0+ ttl 63',
      'eth0 in 10.0.0.2 > 10.0.1.2 udp frag 1376 ttl 63',
    ])
  })

  test('a path MTU below min_pmtu counts as 552', () => {
    const { net, a } = routed(400)
    net.result(a.udp('10.0.1.2:53', { size: 1450, pmtu: 'do' }))
    expect(a.ns.exceptions.list(net.sim.queue.now).map(([, e]) => e.pmtu)).toEqual([552])
  })

  test('an error that quotes what no socket sent teaches nothing', () => {
    const { net, a, r } = routed()
    const quote = datagram('10.0.1.2')
    const message = icmpv4.emitError({ type: 3, code: 4, rest: 600, quote })
    const [source, destination] = [ip('10.0.0.1'), ip('10.0.0.2')]
    sendRaw(r.ns, ipv4.emit({ id: 1, ttl: 64, protocol: 1, source, destination, payload: message }))
    net.run(10)
    expect([a.dropped(), a.ns.exceptions.list(0)]).toEqual([['NO_SOCKET'], []])
  })
})

describe('no way on', () => {
  test.each([
    ['nothing', 'route del default', 0, 'IP_INNOROUTES'],
    ['unreachable', 'route add unreachable 192.0.2.0/24', 1, 'IP_ROUTE_UNREACHABLE'],
    ['prohibit', 'route add prohibit 192.0.2.0/24', 13, 'IP_ROUTE_PROHIBIT'],
  ])('%s', (_, command, code, reason) => {
    const { net, a, r } = routed()
    r.ip('route add default via 10.0.1.2', command)
    expect(net.result(a.udp('192.0.2.1:9')).icmp).toMatchObject({ type: 3, code, from: ip('10.0.0.1') })
    expect(r.dropped()).toEqual([reason])
  })

  test('blackhole: silence', () => {
    const { net, a, r } = routed()
    r.ip('route add blackhole 192.0.2.0/24')
    expect(net.result(a.udp('192.0.2.1:9')).verdict).toBe('timeout')
    expect(r.dropped()).toEqual(['IP_ROUTE_BLACKHOLE'])
  })

  test('a host that does not forward: silence', () => {
    const { net, a, r } = routed()
    r.sysctl({ ip_forward: 0 })
    expect(net.result(a.udp('10.0.1.2:9')).verdict).toBe('timeout')
    expect(r.dropped()).toEqual(['IP_INADDRERRORS'])
  })

  test('five errors at once for one source, then one a second', () => {
    const net = routed()
    net.r.ip('route add unreachable 192.0.2.0/24')
    for (let n = 0; n < 10; n++) sendRaw(net.a.ns, datagram('192.0.2.1'))
    net.net.run(10)
    expect(told(net, 'host unreachable')).toBe(5)
    for (let n = 0; n < 3; n++) {
      net.net.run(1000)
      sendRaw(net.a.ns, datagram('192.0.2.1'))
      sendRaw(net.a.ns, datagram('192.0.2.1'))
    }
    net.net.run(10)
    expect(told(net, 'host unreachable')).toBe(8)
  })
})

describe('redirects', () => {
  /** r sends packets for 192.0.2.0/24 back out of eth0, to 10.0.0.9. */
  function back(): ReturnType<typeof routed> {
    const net = routed()
    net.r.ip('route add 192.0.2.0/24 via 10.0.0.9', 'neigh replace 10.0.0.9 lladdr 02:00:00:00:00:09 dev eth0')
    net.a.sysctl({ 'conf/all/accept_redirects': 0, 'conf/eth0/accept_redirects': 0 })
    return net
  }

  test('name the gateway, and the packet goes on', () => {
    const { net, a, r } = back()
    sendRaw(a.ns, datagram('192.0.2.1'))
    net.run(10)
    const message = net.recording.frames.find((f) => f.netns === 'a' && f.text.includes('redirect'))!
    expect(icmpv4.parse(message.bytes, 20)).toMatchObject({ type: 5, code: 1, rest: ip('10.0.0.9') })
    expect(r.seen('eth0')).toContain('eth0 out 10.0.0.2 > 192.0.2.1 udp 9 ttl 63')
  })

  test('are spaced by 20 ms × 2ⁿ and end after nine', () => {
    const net = back()
    const times: number[] = []
    for (let ms = 0; ms < 20_000; ms += 10) {
      net.net.restart()
      sendRaw(net.a.ns, datagram('192.0.2.1'))
      net.net.run(10)
      if (told(net, 'redirect') > 0) times.push(ms)
    }
    const gaps = times.slice(1).map((at, i) => at - times[i]!)
    expect(gaps).toEqual([50, 90, 170, 330, 650, 1290, 2570, 5130])
  })

  test('a host that accepts one uses the new gateway once it knows its MAC', () => {
    const { net, a, r } = back()
    a.sysctl({ 'conf/all/accept_redirects': 1 })
    a.ip('neigh replace 10.0.0.9 lladdr 02:00:00:00:00:09 dev eth0')
    sendRaw(a.ns, datagram('192.0.2.1'))
    net.run(10)
    expect(a.ns.exceptions.list(0).map(([to, e]) => [to, e.gateway])).toEqual([[ip('192.0.2.1'), ip('10.0.0.9')]])
    net.restart()
    sendRaw(a.ns, datagram('192.0.2.1'))
    net.run(10)
    expect([a.seen('eth0').length, r.dropped()]).toEqual([1, ['OTHERHOST']])
    net.run(300_000)
    expect(a.ns.exceptions.list(net.sim.queue.now)).toEqual([])
  })

  test('with send_redirects off, none', () => {
    const { net, a, r } = back()
    r.sysctl({ 'conf/all/send_redirects': 0, 'conf/eth0/send_redirects': 0 })
    sendRaw(a.ns, datagram('192.0.2.1'))
    net.run(10)
    expect(a.seen('eth0').some((l) => l.includes('redirect'))).toBe(false)
  })
})

describe('errors are never sent about', () => {
  const cases: readonly (readonly [string, (bytes: Uint8Array) => Uint8Array])[] = [
    ['a later fragment', () => datagram('10.0.1.2', { ttl: 1, fragmentOffset: 64 })],
    [
      'an ICMP error',
      (quote) => {
        const payload = icmpv4.emitError({ type: 3, code: 1, rest: 0, quote })
        return datagram('10.0.1.2', { ttl: 1, protocol: 1, payload })
      },
    ],
  ]

  test.each(cases)('%s', (_, make) => {
    const { net, a, r } = routed()
    sendRaw(a.ns, make(datagram('10.0.1.2')))
    net.run(10)
    expect([r.dropped(), a.seen('eth0').filter((l) => l.includes('exceeded'))]).toEqual([['IP_TTL_EXCEEDED'], []])
  })

  test('a datagram to a broadcast address that no socket takes', () => {
    const { net, a, r } = routed()
    sendRaw(a.ns, datagram('10.0.0.255'))
    net.run(10)
    expect(a.seen('eth0').filter((l) => l.startsWith('eth0 in 10'))).toEqual([])
    expect(r.dropped()).toEqual([])
  })

  test('but about a first fragment and an echo request they are', () => {
    const { net, a } = routed()
    sendRaw(a.ns, datagram('10.0.1.2', { ttl: 1, mf: true }))
    net.run(10)
    expect(a.seen('eth0').filter((l) => l.startsWith('eth0 in 10'))).toHaveLength(1)
    expect(net.result(a.ping('10.0.1.2', { ttl: 1 })).icmp).toMatchObject({ type: 11, code: 0 })
  })
})

test('an error quotes as much as fits into 576 bytes, with precedence 6', () => {
  const { net, a } = routed()
  sendRaw(a.ns, datagram('10.0.1.2', { ttl: 1 }, 1200))
  net.run(10)
  const error = net.recording.frames.find(
    (f) => f.netns === 'a' && f.direction === 'in' && f.text.includes('exceeded'),
  )!
  expect([error.bytes.length, error.bytes[1]]).toEqual([576, 0xc0])
})

test('unicast IP in a link-layer broadcast is not forwarded', () => {
  const { net, a, r } = routed()
  const eth0 = a.device('eth0')
  const { packet } =
    (sendRaw(a.ns, datagram('10.0.1.2')), net.run(10), net.recording.frames.find((f) => f.text.includes('udp 9'))!)
  net.restart()
  packet.macDst = 0xffffffffffff
  eth0.transmit(packet)
  net.run(10)
  expect(r.dropped()).toEqual(['UNICAST_IN_L2_MULTICAST'])
})

test.each([
  ['tcp', 6, ['CONNTRACK_CLASH'], 1],
  ['udp', 17, [], 2],
])('of two first packets of a %s flow the later to be confirmed clashes', (_, protocol, reasons, passed) => {
  const { net, a, r, b } = routed()
  r.rules('filter', '-A FORWARD -m conntrack --ctstate NEW -j ACCEPT')
  const [source, destination] = [ip('10.0.0.2'), ip('10.0.1.2')]
  const ports = { sourcePort: 1000, destinationPort: 80 }
  const payload =
    protocol === 17
      ? udp.emit({ ...ports, payload: new Uint8Array(8) }, source, destination)
      : tcp.emit(
          { ...ports, seq: 1, ack: 0, flags: tcp.SYN, window: 9, payload: new Uint8Array(0) },
          source,
          destination,
        )
  let overtaken = false
  r.ns.hooks.register('FORWARD', {
    name: 'overtaken',
    priority: HOOK_PRIORITY.FIRST,
    run: (pkt) => {
      if (overtaken) return 'accept'
      overtaken = true
      const second = new Packet(
        net.sim.nextPacketId(),
        ipv4.emit({ id: 2, ttl: 64, protocol, source, destination, payload }),
        0x0800,
      )
      second.macDst = pkt.macDst
      r.device('eth0').receive(second)
      return 'accept'
    },
  })
  sendRaw(a.ns, ipv4.emit({ id: 1, ttl: 64, protocol, source, destination, payload }))
  net.run(10)
  expect(r.dropped()).toEqual(reasons)
  expect(b.seen('eth0').filter((line) => line.startsWith('eth0 in 10.0.0.2'))).toHaveLength(passed)
})
