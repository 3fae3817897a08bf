import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Choices, enumerate, SampledChoices } from './choices.js'

/** A tree of decisions: weights of the alternatives, and what follows each. A leaf is a number, its value. */
type Plan = number | { readonly weights: readonly number[]; readonly next: readonly Plan[] }

function follow(plan: Plan, choices: Choices): number {
  let at = plan
  while (typeof at !== 'number') at = at.next[choices.choose('step', at.weights)]!
  return at
}

/** What kube-proxy writes for n endpoints: rule i is taken with probability 1/(n−i), the last one always. */
function pickEndpoint(n: number, choices: Choices): number {
  for (let i = 0; i < n - 1; i++) {
    const p = 1 / (n - i)
    if (choices.choose(`rule ${i}`, [p, 1 - p]) === 0) return i
  }
  return n - 1
}

const weights = fc
  .array(fc.nat(5), { minLength: 1, maxLength: 4 })
  .filter((parts) => parts.some((part) => part > 0))
  .map((parts) => {
    const sum = parts.reduce((a, b) => a + b, 0)
    return parts.map((part) => part / sum)
  })

const plans = fc.letrec<{ plan: Plan; decision: Plan }>((tie) => ({
  plan: fc.oneof({ maxDepth: 3 }, fc.nat(3), tie('decision')),
  decision: weights.chain((w) => {
    const next = fc.array(tie('plan'), { minLength: w.length, maxLength: w.length })
    return next.map((after): Plan => ({ weights: w, next: after }))
  }),
})).decision

function distribution(outcomes: readonly { probability: number; value: number }[]): Map<number, number> {
  const sums = new Map<number, number>()
  for (const { probability, value } of outcomes) sums.set(value, (sums.get(value) ?? 0) + probability)
  return sums
}

describe('enumerate', () => {
  test('without a decision there is one certain outcome', () => {
    expect(enumerate(() => 'x', 1)).toEqual([{ probability: 1, choices: [], value: 'x' }])
  })

  test('lists every path once, in order, with its exact probability and decisions', () => {
    const outcomes = enumerate((c) => `${c.choose('a', [0.25, 0.75])}${c.choose('b', [0.5, 0.5])}`, 1)
    expect(outcomes.map((o) => [o.value, o.probability])).toEqual([
      ['00', 0.125],
      ['01', 0.125],
      ['10', 0.375],
      ['11', 0.375],
    ])
    expect(outcomes[2]!.choices).toEqual([
      { label: 'a', index: 1, probability: 0.75 },
      { label: 'b', index: 0, probability: 0.5 },
    ])
  })

  test('skips what cannot happen', () => {
    const outcomes = enumerate((c) => c.choose('a', [0, 0.5, 0, 0.5, 0]), 1)
    expect(outcomes.map((o) => o.value)).toEqual([1, 3])
  })

  test('gives each of n endpoints 1/n', () => {
    for (const n of [1, 2, 3, 10]) {
      const outcomes = enumerate((c) => pickEndpoint(n, c), 1)
      expect(outcomes.map((o) => o.value)).toEqual(Array.from({ length: n }, (_, i) => i))
      for (const outcome of outcomes) expect(outcome.probability).toBeCloseTo(1 / n, 12)
    }
  })

  test('draws the same samples on every path', () => {
    const samples = enumerate((c) => {
      c.choose('a', [0.5, 0.5])
      return c.sample(1000)
    }, 9).map((o) => o.value)
    expect(samples[0]).toBe(samples[1])
  })

  test('refuses more outcomes than the limit', () => {
    const run = (c: Choices): number => c.choose('a', [0.25, 0.25, 0.25, 0.25])
    expect(enumerate(run, 1, 4)).toHaveLength(4)
    expect(() => enumerate(run, 1, 3)).toThrow('there are more than 3 outcomes; follow one instead (sample)')
  })

  test('property: probabilities are positive, sum to 1, and no path comes twice', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const outcomes = enumerate((c) => follow(plan, c), 1)
        const paths = outcomes.map((o) => o.choices.map((c) => c.index).join())
        expect(outcomes.reduce((sum, o) => sum + o.probability, 0)).toBeCloseTo(1, 9)
        expect(outcomes.every((o) => o.probability > 0)).toBe(true)
        expect(new Set(paths).size).toBe(paths.length)
      }),
    )
  })
})

describe('SampledChoices', () => {
  test('the same seed takes the same path', () => {
    const path = (seed: number): number => pickEndpoint(50, new SampledChoices(seed))
    expect(path(5)).toBe(path(5))
    expect(new Set(Array.from({ length: 40 }, (_, seed) => path(seed))).size).toBeGreaterThan(10)
  })

  test('notes what it took', () => {
    const choices = new SampledChoices(1)
    choices.choose('only', [1])
    expect(choices.taken).toEqual([{ label: 'only', index: 0, probability: 1 }])
  })

  test('never takes what cannot happen, even where rounding leaves a gap', () => {
    for (let seed = 0; seed < 200; seed++) {
      expect(new SampledChoices(seed).choose('gap', [0, 1e-9, 0])).toBe(1)
    }
  })

  test('property: takes only paths that enumerate lists, each as often as its probability says', () => {
    const runs = 2000
    fc.assert(
      fc.property(plans, (plan) => {
        const exact = distribution(enumerate((c) => follow(plan, c), 1))
        const seen = new Map<number, number>()
        const choices = new SampledChoices(1)
        for (let i = 0; i < runs; i++) {
          const value = follow(plan, choices)
          seen.set(value, (seen.get(value) ?? 0) + 1)
        }
        for (const value of seen.keys()) expect(exact.has(value)).toBe(true)
        for (const [value, p] of exact) {
          const fiveSigma = 5 * Math.sqrt(runs * p * (1 - p)) + 1
          expect(Math.abs((seen.get(value) ?? 0) - runs * p)).toBeLessThanOrEqual(fiveSigma)
        }
      }),
      { numRuns: 50, seed: 20 },
    )
  })
})
