import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cloneGraph, cloneLazily, LazyRef } from './clone.js'

class Counter {
  private count = 0
  readonly config: { readonly step: number }

  constructor(step: number) {
    this.config = Object.freeze({ step })
  }

  next(): number {
    this.count += this.config.step
    return this.count
  }
}

describe('what is copied', () => {
  test('class instances keep their prototype and part ways', () => {
    const original = new Counter(2)
    original.next()
    const copy = cloneGraph(original)
    copy.next()
    expect(copy).toBeInstanceOf(Counter)
    expect(copy.next()).toBe(6)
    expect(original.next()).toBe(4)
  })

  test('maps (keys too), sets and arrays', () => {
    const key = { k: 1 }
    const original = { map: new Map([[key, [1]]]), set: new Set([key]), list: [key, undefined, null] }
    const copy = cloneGraph(original)
    const copiedKey = copy.list[0]!
    expect(copy).toEqual(original)
    expect(copiedKey).not.toBe(key)
    expect(copy.map.has(copiedKey)).toBe(true)
    expect(copy.set.has(copiedKey)).toBe(true)
    copy.map.get(copiedKey)!.push(2)
    expect(original.map.get(key)).toEqual([1])
  })

  test('an object without a prototype', () => {
    const copy = cloneGraph(Object.assign(Object.create(null) as Record<string, number>, { a: 1 }))
    expect(Object.getPrototypeOf(copy)).toBeNull()
    expect(copy.a).toBe(1)
  })
})

describe('references', () => {
  test('cycles close on the copy', () => {
    interface Node {
      next: Node | null
      readonly peers: Set<Node>
      readonly names: Map<string, Node>
    }
    const a: Node = { next: null, peers: new Set(), names: new Map() }
    a.next = { next: a, peers: new Set([a]), names: new Map([['a', a]]) }
    const copy = cloneGraph(a)
    expect(copy).not.toBe(a)
    expect(copy.next!.next).toBe(copy)
    expect(copy.next!.peers.has(copy)).toBe(true)
    expect(copy.next!.names.get('a')).toBe(copy)
  })

  test('what is shared stays shared', () => {
    const shared = { n: 1 }
    const copy = cloneGraph([shared, shared])
    expect(copy[0]).toBe(copy[1])
    expect(copy[0]).not.toBe(shared)
  })

  test('frozen objects and functions stay those of the original', () => {
    const original = { config: Object.freeze({ a: [1] }), fn: () => 1 }
    const copy = cloneGraph(original)
    expect(copy.config).toBe(original.config)
    expect(copy.fn).toBe(original.fn)
  })
})

describe('bytes', () => {
  test('typed arrays are copied', () => {
    const original = { bytes: new Uint8Array([1, 2, 3]), words: new Uint32Array([7]), real: new Float64Array([0.5]) }
    const copy = cloneGraph(original)
    copy.bytes[0] = 9
    copy.words[0] = 9
    expect(original.bytes[0]).toBe(1)
    expect(original.words[0]).toBe(7)
    expect(copy.real).toEqual(new Float64Array([0.5]))
  })

  test('a view of a part keeps its offset and length, and its siblings', () => {
    const buffer = new ArrayBuffer(16)
    const original = { bytes: new Uint8Array(buffer, 4, 8), view: new DataView(buffer, 4, 8) }
    const copy = cloneGraph(original)
    copy.view.setUint16(0, 0xabcd)
    expect([copy.bytes.byteOffset, copy.bytes.length, copy.view.byteLength]).toEqual([4, 8, 8])
    expect(copy.bytes[0]).toBe(0xab)
    expect(original.bytes[0]).toBe(0)
  })
})

test('property: a copy equals its original and shares nothing that can change', () => {
  const anything = fc.anything({ withMap: true, withSet: true, withTypedArray: true, withNullPrototype: true })
  fc.assert(
    fc.property(anything, (value) => {
      const copy = cloneGraph(value)
      expect(copy).toStrictEqual(value)
      if (typeof value === 'object' && value !== null) expect(copy).not.toBe(value)
    }),
  )
})

describe('lazy references', () => {
  class Island {
    visits = 0
    readonly sea: { readonly bridge: LazyRef<Island> }

    constructor(sea: Island['sea']) {
      this.sea = sea
    }
  }

  function makeSea(): { bridge: LazyRef<Island> } {
    const sea = {} as { bridge: LazyRef<Island> }
    sea.bridge = new LazyRef(new Island(sea))
    return sea
  }

  test.each([
    ['cloneGraph', cloneGraph],
    ['cloneLazily', cloneLazily],
  ])('%s: what is behind one parts ways and keeps its ties to the copy', (_, clone) => {
    const original = makeSea()
    const copy = clone(original)
    const island = copy.bridge.get()
    island.visits++
    expect(island).toBeInstanceOf(Island)
    expect(island.sea).toBe(copy)
    expect(copy.bridge.get()).toBe(island)
    expect(original.bridge.get().visits).toBe(0)
  })

  test('a lazy copy takes what is behind one when it is first asked for, a full copy at once', () => {
    const original = makeSea()
    const lazy = cloneLazily(original)
    const full = cloneGraph(original)
    original.bridge.get().visits = 7
    expect(full.bridge.get().visits).toBe(0)
    expect(lazy.bridge.get().visits).toBe(7)
  })

  test('copies of lazy copies are copies of what the first copy has', () => {
    const original = makeSea()
    const first = cloneLazily(original)
    const untouched = cloneGraph(first)
    first.bridge.get().visits = 3
    const second = cloneLazily(first)
    expect(untouched.bridge.get().visits).toBe(0)
    expect(second.bridge.get().visits).toBe(3)
    expect(original.bridge.get().visits).toBe(0)
  })
})
