import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const src = join(root, 'src')
const allowed = JSON.parse(readFileSync(join(root, 'layers.json'), 'utf8')) as Record<string, string[]>

const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.split(sep).join('/'))
const folders = [...new Set(files.filter((file) => file.includes('/')).map(folderOf))]

/** First folder of a path below `src`; empty for a file of `src` itself. */
function folderOf(file: string): string {
  return file.includes('/') ? file.slice(0, file.indexOf('/')) : ''
}

/** Every module a source text names, types included: `import`, `export … from`, `import()`, `import type`. */
function importsOf(text: string): string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map((imported) => imported.fileName)
}

/** What is wrong with importing `specifier` in `file` (a path below `src`); undefined when nothing is. */
function objection(file: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  const target = relative(src, resolve(src, dirname(file), specifier))
    .split(sep)
    .join('/')
  const from = folderOf(file)
  const to = folderOf(target)
  if (from === '' || from === to) return undefined
  const isHelper = file.endsWith('.test.ts') && target.startsWith('../test/helpers/')
  if (isHelper) return undefined
  if (target.startsWith('..')) return `${file} imports ${specifier}, outside src`
  const list = allowed[from] ?? []
  if (!list.includes(to)) {
    const may = list.length === 0 ? 'nothing' : list.join(', ')
    return `${file} imports ${specifier}: '${from}' may import ${may} (layers.json)`
  }
  if (target !== `${to}/index.js`) return `${file} imports ${specifier}: only through the door, ${to}/index.js`
  return undefined
}

describe('layers.json', () => {
  test('src has folders to check', () => {
    expect(folders).toContain('base')
  })

  test.each(folders)('src/%s imports only from lower floors, through their doors', (folder) => {
    const objections = files
      .filter((file) => folderOf(file) === folder)
      .flatMap((file) => importsOf(readFileSync(join(src, file), 'utf8')).map((s) => objection(file, s)))
      .filter((text) => text !== undefined)
    expect(objections).toEqual([])
  })

  test.each(folders)('src/%s is listed, has a README.md and a door', (folder) => {
    const door = folder === 'cli' ? 'main.ts' : 'index.ts'
    const missing = ['README.md', door].filter((file) => !existsSync(join(src, folder, file)))
    expect(Object.keys(allowed), `add '${folder}' to layers.json`).toContain(folder)
    expect(missing, `src/${folder} lacks`).toEqual([])
  })

  test('the graph has no cycle', () => {
    const below = new Map(Object.entries(allowed))
    const done = new Set<string>()
    for (let before = -1; before !== done.size;) {
      before = done.size
      for (const [folder, list] of below) if (list.every((name) => done.has(name))) done.add(folder)
    }
    expect([...below.keys()].filter((folder) => !done.has(folder))).toEqual([])
  })
})

describe('the check itself', () => {
  test('names a forbidden floor with the allowed list', () => {
    expect(objection('addr/ipv4.ts', '../wire/index.js')).toBe(
      "addr/ipv4.ts imports ../wire/index.js: 'addr' may import base (layers.json)",
    )
  })

  test('names an import behind the door', () => {
    expect(objection('addr/pool/cidr.ts', '../../base/errors.js')).toMatch(/only through the door, base\/index.js$/)
  })

  test('counts type imports, re-exports and import types', () => {
    const text = "import type { A } from './a.js'\nexport * from './b.js'\ntype C = import('./c.js').C\n"
    expect(importsOf(text)).toEqual(['./a.js', './b.js', './c.js'])
  })

  test('lets unit tests, and only them, use the test helpers', () => {
    expect(objection('netns/fib.test.ts', '../../test/helpers/small-net.js')).toBeUndefined()
    expect(objection('netns/fib.ts', '../../test/helpers/small-net.js')).toMatch(/outside src$/)
  })

  test('lets a folder import its own files', () => {
    expect(objection('netfilter/conntrack/table.ts', '../hooks.js')).toBeUndefined()
  })
})
