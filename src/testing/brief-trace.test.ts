import { expect, test } from 'vitest'
import { formatProbability } from './brief-trace.js'

test.each([
  [1, 'always'],
  [0.5, '1/2'],
  [2 / 3, '2/3'],
  [1 / 7 + 1e-10, '1/7'],
  [0, '0.000 %'],
  [Math.PI / 10, '31.42 %'],
])('%d reads %s', (probability, text) => {
  expect(formatProbability(probability)).toBe(text)
})
