import { describe, expect, test } from 'vitest'
import { ip, SmallNet } from '../../test/helpers/small-net.js'
import { formatIpv4 } from '../addr/index.js'
import { ethernet, ipv4, Packet } from '../wire/index.js'
import { Dst } from './dst.js'
import type { Namespace } from './namespace.js'
import { routePacketInput } from './route-input.js'

const SYSCTLS: Readonly<Record<string, number>> = { ip_forward: 1 }

/** A router: eth0 10.0.0.1/24, eth1 10.1.0.1/24, eth2 without an address, default route by eth1. */
function router(sysctls: Readonly<Record<string, number>> = {}, ...commands: readonly string[]): Namespace {
  const net = new SmallNet()
    .cable('r:eth0 10.0.0.1/24', 'a:eth0')
    .cable('r:eth1 10.1.0.1/24', 'b:eth0')
    .cable('r:eth2', 'c:eth0')
  const r = net.host('r').ip('route add default via 10.1.0.9', ...commands)
  return r.sysctl({ ...SYSCTLS, ...sysctls }).ns
}

/** What becomes of a packet: `unicast eth1 10.1.0.9`, `local`, an errno or a drop reason. */
function input(
  ns: Namespace,
  source: string,
  destination: string,
  device = 'eth0',
  more: Partial<Packet> = {},
): string {
  const header = ipv4.emit({
    id: 0,
    ttl: 64,
    tos: 0,
    df: false,
    protocol: ipv4.PROTOCOL.UDP,
    source: ip(source),
    destination: ip(destination),
    payload: new Uint8Array(0),
  })
  const pkt = Object.assign(new Packet(1, header, ethernet.ETHERTYPE.IPV4), more)
  const dst = routePacketInput(ns, pkt, ns.device(device)!)
  if (!(dst instanceof Dst)) return dst
  if (dst.type === 'error') return dst.error!
  const gateway = dst.gateway === 0 ? '' : ` ${formatIpv4(dst.gateway)}`
  return dst.type === 'unicast' ? `unicast ${dst.device.name}${gateway}${pkt.doRedirect ? ' redirect' : ''}` : dst.type
}

describe('what a packet is', () => {
  test.each([
    ['forwarded to a gateway', '10.0.0.5', '192.0.2.1', 'unicast eth1 10.1.0.9'],
    ['forwarded on link', '10.0.0.5', '10.1.0.7', 'unicast eth1'],
    ['for the host', '10.0.0.5', '10.0.0.1', 'local'],
    ['for the host by its other address', '10.0.0.5', '10.1.0.1', 'local'],
    ['a broadcast on the link', '10.0.0.5', '10.0.0.255', 'broadcast'],
    ['a broadcast to all', '10.0.0.5', '255.255.255.255', 'broadcast'],
    ['a DHCP request', '0.0.0.0', '255.255.255.255', 'broadcast'],
    ['from nobody to nobody', '0.0.0.0', '0.0.0.0', 'broadcast'],
    ['for all hosts', '10.0.0.5', '224.0.0.1', 'multicast'],
    ['for a group nobody joined', '10.0.0.5', '224.0.0.9', 'IP_INVALID_DEST'],
    ['from a broadcast address of the router: accepted', '10.0.0.255', '192.0.2.1', 'unicast eth1 10.1.0.9'],
    ['0.1.2.3 is an address', '0.1.2.3', '192.0.2.1', 'unicast eth1 10.1.0.9'],
    ['240.0.0.0/4 too', '240.1.1.1', '250.1.1.1', 'unicast eth1 10.1.0.9'],
  ])('%s', (_, source, destination, expected) => {
    expect(input(router(), source, destination)).toBe(expected)
  })
})

describe('martians', () => {
  test.each([
    ['multicast source', '224.0.0.1', '192.0.2.1', 'IP_INVALID_SOURCE'],
    ['broadcast source', '255.255.255.255', '10.0.0.1', 'IP_INVALID_SOURCE'],
    ['source 0.0.0.0 to an address', '0.0.0.0', '10.0.0.1', 'IP_INVALID_SOURCE'],
    ['destination 0.0.0.0', '10.0.0.5', '0.0.0.0', 'IP_INVALID_DEST'],
    ['loopback source', '127.0.0.1', '10.0.0.1', 'IP_LOCALNET'],
    ['loopback destination', '10.0.0.5', '127.0.0.1', 'IP_LOCALNET'],
    ['own source to itself', '10.1.0.1', '10.0.0.1', 'IP_LOCAL_SOURCE'],
    ['own source to be forwarded', '10.0.0.1', '192.0.2.1', 'IP_LOCAL_SOURCE'],
  ])('%s', (_, source, destination, expected) => {
    expect(input(router(), source, destination)).toBe(expected)
  })

  test('a broadcast source is invalid once the full check runs', () => {
    expect(input(router({ 'conf/eth0/rp_filter': 2 }), '10.0.0.255', '192.0.2.1')).toBe('IP_INVALID_SOURCE')
  })
})

