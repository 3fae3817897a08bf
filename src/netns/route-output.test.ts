import { describe, expect, test } from 'vitest'
import { ip, SmallNet } from '../../test/helpers/small-net.js'
import { formatIpv4 } from '../addr/index.js'
import type { Namespace } from './namespace.js'
import { type OutputFlow, routeOutput } from './route-output.js'

function host(...commands: readonly string[]): Namespace {
  const net = new SmallNet().cable('host:eth0 10.0.0.1/24', 'a:eth0').cable('host:eth1 10.1.0.1/24', 'b:eth0')
  return net.host('host').ip(...commands).ns
}

/** `type device [gateway] from SOURCE`, or the errno. */
function output(ns: Namespace, destination: string, more: Partial<OutputFlow> = {}): string {
  const ask = { source: 0, outDevice: null, mark: 0, tos: 0, anySource: false, ...more }
  const routed = routeOutput(ns, { destination: ip(destination), ...ask })
  if ('errno' in routed) return routed.errno
  const { type, device, gateway } = routed.dst
  return `${type} ${device.name}${gateway === 0 ? '' : ` ${formatIpv4(gateway)}`} from ${formatIpv4(routed.source)}`
}

describe('ways out', () => {
  test.each([
    ['on link', '10.1.0.7', 'unicast eth1 from 10.1.0.1'],
    ['by a gateway', '192.0.2.1', 'unicast eth0 10.0.0.9 from 10.0.0.1'],
    ['to itself', '10.1.0.1', 'local lo from 10.1.0.1'],
    ['to 127.0.0.0/8', '127.1.2.3', 'local lo from 127.0.0.1'],
    ['a broadcast of the link', '10.0.0.255', 'broadcast eth0 from 10.0.0.1'],
    ['a broadcast to all goes by the default route', '255.255.255.255', 'broadcast eth0 from 10.0.0.1'],
    ['multicast goes by the default route', '224.0.0.9', 'multicast eth0 from 10.0.0.1'],
  ])('%s', (_, destination, expected) => {
    expect(output(host('route add default via 10.0.0.9'), destination)).toBe(expected)
  })

  test('a secondary address of the host: from the primary', () => {
    expect(output(host('addr add 10.0.0.2/24 dev eth0'), '10.0.0.2')).toBe('local lo from 10.0.0.1')
  })

  test("the route's own source, and the one that suits the gateway", () => {
    const ns = host(
      'addr add 10.9.0.1/24 dev eth0',
      'route add 192.0.2.0/24 via 10.0.0.9 src 10.1.0.1',
      'route add 198.51.100.0/24 via 10.9.0.9',
    )
    expect(output(ns, '192.0.2.1')).toBe('unicast eth0 10.0.0.9 from 10.1.0.1')
    expect(output(ns, '198.51.100.1')).toBe('unicast eth0 10.9.0.9 from 10.9.0.1')
  })

  test('mark and source choose the table', () => {
    const ns = host(
      'route add default via 10.0.0.9',
      'route add default via 10.1.0.9 table 100',
      'rule add fwmark 1 lookup 100 pref 50',
      'rule add from 10.1.0.1 lookup 100 pref 51',
    )
    expect(output(ns, '192.0.2.1')).toBe('unicast eth0 10.0.0.9 from 10.0.0.1')
    expect(output(ns, '192.0.2.1', { mark: 1 })).toBe('unicast eth1 10.1.0.9 from 10.1.0.1')
    expect(output(ns, '192.0.2.1', { source: ip('10.1.0.1') })).toBe('unicast eth1 10.1.0.9 from 10.1.0.1')
  })
})

describe('errors of the system call', () => {
  test.each([
    ['no route', '203.0.113.1', 'ENETUNREACH'],
    ['unreachable', '192.0.2.1', 'EHOSTUNREACH'],
    ['prohibit', '192.0.3.1', 'EACCES'],
    ['blackhole', '192.0.4.1', 'EINVAL'],
    ['throw', '192.0.5.1', 'ENETUNREACH'],
  ])('%s', (_, destination, errno) => {
    const ns = host(
      'route add unreachable 192.0.2.0/24',
      'route add prohibit 192.0.3.0/24',
      'route add blackhole 192.0.4.0/24',
      'route add throw 192.0.5.0/24',
    )
    expect(output(ns, destination)).toBe(errno)
  })

  test.each(['10.0.0.77', '224.0.0.1', '255.255.255.255'])('source %s is not ours: EINVAL', (source) => {
    expect(output(host(), '10.0.0.9', { source: ip(source) })).toBe('EINVAL')
  })

  test('another’s source is fine for who may use any, a multicast one never', () => {
    expect(output(host(), '10.0.0.9', { source: ip('10.0.0.77'), anySource: true })).toBe('unicast eth0 from 10.0.0.77')
    expect(output(host(), '10.0.0.9', { source: ip('224.0.0.1'), anySource: true })).toBe('EINVAL')
  })

  test('127.0.0.1 does not leave the host without route_localnet', () => {
    const ns = host()
    expect(output(ns, '10.0.0.9', { source: ip('127.0.0.1') })).toBe('EINVAL')
    ns.sysctls.set('net/ipv4/conf/eth0/route_localnet', 1)
    expect(output(ns, '10.0.0.9', { source: ip('127.0.0.1') })).toBe('unicast eth0 from 127.0.0.1')
  })
})

describe('a socket bound to a device', () => {
  test('takes a destination without a route to be on the link', () => {
    const ns = host()
    expect(output(ns, '203.0.113.1', { outDevice: ns.device('eth1')! })).toBe('unicast eth1 from 10.1.0.1')
  })

  test('with a link-scope address first on the device, that one', () => {
    const ns = host('addr add 10.8.0.1/24 dev eth0 scope link')
    expect(output(ns, '198.51.100.1', { outDevice: ns.device('eth0')! })).toBe('unicast eth0 from 10.8.0.1')
  })

  test('uses the route over this device, not a better one elsewhere', () => {
    const ns = host('route add default via 10.1.0.9', 'route add 192.0.2.0/24 via 10.0.0.9')
    expect(output(ns, '192.0.2.1', { outDevice: ns.device('eth1')! })).toBe('unicast eth1 10.1.0.9 from 10.1.0.1')
  })

  test('obeys unreachable routes', () => {
    const ns = host('route add unreachable 192.0.2.0/24')
    expect(output(ns, '192.0.2.1', { outDevice: ns.device('eth1')! })).toBe('EHOSTUNREACH')
  })
})
