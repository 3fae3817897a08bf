import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { familyOf, isIpv6Text } from './family.js'
import { formatIpv4, isLimitedBroadcast, isLoopback, isMulticast, isZeronet, parseIpv4 } from './ipv4.js'

describe('IPv4 text', () => {
  test('reads dotted decimal', () => {
    expect(parseIpv4('10.0.0.1')).toBe(0x0a000001)
    expect(parseIpv4('255.255.255.255')).toBe(0xffffffff)
    expect(parseIpv4('0.0.0.0')).toBe(0)
  })

  test.each([
    '',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.',
    '.1.2.3',
    '1..2.3',
    '01.2.3.4',
    '1.2.3.00',
    '0x1.2.3.4',
    '1.2.3.256',
    '1.2.3.-1',
    ' 1.2.3.4',
    '1.2.3.4 ',
    '1.2.3.4/24',
    '0300.0250.0.1',
    '3232235521',
    '1.2.3.4\n',
    '١.2.3.4',
    '1.2.3.1e1',
  ])('refuses %j', (text) => {
    expect(parseIpv4(text)).toBeUndefined()
  })

  test('what is printed reads back', () => {
    fc.assert(fc.property(fc.nat(0xffff_ffff), (address) => parseIpv4(formatIpv4(address)) === address))
  })

  test('what reads, prints the same', () => {
    const octet = fc.oneof(fc.nat(300).map(String), fc.constantFrom('00', '08', '', '0x1'))
    fc.assert(
      fc.property(fc.array(octet, { minLength: 3, maxLength: 5 }), (octets) => {
        const text = octets.join('.')
        const parsed = parseIpv4(text)
        return parsed === undefined || formatIpv4(parsed) === text
      }),
    )
  })
})

describe('kinds of address', () => {
  const kinds = (text: string): boolean[] => {
    const a = parseIpv4(text)!
    return [isMulticast(a), isLoopback(a), isLimitedBroadcast(a), isZeronet(a)]
  }

  test.each([
    ['224.0.0.1', [true, false, false, false]],
    ['239.255.255.255', [true, false, false, false]],
    ['240.0.0.1', [false, false, false, false]],
    ['127.0.0.1', [false, true, false, false]],
    ['128.0.0.1', [false, false, false, false]],
    ['255.255.255.255', [false, false, true, false]],
    ['255.255.255.254', [false, false, false, false]],
    ['0.0.0.0', [false, false, false, true]],
    ['0.1.2.3', [false, false, false, false]],
  ])('%s', (text, expected) => {
    expect(kinds(text)).toEqual(expected)
  })
})

describe('families', () => {
  test.each(['::', '::1', 'fd00::10', '2001:db8:0:0:0:0:0:1', '::ffff:10.0.0.1'])('%s is IPv6', (text) => {
    expect(isIpv6Text(text)).toBe(true)
    expect(familyOf(text)).toBe('inet6')
  })

  test.each(['', 'fe80::1%eth0', '[::1]', ':::', '12345::', '1:2:3', '::ffff:010.0.0.1', 'fd00::/8', 'web'])(
    '%j is neither',
    (text) => {
      expect(isIpv6Text(text)).toBe(false)
      expect(familyOf(text)).toBeUndefined()
    },
  )

  test('10.0.0.1 is IPv4', () => {
    expect(familyOf('10.0.0.1')).toBe('inet')
    expect(isIpv6Text('10.0.0.1')).toBe(false)
  })
})