describe('accept_local', () => {
  test.each(['all', 'eth0'])('of %s lets the own address in', (where) => {
    const ns = router({ [`conf/${where}/accept_local`]: 1 })
    expect(input(ns, '10.1.0.1', '10.0.0.1')).toBe('local')
    expect(input(ns, '10.1.0.1', '192.0.2.1')).toBe('unicast eth1 10.1.0.9')
  })

  test('of another device does not', () => {
    expect(input(router({ 'conf/eth1/accept_local': 1 }), '10.1.0.1', '10.0.0.1')).toBe('IP_LOCAL_SOURCE')
  })
})

describe('route_localnet', () => {
  test.each(['all', 'eth0'])('of %s opens 127.0.0.0/8 as destination', (where) => {
    expect(input(router({ [`conf/${where}/route_localnet`]: 1 }), '10.0.0.5', '127.0.0.1')).toBe('local')
  })

  test('does not make the own loopback address a good source', () => {
    const ns = router({ 'conf/eth0/route_localnet': 1 })
    expect(input(ns, '127.0.0.1', '10.0.0.1')).toBe('IP_LOCAL_SOURCE')
  })
})

describe('rp_filter', () => {
  // 10.0.0.5 is behind eth0, 10.1.0.5 and the world are behind eth1; everything arrives on eth0 or eth2.
  test.each([
    ['own link', '10.0.0.5', 'eth0', 'local', 'local', 'local'],
    ['behind another device', '10.1.0.5', 'eth0', 'local', 'IP_RPFILTER', 'local'],
    ['from far away, default route elsewhere', '192.0.2.9', 'eth0', 'local', 'IP_RPFILTER', 'local'],
    ['a device without an address', '10.1.0.5', 'eth2', 'local', 'IP_RPFILTER', 'IP_RPFILTER'],
  ])('%s', (_, source, device, off, strict, loose) => {
    const results = [0, 1, 2].map((mode) =>
      input(router({ [`conf/${device}/rp_filter`]: mode }), source, '10.0.0.1', device),
    )
    expect(results).toEqual([off, strict, loose])
  })

  test('the larger of all and the device counts', () => {
    const sysctls = { 'conf/all/rp_filter': 1, 'conf/eth0/rp_filter': 0 }
    expect(input(router(sysctls), '10.1.0.5', '10.0.0.1')).toBe('IP_RPFILTER')
    expect(input(router({ ...sysctls, 'conf/eth0/rp_filter': 2 }), '10.1.0.5', '10.0.0.1')).toBe('local')
  })

  test('no route back at all: refused in both modes', () => {
    for (const mode of [1, 2]) {
      const ns = router({ 'conf/eth0/rp_filter': mode }, 'route del default')
      expect(input(ns, '192.0.2.9', '10.0.0.1')).toBe('IP_RPFILTER')
    }
  })

  test('applies to broadcasts and forwarded packets too', () => {
    const ns = router({ 'conf/eth0/rp_filter': 1 })
    expect(input(ns, '10.1.0.5', '255.255.255.255')).toBe('IP_RPFILTER')
    expect(input(ns, '10.1.0.5', '192.0.2.1')).toBe('IP_RPFILTER')
  })

  test('the mark chooses the route back only with src_valid_mark', () => {
    const rules = ['route add default dev eth0 table 100', 'rule add fwmark 1 lookup 100 pref 50']
    const strict = { 'conf/eth0/rp_filter': 1 }
    expect(input(router(strict, ...rules), '192.0.2.9', '10.0.0.1', 'eth0', { mark: 1 })).toBe('IP_RPFILTER')
    const valid = router({ ...strict, 'conf/eth0/src_valid_mark': 1 }, ...rules)
    expect(input(valid, '192.0.2.9', '10.0.0.1', 'eth0', { mark: 1 })).toBe('local')
  })

  test('a forwarded packet is checked as if coming back by the device it leaves by', () => {
    // The reverse look-up has iif = the outgoing device: a rule on it decides.
    const rules = ['route add 192.0.2.0/24 dev eth0 table 100', 'rule add iif eth1 lookup 100 pref 50']
    const ns = router({ 'conf/eth0/rp_filter': 1 }, ...rules)
    expect(input(ns, '192.0.2.9', '10.1.0.7')).toBe('unicast eth1')
    expect(input(ns, '192.0.2.9', '10.0.0.1')).toBe('IP_RPFILTER')
  })
})

