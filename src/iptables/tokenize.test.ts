import { expect, test } from 'vitest'
import { quote, tokenize } from './tokenize.js'

const words = (line: string): string[] => tokenize(line).map((token) => token.text)

test('blanks separate, quotes hold together, a closing quote ends the argument', () => {
  expect(words('-A  INPUT\t-j "a b" "x"y ""')).toEqual(['-A', 'INPUT', '-j', 'a b', 'x', 'y', ''])
})

test('a backslash counts inside quotes only; an apostrophe never', () => {
  expect(words(String.raw`"say \"hi\" \\" x\y 'a b'`)).toEqual(['say "hi" \\', 'x\\y', "'a", "b'"])
})

test('tokens know their column', () => {
  expect(tokenize('[1:2] -A  X', 5)).toEqual([
    { text: '-A', column: 7 },
    { text: 'X', column: 11 },
  ])
})

test('what is quoted reads back', () => {
  for (const text of ['plain-1_x', 'a:b', "it's", 'say "hi"', 'back\\slash', '', ' ']) {
    expect(words(quote(text))).toEqual([text])
  }
  expect([quote('plain-1_x'), quote('a:b'), quote("it's")]).toEqual(['plain-1_x', '"a:b"', '"it\\\'s"'])
})
