import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cloneGraph } from './clone.js'
import { Rng } from './rng.js'

function draw(rng: Rng, n: number): number[] {
  return Array.from({ length: n }, () => rng.uint32())
}

test('equal seeds give equal numbers, different seeds different ones', () => {
  expect(draw(new Rng(42), 20)).toEqual(draw(new Rng(42), 20))
  expect(draw(new Rng(42), 20)).not.toEqual(draw(new Rng(43), 20))
})

test('the high bits of a seed count', () => {
  expect(draw(new Rng(1), 5)).not.toEqual(draw(new Rng(1 + 2 ** 32), 5))
})

test('the numbers of a seed are pinned: recorded traces depend on them', () => {
  expect(draw(new Rng(1), 4)).toEqual([573063952, 3268221502, 703077755, 2308299391])
})

test('a copy goes on where the original is', () => {
  const rng = new Rng(7)
  draw(rng, 3)
  const copy = cloneGraph(rng)
  expect(draw(copy, 5)).toEqual(draw(rng, 5))
})

test('property: uint32 is an unsigned 32-bit integer, below(n) is 0 … n−1', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.integer({ min: 1, max: 2 ** 32 }), (seed, n) => {
      const rng = new Rng(seed)
      const word = rng.uint32()
      const index = rng.below(n)
      expect(word).toBe(word >>> 0)
      expect(Number.isInteger(index) && index >= 0 && index < n).toBe(true)
    }),
  )
})

test('below is uniform: chi-square of 10 buckets stays under the 0.1% point', () => {
  const rng = new Rng(2024)
  const counts = new Array<number>(10).fill(0)
  for (let i = 0; i < 100_000; i++) counts[rng.below(10)]!++
  const chiSquare = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)
  expect(chiSquare).toBeLessThan(27.88)
})
