import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { viewOf } from './bytes.js'
import {
  crc32c,
  internet,
  isValidIpv4Header,
  isValidSctp,
  pseudoHeaderSum,
  sum,
  update16,
  update32,
} from './checksum.js'

describe('Internet checksum', () => {
  test('the example of RFC 1071 section 3', () => {
    const bytes = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7)
    expect(sum(bytes, 0, 8)).toBe(0xddf2)
    expect(internet(bytes, 0, 8)).toBe(0x220d)
  })

  test('an odd last byte is the high half of a word', () => {
    expect(sum(Uint8Array.of(0x12, 0x34, 0x56), 0, 3)).toBe(0x1234 + 0x5600)
    expect(sum(Uint8Array.of(0xff, 0x12, 0x34, 0x56), 1, 4)).toBe(0x1234 + 0x5600)
  })

  test('the empty range', () => {
    expect(internet(new Uint8Array(4), 2, 2)).toBe(0xffff)
  })

  test('carries fold for the largest packet', () => {
    expect(sum(new Uint8Array(65536).fill(0xff), 0, 65536)).toBe(0xffff)
  })

  test('the pseudo header sums its bytes', () => {
    fc.assert(
      fc.property(
        fc.nat(0xffff_ffff),
        fc.nat(0xffff_ffff),
        fc.nat(255),
        fc.nat(0xffff),
        (src, dst, protocol, length) => {
          const bytes = new Uint8Array(12)
          const view = viewOf(bytes)
          view.setUint32(0, src)
          view.setUint32(4, dst)
          view.setUint8(9, protocol)
          view.setUint16(10, length)
          return pseudoHeaderSum(src, dst, protocol, length) === sum(bytes, 0, 12)
        },
      ),
    )
  })

  test('updating is the same as computing anew', () => {
    const even = fc.uint8Array({ minLength: 8, maxLength: 60 }).filter((b) => b.length % 4 === 0)
    fc.assert(
      fc.property(even, fc.nat(0xffff), fc.nat(0xffff_ffff), fc.nat(14), (given, word, long, index) => {
        const bytes = Uint8Array.from(given)
        const view = viewOf(bytes)
        view.setUint16(0, 0x4500)
        const before = internet(bytes, 0, bytes.length)
        const oldWord = view.getUint16(2)
        view.setUint16(2, word)
        const updated = update16(before, oldWord, word)
        expect(updated).toBe(internet(bytes, 0, bytes.length))
        const at = 4 + ((index * 4) % (bytes.length - 4))
        const oldLong = view.getUint32(at)
        view.setUint32(at, long)
        expect(update32(updated, oldLong, long)).toBe(internet(bytes, 0, bytes.length))
      }),
    )
  })

  test('the case of RFC 1624 section 4 that its predecessor got wrong', () => {
    expect(update16(0xdd2f, 0x5555, 0x3285)).toBe(0x0000)
  })

  test('one flipped bit is seen', () => {
    const header = Uint8Array.from(Buffer.from('4500003c69ec40004006bccd0a0000010a000002', 'hex'))
    expect(isValidIpv4Header(header, 0, 20)).toBe(true)
    for (let bit = 0; bit < 160; bit++) {
      const wrong = Uint8Array.from(header)
      wrong[bit >> 3]! ^= 1 << (bit & 7)
      expect(isValidIpv4Header(wrong, 0, 20)).toBe(false)
    }
  })
})

describe('CRC32c', () => {
  test.each([
    ['32 zeros', new Uint8Array(32), 0x8a9136aa],
    ['32 ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ['ascending', Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    ['123456789', Uint8Array.from(Buffer.from('123456789')), 0xe3069283],
  ])('%s (RFC 3720 appendix B.4 and the usual check value)', (_, bytes, expected) => {
    expect(crc32c(bytes, 0, bytes.length)).toBe(expected)
  })

  test('four bytes may be taken as zeros', () => {
    const bytes = new Uint8Array(32)
    bytes.fill(0xa5, 8, 12)
    expect(crc32c(bytes, 0, 32, 8)).toBe(0x8a9136aa)
  })

  test('too short for SCTP', () => {
    expect(isValidSctp(new Uint8Array(11), 0, 11)).toBe(false)
  })
})