describe('forwarding', () => {
  test('is the incoming device’s own knob', () => {
    const ns = router({ ip_forward: 0, 'conf/eth1/forwarding': 1 })
    expect(input(ns, '10.0.0.5', '192.0.2.1')).toBe('EHOSTUNREACH')
    expect(input(ns, '10.1.0.5', '10.0.0.7', 'eth1')).toBe('unicast eth0')
  })

  test('off: no route and a route look the same, the host itself is reached', () => {
    const ns = router({ ip_forward: 0 }, 'route del default', 'route add prohibit 198.51.100.0/24')
    expect(input(ns, '10.0.0.5', '192.0.2.1')).toBe('EHOSTUNREACH')
    expect(input(ns, '10.0.0.5', '198.51.100.1')).toBe('EHOSTUNREACH')
    expect(input(ns, '10.0.0.5', '10.1.0.1')).toBe('local')
  })

  test.each([
    ['nothing', 'ENETUNREACH'],
    ['unreachable', 'EHOSTUNREACH'],
    ['prohibit', 'EACCES'],
    ['blackhole', 'EINVAL'],
    ['throw', 'ENETUNREACH'],
  ])('on, and the route is %s: %s', (type, errno) => {
    const commands = ['route del default', ...(type === 'nothing' ? [] : [`route add ${type} 192.0.2.0/24`])]
    expect(input(router({}, ...commands), '10.0.0.5', '192.0.2.1')).toBe(errno)
  })

  test('directed broadcasts leave only with bc_forwarding of all and the device', () => {
    expect(input(router(), '10.0.0.5', '10.1.0.255')).toBe('broadcast')
    expect(input(router({ 'conf/eth0/bc_forwarding': 1 }), '10.0.0.5', '10.1.0.255')).toBe('broadcast')
    const both = { 'conf/all/bc_forwarding': 1, 'conf/eth0/bc_forwarding': 1 }
    expect(input(router(both), '10.0.0.5', '10.1.0.255')).toBe('unicast eth1')
  })
})

describe('a redirect is due', () => {
  const here = 'route add 198.51.100.0/24 via 10.0.0.9'

  test('when the packet leaves as it came and its source is on the link', () => {
    expect(input(router({}, here), '10.0.0.5', '198.51.100.1')).toBe('unicast eth0 10.0.0.9 redirect')
    expect(input(router({}, here), '10.0.0.5', '10.0.0.7')).toBe('unicast eth0 redirect')
  })

  test('not when the source is behind a gateway', () => {
    const ns = router({}, here, 'route add 172.16.0.0/12 via 10.0.0.8')
    expect(input(ns, '172.16.0.5', '198.51.100.1')).toBe('unicast eth0 10.0.0.9')
  })

  test('send_redirects of all and of the device must both be off to stop it', () => {
    const device = { 'conf/eth0/send_redirects': 0 }
    expect(input(router(device, here), '10.0.0.5', '198.51.100.1')).toContain('redirect')
    const both = { ...device, 'conf/all/send_redirects': 0 }
    expect(input(router(both, here), '10.0.0.5', '198.51.100.1')).toBe('unicast eth0 10.0.0.9')
  })

  test('without shared_media source and gateway must share a subnet', () => {
    const off = { 'conf/all/shared_media': 0, 'conf/eth0/shared_media': 0 }
    const more = ['addr add 10.7.0.1/24 dev eth0', 'route add 203.0.113.0/24 via 10.7.0.9']
    const ns = router(off, here, ...more)
    expect(input(ns, '10.0.0.5', '198.51.100.1')).toContain('redirect')
    expect(input(ns, '10.0.0.5', '203.0.113.1')).toBe('unicast eth0 10.7.0.9')
  })
})
