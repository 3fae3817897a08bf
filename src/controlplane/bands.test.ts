import { describe, expect, it } from 'vitest'
import { Rng } from '../base/index.js'
import { drawFromBands } from './bands.js'
import { bandOffset } from './cluster-ips.js'
import { nodePortBandOffset } from './node-ports.js'

describe('band offsets', () => {
  it('of cluster IPs: a sixteenth, 16 to 256, none in a tiny network', () => {
    expect([2 ** 20, 2 ** 10, 2 ** 6, 16].map(bandOffset)).toEqual([256, 64, 16, 0])
  })

  it('of node ports: 86 of 30000-32767', () => {
    expect([2768, 100, 16].map(nodePortBandOffset)).toEqual([86, 16, 0])
  })
})

describe('drawFromBands', () => {
  it('fills the upper band first, upward from a random point and round, then the lower', () => {
    const taken = new Set<number>()
    const drawn: number[] = []
    for (;;) {
      const n = drawFromBands(1, 10, 4, new Rng(7), (candidate) => taken.has(candidate))
      if (n === undefined) break
      taken.add(n)
      drawn.push(n)
    }
    expect(drawn.slice(0, 6).every((n) => n >= 5)).toBe(true)
    expect([...drawn].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(drawn[1]).toBe(drawn[0] === 10 ? 5 : drawn[0]! + 1)
  })
})
