import { describe, expect, test } from 'vitest'
import { parseIpv4 } from '../../addr/index.js'
import { cloneGraph, InvalidInputError, SampledChoices } from '../../base/index.js'
import { VethDevice } from '../../netdev/index.js'
import { Simulation } from '../../trace/index.js'
import { printRule } from '../fib.js'
import { Namespace } from '../namespace.js'
import { printRoute, TABLE } from '../route.js'
import { runIp } from './run-ip.js'

function host(): Namespace {
  const ns = new Namespace(new Simulation(new SampledChoices(1)), 'host')
  for (const name of ['eth0', 'eth1'])
    ns.addDevice(new VethDevice(ns, name, ns.takeIfindex(), 'veth', 0x020000000001, 1500))
  runIp(ns, 'addr add 10.1.1.2/24 dev eth0')
  return ns
}

function routes(ns: Namespace, table: number = TABLE.main): string[] {
  return ns.fib.routes(table).map(printRoute)
}

/** What a command is refused with. */
function refusal(ns: Namespace, command: string): string[] {
  try {
    runIp(ns, command)
  } catch (error) {
    if (error instanceof InvalidInputError) return error.issues.map((issue) => issue.message)
    throw error
  }
  return []
}

describe('ip route', () => {
  test('finds the device of a gateway', () => {
    const ns = host()
    runIp(ns, 'route add default via 10.1.1.1')
    runIp(ns, 'route add 10.9.0.0/16 dev eth1')
    runIp(ns, 'route add 10.8.0.1 via 10.1.1.9 src 10.1.1.2 metric 20 mtu 1400')
    expect(routes(ns)).toEqual([
      'default via 10.1.1.1 dev eth0',
      '10.9.0.0/16 dev eth1 scope link',
      '10.1.1.0/24 dev eth0 proto kernel scope link src 10.1.1.2',
      '10.8.0.1 via 10.1.1.9 dev eth0 src 10.1.1.2 metric 20 mtu 1400',
    ])
  })

  test('a gateway may be on the link of a route without addresses, not behind another gateway', () => {
    const ns = host()
    runIp(ns, 'route add 10.9.0.0/16 dev eth1')
    runIp(ns, 'route add 172.16.0.0/12 via 10.9.0.1')
    runIp(ns, 'route add default via 10.1.1.1')
    expect(routes(ns)).toContain('172.16.0.0/12 via 10.9.0.1 dev eth1')
    expect(refusal(ns, 'route add 192.0.2.0/24 via 172.16.0.1')).toEqual(['Nexthop has invalid gateway'])
    expect(refusal(ns, 'route add 192.0.2.0/24 via 10.1.1.3 dev eth1')).toEqual(['Nexthop has invalid gateway'])
  })

  test('onlink takes the device at its word', () => {
    const ns = host()
    runIp(ns, 'route add 10.244.2.0/24 via 10.244.2.0 dev eth1 onlink')
    expect(routes(ns)).toContain('10.244.2.0/24 via 10.244.2.0 dev eth1 onlink')
    expect(refusal(ns, 'route add 10.3.0.0/16 via 10.3.0.1 onlink')).toEqual(['Nexthop device required for onlink'])
    expect(refusal(ns, 'route add 10.3.0.0/16 via 10.1.1.2 dev eth0 onlink')).toEqual(['Nexthop has invalid gateway'])
  })

  test('types without a next hop, and local', () => {
    const ns = host()
    for (const type of ['blackhole', 'unreachable', 'prohibit', 'throw'])
      runIp(ns, `route add ${type} 10.2.0.${type.length}`)
    runIp(ns, 'route add local 10.96.0.0/12 dev lo')
    expect(routes(ns)).toEqual(expect.arrayContaining(['blackhole 10.2.0.9', 'throw 10.2.0.5']))
    expect(routes(ns, TABLE.local)).toContain('local 10.96.0.0/12 dev lo scope host')
    expect(refusal(ns, 'route add blackhole 10.5.0.0/16 dev eth0')).toEqual([
      'Gateway, device and multipath can not be specified for this route type',
    ])
  })

  test('add, append, replace, change, del', () => {
    const ns = host()
    runIp(ns, 'route add 10.3.0.0/16 via 10.1.1.1')
    expect(refusal(ns, 'route add 10.3.0.0/16 via 10.1.1.9')).toEqual(['File exists'])
    runIp(ns, 'route append 10.3.0.0/16 via 10.1.1.9')
    runIp(ns, 'route replace 10.3.0.0/16 via 10.1.1.7')
    runIp(ns, 'route del 10.3.0.0/16 via 10.1.1.9')
    expect(routes(ns)).toContain('10.3.0.0/16 via 10.1.1.7 dev eth0')
    expect(routes(ns)).toHaveLength(2)
    runIp(ns, 'route change 10.3.0.0/16 via 10.1.1.8')
    runIp(ns, 'route del 10.3.0.0/16')
    expect(refusal(ns, 'route del 10.3.0.0/16')).toEqual(['No such process'])
    expect(refusal(ns, 'route change 10.3.0.0/16 via 10.1.1.8')).toEqual(['No such file or directory'])
  })

  test('several next hops and other tables', () => {
    const ns = host()
    runIp(ns, 'route add 10.3.0.0/16 nexthop via 10.1.1.1 weight 2 nexthop dev eth1')
    runIp(ns, 'route add 127.0.0.0/8 via 10.1.1.1 table 5')
    expect(routes(ns)).toContain('10.3.0.0/16 nexthop via 10.1.1.1 dev eth0 weight 2 nexthop dev eth1 weight 1')
    expect(routes(ns, 5)).toEqual(['127.0.0.0/8 via 10.1.1.1 dev eth0'])
    runIp(ns, 'route flush table 5')
    expect(routes(ns, 5)).toEqual([])
  })

  test('routes of a cloned namespace lead over its own devices', () => {
    const ns = host()
    runIp(ns, 'route add default via 10.1.1.1')
    const clone = cloneGraph(ns)
    const device = clone.fib.routes(TABLE.main)[0]!.nextHops[0]!.device
    expect(device === clone.device('eth0')).toBe(true)
  })

  test('flush cache forgets what ICMP taught', () => {
    const ns = host()
    ns.exceptions.learnPmtu(parseIpv4('10.9.9.9')!, 1400, 1000, 0)
    runIp(ns, 'route flush cache')
    expect(ns.exceptions.list(0)).toEqual([])
  })

  test('every problem of a command is reported at once, and nothing changes', () => {
    const ns = host()
    expect(refusal(ns, 'route add 10.3.0.0/33 via 10.1.1 dev eth9 bogus metric x')).toEqual([
      'destination "10.3.0.0/33" is not a prefix',
      'gateway "10.1.1" is not an IPv4 address',
      'Cannot find device "eth9"',
      '"bogus" is not understood here',
      'metric "x" is not a number from 0 to 4294967295',
    ])
    expect(refusal(ns, 'route add 10.3.0.1/16 via 10.1.1.1')).toEqual(['Invalid prefix for given prefix length'])
    expect(refusal(ns, 'route add 10.3.0.0/16')).toEqual(['No such device'])
    expect(refusal(ns, 'route add 10.3.0.0/16 via 10.1.1.1 src 10.7.7.7')).toEqual(['Invalid prefsrc address'])
    expect(refusal(ns, 'link set lo up')).toEqual(['object "link" is unknown'])
    expect(routes(ns)).toHaveLength(1)
  })
})

