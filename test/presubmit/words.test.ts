import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
/** Files under version control; every file outside generated folders where git does not answer. */
function listFiles(): string[] {
  try {
    return execFileSync('git', ['ls-files', '-z'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).split('\0')
  } catch {
    return readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
      (file) => !/^(?:node_modules|dist|coverage|\.git)\b/.test(file),
    )
  }
}

const files = listFiles().filter(
  (file) => file !== '' && existsSync(join(root, file)) && statSync(join(root, file)).isFile(),
)

/** Written in pieces, so that this file does not contain what it looks for. */
const banned: readonly RegExp[] = [
  new RegExp(`(?<![\\w.-])/(?:${['wo' + 'rk', 't' + 'mp', 'fa' + 'rm'].join('|')})/`),
  new RegExp(String.raw`\.\./sha` + 'red'),
  new RegExp(String.raw`\b(?:TO` + 'DO|FIX' + String.raw`ME)\b`),
]

function isText(bytes: Buffer): boolean {
  return !bytes.subarray(0, 8000).includes(0)
}

/** `file:line: text` of every line of a file that has a banned word. */
function findings(file: string, text: string): string[] {
  return text.split('\n').flatMap((line, i) => {
    return banned.some((word) => word.test(line)) ? [`${file}:${i + 1}: ${line.trim().slice(0, 120)}`] : []
  })
}

/** Targets of the relative links of a Markdown text, code left out. */
function relativeLinks(markdown: string): string[] {
  const prose = markdown.replace(/^(```|~~~).*?^\1/gms, '').replace(/`[^`\n]*`/g, '')
  const inline = [...prose.matchAll(/\]\(\s*<?([^)\s>]+)/g)].map((m) => m[1]!)
  const reference = [...prose.matchAll(/^\[[^\]]+\]:\s*(\S+)/gm)].map((m) => m[1]!)
  return [...inline, ...reference].filter((target) => !/^(?:[a-z][a-z+.-]*:|#|\/\/)/i.test(target))
}

function brokenLinks(file: string, text: string): string[] {
  return relativeLinks(text)
    .map((target) => decodeURI(target.replace(/[#?].*$/, '')))
    .filter((target) => !existsSync(join(root, dirname(file), target)))
    .map((target) => `${file}: ${target}`)
}

describe('words', () => {
  test('no file speaks of one machine or of work put off', () => {
    const found = files.flatMap((file) => {
      const bytes = readFileSync(join(root, file))
      return isText(bytes) ? findings(file, bytes.toString('utf8')) : []
    })
    expect(files.length).toBeGreaterThan(10)
    expect(found).toEqual([])
  })

  test('every relative link of a Markdown file leads somewhere', () => {
    const broken = files
      .filter((file) => file.endsWith('.md'))
      .flatMap((file) => brokenLinks(file, readFileSync(join(root, file), 'utf8')))
    expect(broken).toEqual([])
  })
})

describe('the check itself', () => {
  test.each(['see /' + 'tmp/x', '// TO' + 'DO: later', 'from ../sha' + 'red/spec', "'/wo" + "rk/main'"])(
    'finds %j',
    (line) => {
      expect(findings('a.ts', `fine\n${line}`)).toEqual([`a.ts:2: ${line}`])
    },
  )

  test.each(['docs/frame' + 'work/index', 'https://example.com/wo' + 'rk/x', 'TO' + 'DOs'])(
    'leaves %j alone',
    (line) => {
      expect(findings('a.ts', line)).toEqual([])
    },
  )

  test('reads links, not code', () => {
    const text = '[a](docs/a.md#x) [b](https://b) [c](#c) `[d](d.md)`\n```\n[e](e.md)\n```\n[f]: f.md\n'
    expect(relativeLinks(text)).toEqual(['docs/a.md#x', 'f.md'])
    expect(brokenLinks('README.md', '[x](no-such-file.md)')).toEqual(['README.md: no-such-file.md'])
  })
})
