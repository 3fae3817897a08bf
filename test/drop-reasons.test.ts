import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import { DROP_REASONS } from '../src/trace/index.js'

const root = join(import.meta.dirname, '..')

/** Texts of the TypeScript files below `folders`, by path. */
function sources(...folders: readonly string[]): [path: string, text: string][] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry): [string, string] => {
        const path = join(entry.parentPath, entry.name)
        return [relative(root, path), readFileSync(path, 'utf8')]
      }),
  )
}

const files = sources('src', 'test').filter(([path]) => !path.endsWith('drop-reasons.test.ts'))
const isTest = (path: string): boolean => path.endsWith('.test.ts') || path.startsWith('test/')
/** What drops packets; `trace` only sorts and prints the reasons. */
const code = files.filter(([path]) => !isTest(path) && !path.startsWith('src/trace/')).map(([, text]) => text)
const tests = files.filter(([path]) => isTest(path)).map(([, text]) => text)

describe.each(Object.keys(DROP_REASONS))('%s', (reason) => {
  const isNamed = (text: string): boolean => text.includes(`'${reason}'`)

  test('is a reason that some code gives', () => {
    expect(code.some(isNamed)).toBe(true)
  })

  test('is expected by some test', () => {
    expect(tests.some(isNamed)).toBe(true)
  })
})