describe('ip addr', () => {
  test('adds and removes an address with its routes', () => {
    const ns = host()
    runIp(ns, 'addr add 192.0.2.66/32 dev eth0')
    expect(ns.addressType(parseIpv4('192.0.2.66')!, null)).toBe('LOCAL')
    expect(refusal(ns, 'addr add 192.0.2.66/32 dev eth0')).toEqual(['ipv4: Address already assigned'])
    runIp(ns, 'addr del 192.0.2.66/32 dev eth0')
    expect(ns.addressType(parseIpv4('192.0.2.66')!, null)).toBe('UNICAST')
    expect(refusal(ns, 'addr del 192.0.2.66/32 dev eth0')).toEqual(['ipv4: Address not found'])
    runIp(ns, 'addr flush dev eth0')
    expect(routes(ns)).toEqual([])
  })
})

test('the last address of a device takes its routes and neighbours with it', () => {
  const ns = host()
  runIp(ns, 'addr add 10.2.2.2/24 dev eth0')
  runIp(ns, 'route add default via 10.2.2.1')
  runIp(ns, 'neigh add 10.2.2.1 lladdr 02:42:99:99:99:99 dev eth0')
  runIp(ns, 'addr del 10.1.1.2/24 dev eth0')
  expect(routes(ns)).toContain('default via 10.2.2.1 dev eth0')
  runIp(ns, 'addr del 10.2.2.2/24 dev eth0')
  expect(routes(ns)).toEqual([])
  expect(ns.neighbours.entries()).toEqual([])
})

describe('ip neigh', () => {
  const address = parseIpv4('10.1.1.9')!

  test('sets, fails, removes and flushes entries', () => {
    const ns = host()
    const dev = ns.device('eth0')!
    runIp(ns, 'neigh replace 10.1.1.9 lladdr 02:42:99:99:99:99 dev eth0 nud permanent')
    expect(ns.neighbours.lookup(dev, address)).toMatchObject({ mac: 0x024299999999, state: 'PERMANENT' })
    runIp(ns, 'neigh flush dev eth0')
    expect(ns.neighbours.entries()).toHaveLength(1)
    runIp(ns, 'neigh replace 10.1.1.9 dev eth0 nud failed')
    expect(ns.neighbours.lookup(dev, address)).toMatchObject({ state: 'FAILED', valid: false })
    expect(refusal(ns, 'neigh add 10.1.1.9 lladdr 02:42:99:99:99:99 dev eth0')).toEqual(['File exists'])
    runIp(ns, 'neigh del 10.1.1.9 dev eth0')
    expect(refusal(ns, 'neigh del 10.1.1.9 dev eth0')).toEqual(['No such file or directory'])
    expect(refusal(ns, 'neigh replace 10.1.1.9 dev eth0 nud gone')[0]).toBe('"gone" is not a neighbour state')
  })
})

describe('ip rule', () => {
  test('adds in order of preference and removes', () => {
    const ns = host()
    runIp(ns, 'rule add pref 1 to 127.0.0.0/8 lookup 5')
    runIp(ns, 'rule add pref 2 lookup local')
    runIp(ns, 'rule add fwmark 0x10/0xf0 iif eth0 prohibit')
    runIp(ns, 'rule del pref 0')
    expect(ns.fib.policyRules().map(printRule)).toEqual([
      '0: from all fwmark 0x10/0xf0 iif eth0 prohibit',
      '1: from all to 127.0.0.0/8 lookup 5',
      '2: from all lookup local',
      '32766: from all lookup main',
      '32767: from all lookup default',
    ])
    expect(refusal(ns, 'rule add pref 2 lookup local')).toEqual(['File exists'])
    expect(refusal(ns, 'rule del pref 77')).toEqual(['No such file or directory'])
    runIp(ns, 'rule flush')
    expect(ns.fib.policyRules()).toHaveLength(1)
  })
})
