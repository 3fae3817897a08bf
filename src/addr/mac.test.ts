import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BROADCAST_MAC, formatMac, isGroupMac, parseMac } from './mac.js'

test('reads and prints', () => {
  expect(parseMac('02:00:0A:00:00:01')).toBe(0x02000a000001)
  expect(formatMac(0x02000a000001)).toBe('02:00:0a:00:00:01')
  expect(formatMac(BROADCAST_MAC)).toBe('ff:ff:ff:ff:ff:ff')
  expect(formatMac(0)).toBe('00:00:00:00:00:00')
})

test.each(['', '02:00:0a:00:00', '02-00-0a-00-00-01', '2:0:a:0:0:1', '02:00:0a:00:00:01:02', '02:00:0a:00:00:0g'])(
  'refuses %j',
  (text) => {
    expect(parseMac(text)).toBeUndefined()
  },
)

test('what is printed reads back', () => {
  fc.assert(fc.property(fc.maxSafeNat(), (n) => parseMac(formatMac(n % 2 ** 48)) === n % 2 ** 48))
})

test('the group bit', () => {
  expect(isGroupMac(BROADCAST_MAC)).toBe(true)
  expect(isGroupMac(0x01005e000001)).toBe(true)
  expect(isGroupMac(0x02000a000001)).toBe(false)
  expect(isGroupMac(0xfeffffffffff)).toBe(false)
})
