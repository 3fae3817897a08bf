import benny from 'benny'
import { type Choices, enumerate, SampledChoices } from '../../src/base/index.js'

const ENDPOINTS = 100

/** The rules of a service with `ENDPOINTS` endpoints: each taken with probability 1 / (what remains). */
const rules = Array.from({ length: ENDPOINTS - 1 }, (_, i) => {
  const p = 1 / (ENDPOINTS - i)
  return { label: `rule ${i + 1}`, weights: [p, 1 - p] }
})

function pickEndpoint(choices: Choices): number {
  for (let i = 0; i < rules.length; i++) {
    const rule = rules[i]!
    if (choices.choose(rule.label, rule.weights) === 0) return i
  }
  return rules.length
}

export default function choices(): Promise<unknown> {
  return benny.suite(
    `choice of one of ${ENDPOINTS} endpoints`,
    benny.add('sampled', () => {
      let seed = 0
      return () => {
        if (pickEndpoint(new SampledChoices(seed++)) >= ENDPOINTS) throw new Error('no such endpoint')
      }
    }),
    benny.add('every outcome', () => {
      if (enumerate(pickEndpoint, 1).length !== ENDPOINTS) throw new Error('an endpoint is missing')
    }),
    benny.cycle(),
    benny.complete(),
  )
}
