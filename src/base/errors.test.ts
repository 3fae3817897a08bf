import { describe, expect, test } from 'vitest'
import { assertNever, InvalidInputError, invariant, printIssue } from './errors.js'

describe('printIssue', () => {
  test('position, path, message, fix', () => {
    const position = { file: 'app.yaml', line: 3, column: 9 }
    expect(
      printIssue({ path: 'spec.ports[0].port', message: '70000 is not a port', fix: 'use 1 to 65535', position }),
    ).toBe('app.yaml:3:9: spec.ports[0].port: 70000 is not a port; use 1 to 65535')
  })

  test('leaves out what is not known', () => {
    expect(printIssue({ path: '', message: 'not YAML' })).toBe('not YAML')
    expect(printIssue({ path: 'kind', message: 'missing' })).toBe('kind: missing')
  })
})

test('InvalidInputError carries every issue, one a line', () => {
  const issues = [
    { path: 'a', message: 'is wrong' },
    { path: 'b', message: 'is wrong too', fix: 'remove it' },
  ]
  const error = new InvalidInputError(issues)
  expect(error).toBeInstanceOf(Error)
  expect(error.code).toBe('ERR_INVALID_INPUT')
  expect(error.name).toBe('InvalidInputError')
  expect(error.issues).toBe(issues)
  expect(error.message).toBe('a: is wrong\nb: is wrong too; remove it')
})

test('invariant throws only when its condition fails', () => {
  expect(() => invariant(true, 'fine')).not.toThrow()
  expect(() => invariant(undefined, 'the table is sorted')).toThrow('kubehop bug: the table is sorted')
})

test('assertNever names the value', () => {
  expect(() => assertNever('SURPRISE' as never)).toThrow('kubehop bug: unexpected "SURPRISE"')
})
