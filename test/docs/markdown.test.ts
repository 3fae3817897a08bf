import { expect, test } from 'vitest'
import { blocksOf, entriesOf, shorten } from './markdown.js'

const FILE = ['# a', '```console', '$ kubehop x', 'one', 'two', '$ kubehop y', '```', '', '```ts', 'code()', '```']

test('finds fenced blocks with their language and place', () => {
  expect(blocksOf(FILE)).toEqual([
    { language: 'console', start: 2, lines: FILE.slice(2, 6) },
    { language: 'ts', start: 9, lines: ['code()'] },
  ])
})

test('a console block is commands with their output', () => {
  expect(entriesOf(blocksOf(FILE)[0]!)).toEqual([
    { command: 'kubehop x', output: ['one', 'two'] },
    { command: 'kubehop y', output: [] },
  ])
})

test('an ellipsis keeps as many lines as there were', () => {
  expect(shorten(['a', 'b', 'c'], ['x', '…'])).toEqual(['a', '…'])
  expect(shorten(['a', 'b', 'c'], ['x'])).toEqual(['a', 'b', 'c'])
})
