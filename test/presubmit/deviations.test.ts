import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

/** A line of the list of deviations: what it says, and the test that pins it. */
interface Deviation {
  readonly text: string
  readonly file: string
  readonly name: string
}

/** The list's lines; a line without a test has an empty file. */
function deviationsOf(markdown: string): Deviation[] {
  const bullets = markdown.split(/\n(?=- |\n)/).filter((part) => part.startsWith('- '))
  return bullets.map((bullet) => {
    const pin = /\n {2}`([^`]+\.test\.ts)`: (.+)\s*$/.exec(bullet)
    return { text: bullet.slice(2).split('\n')[0]!, file: pin?.[1] ?? '', name: pin?.[2] ?? '' }
  })
}

/** What is wrong with a line; undefined when nothing is. */
function objection({ text, file, name }: Deviation): string | undefined {
  if (file === '') return `no test: ${text}`
  if (!existsSync(file)) return `no such file as ${file}: ${text}`
  if (!readFileSync(file, 'utf8').includes(name)) return `${file} has no test "${name}": ${text}`
  return undefined
}

/** Names of the tests in a source text. */
function testNames(source: string): string[] {
  return [...source.matchAll(/^ *test(?:\.each\([^]*?\n *\]\))?\('([^']+)'/gm)].map((match) => match[1]!)
}

describe('docs/deviations.md', () => {
  const deviations = deviationsOf(readFileSync('docs/deviations.md', 'utf8'))

  test('names an existing test on every line', () => {
    expect(deviations.length).toBeGreaterThan(25)
    expect(deviations.map(objection).filter((text) => text !== undefined)).toEqual([])
  })

  test('has a line for every test of test/deviations.test.ts', () => {
    const names = testNames(readFileSync('test/deviations.test.ts', 'utf8'))
    const pinned = deviations.filter(({ file }) => file === 'test/deviations.test.ts').map(({ name }) => name)
    expect(names.length).toBeGreaterThan(25)
    expect(names.filter((name) => !pinned.some((text) => name.includes(text)))).toEqual([])
  })
})

describe('the check itself', () => {
  test('reads lines of several rows, each with its test', () => {
    const text =
      '# a\n\n- One\n  more.\n  `test/presubmit/deviations.test.ts`: the check itself\n- Two.\n\n- Three.\n  `x.test.ts`: y\n'
    const found = deviationsOf(text)
    expect(found.map(({ file, name }) => [file, name])).toEqual([
      ['test/presubmit/deviations.test.ts', 'the check itself'],
      ['', ''],
      ['x.test.ts', 'y'],
    ])
    expect(found.map(objection)).toEqual([undefined, 'no test: Two.', 'no such file as x.test.ts: Three.'])
  })

  test('reads names of tests, with or without a table', () => {
    expect(testNames("test('a', () => {})\n  test.each([\n    [1],\n  ])('b %s', () => {})\n")).toEqual(['a', 'b %s'])
  })
})
