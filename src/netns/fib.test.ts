import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ip, SmallNet } from '../../test/helpers/small-net.js'
import { formatIpv4, prefixMask } from '../addr/index.js'
import { Fib, type FibResult, type Flow } from './fib.js'
import type { Namespace } from './namespace.js'
import { printRoute, type Route, type RouteType, TABLE } from './route.js'

/** `host` with eth0 10.0.0.1/24, eth1 10.1.0.1/24, eth2 10.2.0.1/24. */
function host(...commands: readonly string[]): Namespace {
  const net = new SmallNet()
    .cable('host:eth0 10.0.0.1/24', 'a:eth0')
    .cable('host:eth1 10.1.0.1/24', 'b:eth0')
    .cable('host:eth2 10.2.0.1/24', 'c:eth0')
  return net.host('host').ip(...commands).ns
}

function flow(destination: string, more: Partial<Flow> = {}): Flow {
  const none = { source: 0, inDevice: null, outDevice: null, mark: 0, tos: 0 }
  return { destination: ip(destination), ...none, ...more }
}

function way({ route, hop, error }: FibResult): string {
  if (error !== null) return error
  return `${printRoute(route!)}${route!.nextHops.length > 1 ? ` > ${hop!.device.name}` : ''}`
}

function look(ns: Namespace, destination: string, more: Partial<Flow> = {}): string {
  return way(ns.fib.lookup(flow(destination, more)))
}

function plainRoute(destination: number, prefix: number, type: RouteType = 'unicast', metric = 0): Route {
  return {
    type,
    destination,
    prefix,
    table: TABLE.main,
    tos: 0,
    metric,
    scope: 0,
    protocol: 'boot',
    prefSrc: 0,
    mtu: 0,
    nextHops: [],
  }
}

describe('one table', () => {
  const net = fc.record({ address: fc.nat(0xffffffff), prefix: fc.nat(32) })

  test('longest prefix: the same as looking at every route', () => {
    fc.assert(
      fc.property(fc.array(net, { maxLength: 40 }), fc.nat(0xffffffff), fc.nat(39), (nets, random, at) => {
        const fib = new Fib()
        const routes = nets.map(({ address, prefix }) => plainRoute((address & prefixMask(prefix)) >>> 0, prefix))
        for (const route of routes) fib.addRoute(route)
        // Half of the questions lie next to a route.
        const destination = at % 2 === 0 ? random : ((nets[at]?.address ?? random) ^ 1) >>> 0
        const matching = routes.filter((r) => ((destination ^ r.destination) & prefixMask(r.prefix)) === 0)
        const longest = matching.reduce((most, r) => Math.max(most, r.prefix), -1)
        const found = fib.lookup(flow(formatIpv4(destination)))
        expect(found.route?.prefix ?? -1).toBe(longest)
        expect(found.error).toBe(longest === -1 ? 'ENETUNREACH' : null)
      }),
    )
  })

  test('a route taken out again leaves the table as it was', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(net, { minLength: 1, maxLength: 20, selector: (n) => `${n.address}/${n.prefix}` }),
        (nets) => {
          const fib = new Fib()
          const routes = nets.map(({ address, prefix }, i) =>
            plainRoute((address & prefixMask(prefix)) >>> 0, prefix, 'unicast', i),
          )
          const [extra, ...rest] = routes
          for (const route of rest) fib.addRoute(route)
          const before = fib.routes(TABLE.main)
          fib.addRoute(extra!)
          expect(fib.removeRoute(TABLE.main, (r) => r === extra)).toBe(extra)
          expect(fib.routes(TABLE.main)).toEqual(before)
        },
      ),
    )
  })

  test('the smaller metric wins, whichever came first', () => {
    const routes = ['route add 192.0.2.0/24 via 10.0.0.9 metric 20', 'route add 192.0.2.0/24 via 10.1.0.9 metric 10']
    for (const order of [routes, [...routes].reverse()]) {
      expect(look(host(...order), '192.0.2.1')).toBe('192.0.2.0/24 via 10.1.0.9 dev eth1 metric 10')
    }
  })

  test('a route with a TOS takes only its TOS, before one without', () => {
    const ns = host('route add 192.0.2.0/24 via 10.0.0.9', 'route add 192.0.2.0/24 via 10.1.0.9 tos 0x10 metric 5')
    expect(look(ns, '192.0.2.1')).toContain('dev eth0')
    expect(look(ns, '192.0.2.1', { tos: 0x10 })).toContain('dev eth1')
    expect(look(ns, '192.0.2.1', { tos: 0x08 })).toContain('dev eth0')
  })

  test('a TOS that no route of the longest prefix has falls back to a shorter prefix', () => {
    const ns = host('route add default via 10.0.0.9', 'route add 192.0.2.0/24 via 10.1.0.9 tos 0x10')
    expect(look(ns, '192.0.2.1')).toContain('default')
  })

  test('a device that is wanted or down falls back to the next route', () => {
    const ns = host(
      'route add 192.0.2.0/24 via 10.0.0.9',
      'route add 192.0.2.0/24 via 10.1.0.9 metric 5',
      'route add default via 10.2.0.9',
    )
    expect(look(ns, '192.0.2.1', { outDevice: 'eth1' })).toContain('dev eth1')
    expect(look(ns, '192.0.2.1', { outDevice: 'eth2' })).toContain('default')
    expect(look(ns, '192.0.2.1', { outDevice: 'lo' })).toBe('ENETUNREACH')
    ns.device('eth0')!.up = false
    expect(look(ns, '192.0.2.1')).toContain('dev eth1')
  })

  test("the host's own address stays its own while the device is down", () => {
    const ns = host()
    ns.device('eth0')!.up = false
    expect(look(ns, '10.0.0.1')).toBe('local 10.0.0.1 dev eth0 proto kernel scope host src 10.0.0.1')
    expect(look(ns, '10.0.0.9')).toBe('ENETUNREACH')
  })
})

