import { describe, expect, test } from 'vitest'
import { ip, type SmallHost, SmallNet } from '../../test/helpers/small-net.js'
import { BROADCAST_MAC } from '../addr/index.js'
import { sendTunnel } from '../netns/index.js'
import { ethernet, ipv4, Packet, udp, viewOf, vxlan } from '../wire/index.js'
import { VxlanDevice, type VxlanSpec } from './vxlan-device.js'

const REMOTE_MAC = 0xaa0000000002

/** Nodes `a` 192.168.0.1 and `b` 192.168.0.2 with tunnel devices vx 10.4.0.1 and .2, as flannel makes them. */
function nodes(spec: Partial<VxlanSpec> = {}): {
  net: SmallNet
  a: SmallHost
  b: SmallHost
  va: VxlanDevice
  vb: VxlanDevice
} {
  const net = new SmallNet().cable('a:eth0 192.168.0.1/24', 'b:eth0 192.168.0.2/24')
  const [a, b] = [net.host('a'), net.host('b')]
  const [va, vb] = [vtep(a, 1, spec), vtep(b, 2, spec)]
  va.fdbReplace(REMOTE_MAC, ip('192.168.0.2'))
  vb.fdbReplace(0xaa0000000001, ip('192.168.0.1'))
  a.ip('neigh replace 10.4.0.2 lladdr aa:00:00:00:00:02 dev vx nud permanent', 'route add 10.4.0.2 dev vx')
  b.ip('neigh replace 10.4.0.1 lladdr aa:00:00:00:00:01 dev vx nud permanent', 'route add 10.4.0.1 dev vx')
  return { net, a, b, va, vb }
}

function vtep(host: SmallHost, n: number, spec: Partial<VxlanSpec>): VxlanDevice {
  const { ns } = host
  const device = new VxlanDevice(ns, 'vx', ns.takeIfindex(), 0xaa0000000000 + n, 1450, {
    vni: 1,
    port: 8472,
    local: ip(`192.168.0.${n}`),
    under: host.device('eth0'),
    learning: false,
    ...spec,
  })
  ns.addDevice(device)
  ns.addAddress(device, ip(`10.4.0.${n}`), 32)
  return device
}

/** UDP packets that left a's eth0. */
function outer(net: SmallNet): Packet[] {
  return net.recording.frames
    .filter((f) => f.netns === 'a' && f.device === 'eth0' && f.direction === 'out' && f.text.includes('udp 8472'))
    .map((f) => f.packet)
}

describe('encapsulation', () => {
  test('outer header: addresses, TTL, no DF, checksum, VNI, the inner frame as it was', () => {
    const { net, a, b } = nodes()
    b.serve('udp/53')
    expect(net.result(a.udp('10.4.0.2:53', { size: 10 })).verdict).toBe('answered')
    const { bytes, view } = outer(net)[0]!
    expect([ipv4.source(view, 0), ipv4.destination(view, 0)]).toEqual([ip('192.168.0.1'), ip('192.168.0.2')])
    expect([ipv4.ttl(view, 0), ipv4.df(view, 0), ipv4.tos(view, 0), bytes.length]).toEqual([64, false, 0, 50 + 38])
    expect(udp.destinationPort(view, 20)).toBe(8472)
    expect(udp.checksum(view, 20)).not.toBe(0)
    expect(udp.judge(bytes, view, 20, bytes.length, ip('192.168.0.1'), ip('192.168.0.2'))).toBeNull()
    expect([vxlan.flags(view, 28), vxlan.vni(view, 28)]).toEqual([vxlan.FLAG_VNI, 1])
    const inner = viewOf(bytes.subarray(36))
    expect([ethernet.destination(inner, 0), ethernet.source(inner, 0)]).toEqual([REMOTE_MAC, 0xaa0000000001])
    expect(ipv4.destination(inner, 14)).toBe(ip('10.4.0.2'))
  })

  test('the source port is one for each flow, within ip_local_port_range', () => {
    const { net, a } = nodes()
    a.sysctl({ ip_local_port_range_min: 50_000, ip_local_port_range_max: 50_100 })
    for (let n = 0; n < 40; n++) a.udp('10.4.0.2:53', { sourcePort: 1000 + (n % 20) })
    net.run(10)
    const ports = outer(net).map(({ view }) => udp.sourcePort(view, 20))
    expect(ports.slice(0, 20)).toEqual(ports.slice(20, 40))
    expect(new Set(ports).size).toBeGreaterThan(5)
    expect(Math.min(...ports)).toBeGreaterThanOrEqual(50_000)
    expect(Math.max(...ports)).toBeLessThan(50_100)
  })

  test('the mark goes along: OUTPUT sees it on the outer packet', () => {
    const { net, a } = nodes()
    a.rules('filter', '-A OUTPUT -p udp -m udp --dport 8472 -m mark --mark 0x5 -j ACCEPT')
    net.result(a.udp('10.4.0.2:53', { mark: 5 }))
    expect(a.iptables.save({ counters: true })).toMatch(/\[1:\d+\] -A OUTPUT .* --mark 0x5/)
  })

  test('a source address that is not there: no route for the outer header', () => {
    const { net, a } = nodes()
    a.ip('addr del 192.168.0.1/24 dev eth0')
    net.result(a.udp('10.4.0.2:53'))
    expect(a.dropped()).toEqual(['IP_OUTNOROUTES'])
  })

  test('a tunnel that carries itself ends', () => {
    const { net, a, va } = nodes({ under: null })
    va.fdbReplace(REMOTE_MAC, ip('10.4.0.2'))
    net.result(a.udp('10.4.0.2:53'))
    expect(a.dropped()).toContain('VXLAN_LOOPED')
  })
})

