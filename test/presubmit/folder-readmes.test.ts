import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const folders = readdirSync('src', { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
)

/** Files that a README names, `walk*.ts` for several, and sub-folders with a slash behind. */
function namedIn(markdown: string): string[] {
  return [...markdown.matchAll(/`([\w*./-]+(?:\.ts|(?<=^\| `\w+)\/))`/gm)].map((match) => match[1]!)
}

/** The names that stand for nothing in a folder's list of paths. */
function missing(names: readonly string[], paths: readonly string[]): string[] {
  return names.filter((name) => {
    const pattern = new RegExp(`^${name.replaceAll('.', String.raw`\.`).replaceAll('*', '[^/]*')}`)
    return !paths.some((path) => pattern.test(name.endsWith('/') ? `${path}/` : path))
  })
}

describe('README files of the folders of src', () => {
  test.each(folders)('src/%s: names only files that are there', (folder) => {
    const paths = readdirSync(join('src', folder), { recursive: true, encoding: 'utf8' })
    const names = namedIn(readFileSync(join('src', folder, 'README.md'), 'utf8'))
    expect(missing(names, paths)).toEqual([])
  })
})

test('the check itself', () => {
  const names = namedIn('| `a.ts`, `walk*.ts` | x |\n| `sub/` | y |\nand `gone.ts`, `/proc/sys`\n')
  expect(names).toEqual(['a.ts', 'walk*.ts', 'sub/', 'gone.ts'])
  expect(missing(names, ['a.ts', 'walk-log.ts', 'sub', 'sub/b.ts'])).toEqual(['gone.ts'])
})