test.each([
  ['blackhole', 'EINVAL'],
  ['unreachable', 'EHOSTUNREACH'],
  ['prohibit', 'EACCES'],
])('a route of type %s gives %s', (type, errno) => {
  const ns = host('route add default via 10.0.0.9', `route add ${type} 192.0.2.0/24`)
  expect(look(ns, '192.0.2.1')).toBe(errno)
  expect(look(ns, '192.0.3.1')).toContain('default')
})

describe('throw', () => {
  test('ends the table, not the look-up', () => {
    const ns = host(
      'route add throw 192.0.2.0/24 table 100',
      'route add default via 10.1.0.9 table 100',
      'rule add lookup 100 pref 50',
      'route add default via 10.0.0.9',
    )
    expect(look(ns, '192.0.2.1')).toContain('dev eth0')
    expect(look(ns, '192.0.3.1')).toContain('dev eth1')
  })

  test('in the last table is as no route', () => {
    expect(look(host('route add throw default'), '192.0.2.1')).toBe('ENETUNREACH')
  })
})

describe('rules', () => {
  const base = ['route add default via 10.0.0.9', 'route add default via 10.1.0.9 table 100']

  test.each<[selector: string, matching: Partial<Flow>, other: Partial<Flow>]>([
    ['from 10.5.0.0/16', { source: ip('10.5.1.2') }, { source: ip('10.6.1.2') }],
    ['to 192.0.2.0/24', {}, { destination: ip('192.0.3.1') }],
    ['fwmark 0x4', { mark: 4 }, { mark: 6 }],
    ['fwmark 0x4/0x4', { mark: 6 }, { mark: 3 }],
    ['fwmark 0/0x4', { mark: 3 }, { mark: 4 }],
    ['iif eth2', { inDevice: 'eth2' }, { inDevice: 'eth0' }],
    ['iif lo', { inDevice: null }, { inDevice: 'eth0' }],
    ['oif eth1', { outDevice: 'eth1' }, {}],
    ['tos 0x10', { tos: 0x10 }, { tos: 0 }],
    ['not from 10.5.0.0/16', { source: ip('10.6.1.2') }, { source: ip('10.5.1.2') }],
    ['not fwmark 0x4', { mark: 0 }, { mark: 4 }],
    ['from 10.5.0.0/16 iif eth2', { source: ip('10.5.0.1'), inDevice: 'eth2' }, { source: ip('10.5.0.1') }],
  ])('%s', (selector, matching, other) => {
    const ns = host(...base, `rule add ${selector} lookup 100 pref 50`)
    expect(look(ns, '192.0.2.1', matching)).toContain('dev eth1')
    expect(look(ns, '192.0.2.1', other)).toContain('dev eth0')
  })

  test.each([
    ['blackhole', 'EINVAL'],
    ['unreachable', 'ENETUNREACH'],
    ['prohibit', 'EACCES'],
  ])('%s gives %s', (action, errno) => {
    const ns = host(...base, `rule add from 10.5.0.0/16 ${action} pref 50`)
    const found = ns.fib.lookup(flow('192.0.2.1', { source: ip('10.5.0.1') }))
    expect([found.error, found.route, found.rule?.preference]).toEqual([errno, null, 50])
    expect(look(ns, '192.0.2.1')).toContain('default')
  })

  test('go by preference; the local table comes first', () => {
    const ns = host(...base, 'rule add lookup 100 pref 200', 'rule add prohibit pref 100')
    expect(ns.fib.policyRules().map((r) => r.preference)).toEqual([0, 100, 200, 32766, 32767])
    expect(look(ns, '192.0.2.1')).toBe('EACCES')
    expect(look(ns, '10.0.0.1')).toContain('local 10.0.0.1')
  })

  test('of a table that does not exist change nothing', () => {
    expect(look(host(...base, 'rule add lookup 777 pref 50'), '192.0.2.1')).toContain('dev eth0')
  })

  test('are custom when any of the three is gone or another is there', () => {
    const ns = host()
    expect(ns.fib.hasCustomRules).toBe(false)
    ns.fib.removeRule((r) => r.preference === 32767)
    expect(ns.fib.hasCustomRules).toBe(true)
    const other = host('rule add lookup main pref 32765', 'rule del pref 32765')
    expect(other.fib.hasCustomRules).toBe(false)
  })
})