describe('FDB', () => {
  test('no entry, and none for everything: dropped', () => {
    const { net, a, va } = nodes()
    expect(va.fdbRemove(REMOTE_MAC)).toBe(true)
    expect(va.fdbRemove(REMOTE_MAC)).toBe(false)
    net.result(a.udp('10.4.0.2:53'))
    expect(a.dropped()).toEqual(['VXLAN_NO_REMOTE'])
  })

  test('00:00:00:00:00:00 takes what no other entry does, and broadcasts, to all its remotes', () => {
    const { net, a, va } = nodes()
    va.fdbRemove(REMOTE_MAC)
    va.fdbAppend(0, ip('192.168.0.2'))
    va.fdbAppend(0, ip('192.168.0.3'))
    va.fdbAppend(0, ip('192.168.0.3'))
    a.ip(
      'neigh replace 192.168.0.2 lladdr 02:00:00:00:00:02 dev eth0',
      'neigh replace 192.168.0.3 lladdr 02:00:00:00:00:03 dev eth0',
    )
    a.udp('10.4.0.2:53')
    net.run(0)
    expect(outer(net).map(({ view }) => ipv4.destination(view, 0))).toEqual([ip('192.168.0.2'), ip('192.168.0.3')])
    net.restart()
    const frame = new Packet(99, new Uint8Array(28), 0x0806)
    frame.macDst = BROADCAST_MAC
    va.transmit(frame)
    net.run(0)
    expect(outer(net)).toHaveLength(2)
  })
})

describe('decapsulation', () => {
  /** b gets a datagram for its tunnel port with this VXLAN payload. */
  function arrive(net: ReturnType<typeof nodes>, payload: Uint8Array): string[] {
    const [source, destination] = [ip('192.168.0.1'), ip('192.168.0.2')]
    sendTunnel(net.a.ns, new Packet(net.net.sim.nextPacketId(), new Uint8Array(0), 0), {
      source,
      destination,
      outDevice: null,
      protocol: 17,
      payload: udp.emit({ sourcePort: 50_000, destinationPort: 8472, payload }, source, destination),
    })
    net.net.run(10)
    return net.b.dropped()
  }

  function frame(source: number, destination = REMOTE_MAC): Uint8Array {
    return ethernet.emit({ destination, source, etherType: 0x88b5, payload: new Uint8Array(30) })
  }

  test.each([
    ['another VNI', vxlan.emit({ vni: 2, payload: frame(0xaa0000000001) }), 'VXLAN_VNI_NOT_FOUND'],
    ['no VNI', Uint8Array.from([0, 0, 0, 0, 0, 0, 1, 0, ...frame(1)]), 'VXLAN_INVALID_HDR'],
    ['no whole frame', vxlan.emit({ vni: 1, payload: new Uint8Array(10) }), 'VXLAN_INVALID_HDR'],
    ['the own MAC as source', vxlan.emit({ vni: 1, payload: frame(REMOTE_MAC) }), 'LOCAL_MAC'],
    ['somebody else’s MAC', vxlan.emit({ vni: 1, payload: frame(0xaa0000000001, 0xaa0000000077) }), 'UNHANDLED_PROTO'],
  ])('%s', (_, payload, reason) => {
    expect(arrive(nodes(), payload)).toEqual([reason])
  })

  test('learns where a MAC is only if it may', () => {
    for (const learning of [false, true]) {
      const net = nodes({ learning })
      arrive(net, vxlan.emit({ vni: 1, payload: frame(0xaa0000000055) }))
      const known = net.vb.fdbEntries().filter((e) => e.mac === 0xaa0000000055)
      expect(known.map((e) => e.remote)).toEqual(learning ? [ip('192.168.0.1')] : [])
    }
  })

  test('a learnt MAC moves, one set by hand does not', () => {
    const net = nodes({ learning: true })
    const payload = vxlan.emit({ vni: 1, payload: frame(0xaa0000000055) })
    net.vb.fdbReplace(0xaa0000000055, ip('192.168.0.9'))
    expect(arrive(net, payload)).toEqual(['VXLAN_ENTRY_EXISTS'])
    net.vb.fdbRemove(0xaa0000000055)
    arrive(net, payload)
    expect(net.vb.fdbEntries().at(-1)).toEqual({ mac: 0xaa0000000055, remote: ip('192.168.0.1'), permanent: false })
  })

  test('the inner packet is new to the host: tracked for itself, from the tunnel device', () => {
    const { net, a, b } = nodes()
    b.serve('udp/53')
    b.rules('filter', '-A INPUT -i vx -p udp -m udp --dport 53 -m conntrack --ctstate NEW -j ACCEPT')
    expect(net.result(a.udp('10.4.0.2:53')).verdict).toBe('answered')
    expect(b.iptables.save({ counters: true })).toMatch(/\[1:38\]|\[1:60\] -A INPUT -i vx/)
  })

  test('once the device is gone its port is closed', () => {
    const { net, a, b } = nodes()
    b.ns.removeDevice('vx')
    net.result(a.udp('10.4.0.2:53'))
    expect(b.dropped()).toEqual(['NO_SOCKET'])
  })
})

test('over a smaller underlay the outer packet is cut', () => {
  const { net, a, b } = nodes()
  b.serve('udp/53')
  for (const host of [a, b]) host.device('eth0').mtu = 1400
  expect(net.result(a.udp('10.4.0.2:53', { size: 1400 })).verdict).toBe('answered')
  expect(a.seen('eth0').some((l) => l.includes('udp 8472 frag 0+'))).toBe(true)
})
