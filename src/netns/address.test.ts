import { describe, expect, test } from 'vitest'
import { ip, SmallNet } from '../../test/helpers/small-net.js'
import { formatIpv4 } from '../addr/index.js'
import type { Namespace } from './namespace.js'
import { printRoute, SCOPE, TABLE } from './route.js'

/** A host with eth0 and eth1, and these commands of `ip` run on it. */
function host(...commands: readonly string[]): Namespace {
  const net = new SmallNet().cable('host:eth0', 'a:eth0').cable('host:eth1', 'b:eth0')
  return net.host('host').ip(...commands).ns
}

function table(ns: Namespace, number: number): string[] {
  return ns.fib
    .routes(number)
    .filter((r) => r.nextHops[0]?.device.name !== 'lo')
    .map(printRoute)
}

function addresses(ns: Namespace): string[] {
  return ns.addresses
    .list(ns.device('eth0'))
    .map((a) => `${formatIpv4(a.address)}/${a.prefix}${a.secondary ? ' secondary' : ''}`)
}

describe('routes of an address', () => {
  // As `ip route show table local` and `ip route` list them on Linux 6.18.
  test.each<[address: string, main: string[], local: string[]]>([
    [
      '10.0.0.1/24',
      ['10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1'],
      [
        'local 10.0.0.1 dev eth0 proto kernel scope host src 10.0.0.1',
        'broadcast 10.0.0.255 dev eth0 proto kernel scope link src 10.0.0.1',
      ],
    ],
    [
      '10.0.0.0/31',
      ['10.0.0.0/31 dev eth0 proto kernel scope link src 10.0.0.0'],
      ['local 10.0.0.0 dev eth0 proto kernel scope host src 10.0.0.0'],
    ],
    ['10.0.0.1/32', [], ['local 10.0.0.1 dev eth0 proto kernel scope host src 10.0.0.1']],
  ])('%s', (address, main, local) => {
    const ns = host(`addr add ${address} dev eth0`)
    expect([table(ns, TABLE.main), table(ns, TABLE.local)]).toEqual([main, local])
    ns.removeAddress(
      ns.device('eth0')!,
      ns.addresses.list(ns.device('eth0'))[0]!.address,
      Number(address.split('/')[1]),
    )
    expect([table(ns, TABLE.main), table(ns, TABLE.local)]).toEqual([[], []])
  })

  test('lo has all of 127.0.0.0/8', () => {
    expect(host().fib.routes(TABLE.local).map(printRoute)).toEqual([
      'local 127.0.0.0/8 dev lo proto kernel scope host src 127.0.0.1',
      'local 127.0.0.1 dev lo proto kernel scope host src 127.0.0.1',
      'broadcast 127.255.255.255 dev lo proto kernel scope link src 127.0.0.1',
    ])
  })

  test('a secondary brings its local route alone, with the primary as its source', () => {
    const ns = host('addr add 10.0.0.1/24 dev eth0', 'addr add 10.0.0.2/24 dev eth0')
    expect(addresses(ns)).toEqual(['10.0.0.1/24', '10.0.0.2/24 secondary'])
    expect(table(ns, TABLE.main)).toEqual(['10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1'])
    expect(table(ns, TABLE.local)).toContain('local 10.0.0.2 dev eth0 proto kernel scope host src 10.0.0.1')
  })

  test('another subnet, or the same with another length, is primary', () => {
    const ns = host('addr add 10.0.0.1/24 dev eth0', 'addr add 10.0.1.1/24 dev eth0', 'addr add 10.0.0.2/25 dev eth0')
    expect(addresses(ns)).toEqual(['10.0.0.1/24', '10.0.1.1/24', '10.0.0.2/25'])
  })
})

