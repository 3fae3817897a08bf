import { describe, expect, test } from 'vitest'
import { duration, wholeNumber } from './flag-values.js'
import { wantsColor } from './io.js'
import { Issues } from './issues.js'

describe('wholeNumber', () => {
  test('reads numbers in their range', () => {
    const issues = new Issues()
    expect(wholeNumber('80', '--dport', 1, 65535, issues)).toBe(80)
    expect(wholeNumber(undefined, '--dport', 1, 65535, issues)).toBeUndefined()
    issues.throwIfAny()
  })

  test.each(['0', '65536', '-1', '1.5', '0x50', 'http', ''])('refuses %j', (text) => {
    const issues = new Issues()
    expect(wholeNumber(text, '--dport', 1, 65535, issues)).toBeUndefined()
    expect(() => issues.throwIfAny()).toThrow(`--dport: "${text}" is not a whole number from 1 to 65535`)
  })
})

describe('duration', () => {
  test.each([
    ['5', 5000],
    ['5s', 5000],
    ['500ms', 500],
    ['1.5s', 1500],
    ['2m', 120_000],
  ])('%s', (text, expected) => {
    expect(duration(text, '--timeout', new Issues())).toBe(expected)
  })

  test.each(['0', '-1s', '5h', 'soon'])('refuses %j', (text) => {
    const issues = new Issues()
    expect(duration(text, '--timeout', issues)).toBeUndefined()
    expect(() => issues.throwIfAny()).toThrow('is not a duration')
  })
})

describe('wantsColor', () => {
  test.each([
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ FORCE_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '0' }, true, false],
    [{ TERM: 'dumb' }, true, false],
  ])('%j on a terminal: %s', (env, isTty, expected) => {
    expect(wantsColor(env, isTty)).toBe(expected)
  })
})
