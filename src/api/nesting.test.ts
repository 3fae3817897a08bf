import { describe, expect, it } from 'vitest'
import { parseManifests } from './index.js'
import { MAX_NESTING, tooDeepAt } from './nesting.js'

describe('nesting', () => {
  const many = MAX_NESTING + 1
  it.each([
    ['flow', `a: ${'['.repeat(many)}${']'.repeat(many)}`],
    ['unclosed', `a: ${'['.repeat(100_000)}`],
    ['mappings in flow', `${'{a: '.repeat(many)}b${'}'.repeat(many)}`],
    ['lists on one line', `${'- '.repeat(many + 1)}a`],
    ['blocks', Array.from({ length: many + 1 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
  ])('finds what is too deep: %s', (_name, text) => {
    expect(tooDeepAt(text)).toBeGreaterThan(0)
    expect(() => parseManifests([{ file: 'f', text }])).toThrow(/^f:\d+:\d+: is nested more than 100 deep$/)
  })

  it.each([
    ['flow', `a: ${'['.repeat(many - 2)}${']'.repeat(many - 2)}`],
    ['brackets in strings', `a: "${'['.repeat(many)}"\nb: |\n  ${'\\e[0m {'.repeat(many)}`],
    ['long indentation of a text', `a: |\n  x\n  ${' '.repeat(many)}x`],
  ])('leaves alone what is not: %s', (_name, text) => {
    expect(tooDeepAt(text)).toBeUndefined()
  })
})