describe('removal', () => {
  const both = ['addr add 10.0.0.1/24 dev eth0', 'addr add 10.0.0.2/24 dev eth0']

  test('a secondary goes alone', () => {
    const ns = host(...both, 'addr del 10.0.0.2/24 dev eth0')
    expect([addresses(ns), ns.addressType(ip('10.0.0.2'), null)]).toEqual([['10.0.0.1/24'], 'UNICAST'])
    expect(table(ns, TABLE.main)).toEqual(['10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1'])
  })

  test('a primary takes its secondaries and the routes from it along', () => {
    const ns = host(
      ...both,
      'addr add 10.9.0.1/24 dev eth0',
      'route add 192.0.2.0/24 dev eth0 src 10.0.0.1',
      'route add 192.0.3.0/24 dev eth0 src 10.0.0.1',
      'addr del 10.0.0.1/24 dev eth0',
    )
    expect(addresses(ns)).toEqual(['10.9.0.1/24'])
    expect(table(ns, TABLE.main)).toEqual(['10.9.0.0/24 dev eth0 proto kernel scope link src 10.9.0.1'])
    expect(table(ns, TABLE.local)).toHaveLength(2)
  })

  test('with promote_secondaries the next one becomes primary', () => {
    const ns = host(...both, 'addr add 10.0.0.3/24 dev eth0')
    ns.sysctls.set('net/ipv4/conf/eth0/promote_secondaries', 1)
    ns.removeAddress(ns.device('eth0')!, ip('10.0.0.1'), 24)
    expect(addresses(ns)).toEqual(['10.0.0.2/24', '10.0.0.3/24 secondary'])
    expect(table(ns, TABLE.main)).toEqual(['10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.2'])
  })

  test('the same address on another device stays local, and so do routes from it', () => {
    const ns = host(
      'addr add 10.0.0.1/24 dev eth0',
      'addr add 10.0.0.1/32 dev eth1',
      'route add 192.0.2.0/24 dev eth1 src 10.0.0.1',
      'addr del 10.0.0.1/24 dev eth0',
    )
    expect(ns.addressType(ip('10.0.0.1'), null)).toBe('LOCAL')
    expect(table(ns, TABLE.main)).toEqual(['192.0.2.0/24 dev eth1 scope link src 10.0.0.1'])
  })

  test('of what is not there is refused', () => {
    const ns = host('addr add 10.0.0.1/24 dev eth0')
    expect(ns.removeAddress(ns.device('eth0')!, ip('10.0.0.1'), 25)).toBe(false)
    expect(ns.removeAddress(ns.device('eth1')!, ip('10.0.0.1'), 24)).toBe(false)
  })
})

describe('source towards a destination (inet_select_addr)', () => {
  const ns = host(
    'addr add 10.0.0.1/24 dev eth0',
    'addr add 10.0.0.2/24 dev eth0',
    'addr add 10.9.0.1/24 dev eth0',
    'addr add 10.8.0.1/24 dev eth0 scope link',
  )
  const eth0 = ns.device('eth0')!
  const eth1 = ns.device('eth1')!

  test.each([
    ['first of global scope', eth0, '0.0.0.0', SCOPE.universe, '10.0.0.1'],
    ['the one of the same subnet', eth0, '10.9.0.77', SCOPE.universe, '10.9.0.1'],
    ['never a secondary', eth0, '10.0.0.2', SCOPE.universe, '10.0.0.1'],
    ['link scope is too narrow for global use', eth0, '10.8.0.9', SCOPE.universe, '10.0.0.1'],
    ['link scope comes first on the link', eth0, '0.0.0.0', SCOPE.link, '10.8.0.1'],
    ['another device lends its address', eth1, '10.1.0.1', SCOPE.universe, '10.0.0.1'],
    ['but no link-scope one', eth1, '10.8.0.9', SCOPE.link, '10.0.0.1'],
    ['on the host, lo comes first', eth1, '0.0.0.0', SCOPE.host, '127.0.0.1'],
  ])('%s', (_, device, destination, scope, expected) => {
    expect(formatIpv4(ns.selectAddress(device, ip(destination), scope) ?? 0)).toBe(expected)
  })

  test('a host without addresses has none', () => {
    const bare = host()
    expect(bare.selectAddress(bare.device('eth0')!, 0, SCOPE.universe)).toBeNull()
  })

  test('route_localnet lets 127.0.0.0/8 of the device count as link scope', () => {
    const local = host('addr add 127.0.0.5/32 dev eth0')
    expect(local.selectAddress(local.device('eth0')!, 0, SCOPE.link)).toBeNull()
    local.sysctls.set('net/ipv4/conf/eth0/route_localnet', 1)
    expect(local.selectAddress(local.device('eth0')!, 0, SCOPE.link)).toBe(ip('127.0.0.5'))
  })
})

test('kind of an address, of the host and of one device', () => {
  const ns = host('addr add 10.0.0.1/24 dev eth0')
  const kinds = ['10.0.0.1', '10.0.0.255', '10.0.0.9', '127.9.9.9', '224.0.0.1', '255.255.255.255', '0.0.0.0']
  expect(kinds.map((a) => ns.addressType(ip(a), null))).toEqual([
    'LOCAL',
    'BROADCAST',
    'UNICAST',
    'LOCAL',
    'MULTICAST',
    'BROADCAST',
    'BROADCAST',
  ])
  expect(ns.addressType(ip('10.0.0.1'), ns.device('eth1')!)).toBe('UNICAST')
})