describe('several next hops', () => {
  const ns = host('route add 192.0.2.0/24 nexthop via 10.0.0.9 weight 1 nexthop via 10.1.0.9 weight 3')
  const share = (): number => {
    const flows = Array.from({ length: 4000 }, (_, i) => flow('192.0.2.1', { source: 0x0a050000 + i * 7 }))
    return flows.filter((f) => ns.fib.lookup(f).hop!.device.name === 'eth1').length / flows.length
  }

  test('share the flows by weight', () => {
    expect(share()).toBeGreaterThan(0.7)
    expect(share()).toBeLessThan(0.8)
  })

  test('one flow keeps its next hop', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.nat(255), (source, last) => {
        const f = flow(`192.0.2.${last}`, { source })
        expect(ns.fib.lookup(f).hop === ns.fib.lookup({ ...f }).hop).toBe(true)
      }),
    )
  })

  test('one that is down or not wanted takes no flow', () => {
    const two = host('route add 192.0.2.0/24 nexthop via 10.0.0.9 nexthop via 10.1.0.9')
    for (let i = 0; i < 50; i++) expect(look(two, '192.0.2.1', { source: i, outDevice: 'eth0' })).toContain('> eth0')
    two.device('eth0')!.up = false
    for (let i = 0; i < 50; i++) expect(look(two, '192.0.2.1', { source: i })).toContain('> eth1')
  })
})

test('a device that goes takes every route over it', () => {
  const ns = host('route add 192.0.2.0/24 via 10.0.0.9', 'route add default via 10.0.0.9 table 100')
  ns.removeDevice('eth0')
  expect(ns.fib.routes(TABLE.main).map(printRoute)).toEqual([
    '10.1.0.0/24 dev eth1 proto kernel scope link src 10.1.0.1',
    '10.2.0.0/24 dev eth2 proto kernel scope link src 10.2.0.1',
  ])
  expect([ns.fib.routes(100), look(ns, '10.0.0.1')]).toEqual([[], 'ENETUNREACH'])
})
