import { describe, expect, it } from 'vitest'
import { canonicalJson, fnv1a32, nameSuffix, templateHash } from './hash.js'

describe('hash', () => {
  it('is FNV-1a (vectors of the reference implementation)', () => {
    expect([fnv1a32(''), fnv1a32('a'), fnv1a32('foobar')]).toEqual([0x811c9dc5, 0xe40c292c, 0xbf9cf968])
  })

  it('of a template does not depend on the order of keys', () => {
    expect(templateHash({ a: 1, b: { c: 2, d: 3 } })).toBe(templateHash({ b: { d: 3, c: 2 }, a: 1 }))
    expect(templateHash({ a: 1 })).not.toBe(templateHash({ a: 2 }))
    expect(templateHash({ a: 1 })).toMatch(/^[4-9bcdf]{10}$/)
    expect(canonicalJson({ b: [{ z: 1, y: 2 }], a: null })).toBe('{"a":null,"b":[{"y":2,"z":1}]}')
  })

  it('suffixes are five safe characters', () => {
    expect(nameSuffix(() => 0)).toBe('bbbbb')
    expect(nameSuffix((n) => n - 1)).toBe('99999')
  })
})
