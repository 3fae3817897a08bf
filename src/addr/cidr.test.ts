import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  broadcastOf,
  cidrContains,
  cidrOf,
  cidrOverlaps,
  formatCidr,
  networkOf,
  parseCidr,
  parseInterfaceAddress,
  prefixMask,
} from './cidr.js'
import { parseIpv4 } from './ipv4.js'
import { hostsOf, parseNetmask, splitCidr } from './split-cidr.js'

const anyCidr = fc.tuple(fc.nat(0xffff_ffff), fc.nat(32)).map(([address, prefix]) => cidrOf(address, prefix))

describe('text', () => {
  test('reads a network', () => {
    expect(parseCidr('10.244.0.0/16')).toEqual({ address: 0x0af40000, prefix: 16, mask: 0xffff0000 })
    expect(parseCidr('0.0.0.0/0')).toEqual({ address: 0, prefix: 0, mask: 0 })
    expect(parseCidr('1.2.3.4/32')?.mask).toBe(0xffffffff)
  })

  test.each([
    '10.244.1.1/24',
    '10.0.0.0',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0.0/+8',
    '10.0.0.0/8/8',
    '10.0.0/8',
    'fd00::/8',
    '10.0.0.0/255.0.0.0',
  ])('refuses %j', (text) => {
    expect(parseCidr(text)).toBeUndefined()
  })

  test('keeps host bits of an interface address', () => {
    expect(parseInterfaceAddress('10.244.1.1/24')).toEqual({ address: 0x0af40101, prefix: 24 })
    expect(formatCidr(parseInterfaceAddress('10.244.1.1/24')!)).toBe('10.244.1.1/24')
  })

  test('what is printed reads back', () => {
    fc.assert(
      fc.property(anyCidr, (cidr) => {
        expect(parseCidr(formatCidr(cidr))).toEqual(cidr)
      }),
    )
  })

  test('reads a netmask', () => {
    expect(parseNetmask('255.255.255.0')).toBe(24)
    expect(parseNetmask('0.0.0.0')).toBe(0)
    expect(parseNetmask('255.255.255.255')).toBe(32)
    for (const bad of ['255.0.255.0', '24', '', '255.255.255', '255.255.255.0.0', 'x'])
      expect(parseNetmask(bad)).toBeUndefined()
  })
})

describe('algebra', () => {
  test('edges of a network', () => {
    const address = parseIpv4('192.168.200.77')!
    expect(networkOf(address, 20)).toBe(parseIpv4('192.168.192.0'))
    expect(broadcastOf(address, 20)).toBe(parseIpv4('192.168.207.255'))
    expect([0, 1, 31, 32].map(prefixMask)).toEqual([0, 0x80000000, 0xfffffffe, 0xffffffff])
  })

  test('an address is contained exactly when it lies between the edges', () => {
    fc.assert(
      fc.property(anyCidr, fc.nat(0xffff_ffff), (cidr, ip) => {
        const between = ip >= cidr.address && ip <= broadcastOf(cidr.address, cidr.prefix)
        return cidrContains(cidr, ip) === between
      }),
    )
  })

  test('two networks overlap exactly when their ranges do', () => {
    fc.assert(
      fc.property(anyCidr, anyCidr, (a, b) => {
        const meet = a.address <= broadcastOf(b.address, b.prefix) && b.address <= broadcastOf(a.address, a.prefix)
        return cidrOverlaps(a, b) === meet && cidrOverlaps(b, a) === meet
      }),
    )
  })

  test('splits', () => {
    expect(splitCidr(parseCidr('10.244.0.0/22')!, 24).map(formatCidr)).toEqual([
      '10.244.0.0/24',
      '10.244.1.0/24',
      '10.244.2.0/24',
      '10.244.3.0/24',
    ])
    expect(splitCidr(parseCidr('10.0.0.0/24')!, 24).map(formatCidr)).toEqual(['10.0.0.0/24'])
    expect(splitCidr(parseCidr('10.0.0.0/24')!, 16)).toEqual([])
    expect(splitCidr(parseCidr('10.0.0.0/24')!, 33)).toEqual([])
    expect(splitCidr(parseCidr('0.0.0.0/0')!, 1).map(formatCidr)).toEqual(['0.0.0.0/1', '128.0.0.0/1'])
  })

  test('hosts', () => {
    expect(hostsOf(parseCidr('10.244.1.0/24')!)).toEqual({ count: 254, first: 0x0af40101, last: 0x0af401fe })
    expect(hostsOf(parseCidr('10.0.0.0/31')!)).toEqual({ count: 2, first: 0x0a000000, last: 0x0a000001 })
    expect(hostsOf(parseCidr('10.0.0.7/32')!)).toEqual({ count: 1, first: 0x0a000007, last: 0x0a000007 })
    expect(hostsOf(parseCidr('0.0.0.0/0')!).count).toBe(2 ** 32 - 2)
  })
})
