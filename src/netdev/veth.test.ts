import { describe, expect, test } from 'vitest'
import { ip, pair, SmallNet } from '../../test/helpers/small-net.js'
import { BROADCAST_MAC } from '../addr/index.js'
import { Packet } from '../wire/index.js'
import { DummyDevice } from './dummy.js'
import { setPacketType } from './device.js'

/** A packet of `length` bytes from a's eth0 to b's. */
function frame(length = 40): Packet {
  const pkt = new Packet(1, new Uint8Array(length), 0x88b5)
  pkt.macDst = 0x020000000002
  return pkt
}

describe('veth', () => {
  test.each([
    [1500, 1500, []],
    [1504, 1500, []],
    [1505, 1500, ['FULL_RING']],
    [1000, 900, ['FULL_RING']],
  ])('%d bytes towards MTU %d', (length, mtu, expected) => {
    const { net, a, b } = pair()
    b.device('eth0').mtu = mtu
    a.device('eth0').transmit(frame(length))
    net.run(0)
    expect(a.dropped()).toEqual(expected)
    expect(b.seen()).toHaveLength(expected.length === 0 ? 1 : 0)
  })

  test('down at either end, also while a frame is under way', () => {
    const { net, a, b } = pair()
    a.device('eth0').up = false
    a.device('eth0').transmit(frame())
    expect(a.dropped()).toEqual(['DEV_READY'])
    a.device('eth0').up = true
    a.device('eth0').transmit(frame())
    b.device('eth0').up = false
    net.run(0)
    expect(b.dropped()).toEqual(['DEV_READY'])
    net.restart()
    a.device('eth0').transmit(frame())
    net.run(0)
    expect([a.dropped(), b.seen()]).toEqual([['DEV_READY'], []])
  })

  test.each([
    ['another namespace', 'b:eth0', 0],
    ['the same namespace', 'a:eth1', 7],
  ])('the mark on its way into %s', (_, far, mark) => {
    const net = new SmallNet().cable('a:eth0', far)
    const pkt = frame()
    pkt.mark = 7
    pkt.ignoreDf = true
    pkt.ctInfo = 'established'
    net.host('a').device('eth0').transmit(pkt)
    net.run(0)
    const seen = net.recording.frames.find((f) => f.direction === 'in')!.packet
    expect([seen.mark, seen.ctInfo, seen.ignoreDf]).toEqual([mark, 'none', false])
  })
})

test.each([
  [0x020000000001, 'host'],
  [0x020000000002, 'otherhost'],
  [BROADCAST_MAC, 'broadcast'],
  [0x01005e000001, 'multicast'],
])('a frame to %d is for %s', (mac, type) => {
  const pkt = frame()
  pkt.macDst = mac
  setPacketType(pkt, pair().a.device('eth0'))
  expect(pkt.packetType).toBe(type)
})

test('lo brings back what is sent, with its mark and entry; a firewall sees the mark at INPUT', () => {
  const { net, a } = pair()
  a.serve('udp/53')
  a.rules('filter', '-A INPUT -i lo -m mark --mark 0x7 -j ACCEPT', '-A INPUT -i lo -p udp --dport 53 -j DROP')
  expect(net.result(a.udp('127.0.0.1:53', { mark: 7 })).verdict).toBe('answered')
  expect(net.result(a.udp('127.0.0.1:53')).verdict).toBe('timeout')
})

test('a dummy device swallows what is sent', () => {
  const { net, a } = pair()
  const dummy = new DummyDevice(a.ns, 'dummy0', a.ns.takeIfindex(), 'dummy', 0x020000000099, 1500)
  dummy.noArp = true
  a.ns.addDevice(dummy)
  a.ns.addAddress(dummy, ip('10.7.0.1'), 24)
  expect(net.result(a.udp('10.7.0.9:53')).verdict).toBe('timeout')
  expect(a.dropped()).toEqual(['NOT_SPECIFIED'])
})
