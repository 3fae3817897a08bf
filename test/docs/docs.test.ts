import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { runCli } from '../helpers/run-cli.js'
import { type Block, blocksOf, entriesOf, shorten } from './markdown.js'

/**
 * Runs what the documentation shows. `console` blocks hold `$ kubehop …` commands with their output; `ts` blocks are
 * modules, and a `text` block behind one holds what it logs. UPDATE_DOCS=1 rewrites the outputs.
 */
const UPDATE = (process.env['UPDATE_DOCS'] ?? '') !== ''
const SCRATCH = join(process.cwd(), '.cache', 'docs-blocks')
const FILES = ['.', 'docs', 'examples'].flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name === 'README.md' || (folder === 'docs' && name.endsWith('.md')))
    .map((name) => join(folder, name)),
)

afterAll(() => rmSync(SCRATCH, { recursive: true, force: true }))

function linesOf(text: string): string[] {
  return text.replace(/\n$/, '').split('\n')
}

/** Puts new lines in place of a block's; blocks are rewritten from the last to the first. */
function rewrite(file: string, block: Block, lines: readonly string[]): void {
  const all = readFileSync(file, 'utf8').split('\n')
  all.splice(block.start, block.lines.length, ...lines)
  writeFileSync(file, all.join('\n'))
}

function checkConsole(file: string, block: Block): void {
  const printed = entriesOf(block).flatMap(({ command, output }) => {
    const program = /^(?:npx )?kubehop (.*)$/.exec(command)
    expect(program, `only kubehop is run here: ${command}`).not.toBeNull()
    const { stdout, stderr } = runCli(program![1]!)
    return [`$ ${command}`, ...shorten(linesOf(stderr + stdout), output)]
  })
  if (UPDATE) rewrite(file, block, printed)
  else expect(printed).toEqual(block.lines)
}

async function checkModule(file: string, block: Block, logged: Block | undefined): Promise<void> {
  mkdirSync(SCRATCH, { recursive: true })
  const path = join(SCRATCH, `${file.replace(/\W/g, '-')}-${block.start}.ts`)
  writeFileSync(path, block.lines.join('\n'))
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined)
  try {
    await import(pathToFileURL(path).href)
    const printed = log.mock.calls.flatMap((args) => linesOf(args.map(String).join(' ')))
    if (logged === undefined) return
    if (UPDATE) rewrite(file, logged, shorten(printed, logged.lines))
    else expect(shorten(printed, logged.lines)).toEqual(logged.lines)
  } finally {
    log.mockRestore()
  }
}

describe.each(FILES)('%s', (file) => {
  const blocks = blocksOf(readFileSync(file, 'utf8').split('\n'))
  const runnable = blocks.filter(({ language }) => language === 'console' || language === 'ts').reverse()

  test.runIf(runnable.length > 0).each(runnable.map((block) => [block.start + 1, block] as const))(
    'block at line %i',
    async (_, block) => {
      if (block.language === 'console') return checkConsole(file, block)
      const next = blocks[blocks.indexOf(block) + 1]
      await checkModule(file, block, next?.language === 'text' ? next : undefined)
    },
  )

  test('has only blocks with a language', () => {
    expect(blocks.filter(({ language }) => language === '').map(({ start }) => `line ${start}`)).toEqual([])
  })
})
