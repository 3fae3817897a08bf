import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { CONFIG_FILE } from './config-file.js'
import { reasonOf } from './file-errors.js'
import type { Io } from './io.js'
import type { Issues } from './issues.js'

/** A manifest file's name, as it is shown in messages, and its text. */
export interface Source {
  readonly file: string
  readonly text: string
}

/** NUL, or what a decoder puts for bytes that are no UTF-8. */
const NOT_TEXT = /[\0\ufffd]/

const MANIFEST = /\.(ya?ml|json)$/i

/** Reads files, folders (their manifests by name, not those of folders inside) and `-` for standard input. */
export function readSources(paths: readonly string[], io: Io, issues: Issues): Source[] {
  const sources = paths.flatMap((path) =>
    path === '-' ? [{ file: '<stdin>', text: io.readStdin() }] : readPath(path, io, issues),
  )
  for (const { file, text } of sources) {
    if (NOT_TEXT.test(text)) {
      issues.add({ path: '-f', message: `"${file}" is not UTF-8 text`, fix: 'give manifests in YAML or JSON' })
    }
  }
  if (sources.length > 0 && sources.every(({ text }) => isBlank(text))) {
    const files = sources.map(({ file }) => `"${file}"`).join(', ')
    const holds = sources.length === 1 ? 'holds' : 'hold'
    issues.add({ path: '-f', message: `${files} ${holds} no object`, fix: 'give at least one manifest' })
  }
  return sources
}

/** Nothing but comments and document markers. */
function isBlank(text: string): boolean {
  const lines = text.split('\n').map((line) => line.trim())
  return lines.every((line) => line === '' || line.startsWith('#') || line === '---' || line === '...')
}

function readPath(path: string, io: Io, issues: Issues): Source[] {
  const absolute = resolve(io.cwd, path)
  try {
    if (!statSync(absolute).isDirectory()) return [{ file: path, text: readFileSync(absolute, 'utf8') }]
    const names = readdirSync(absolute).filter((name) => MANIFEST.test(name) && name !== CONFIG_FILE)
    if (names.length === 0) {
      issues.add({
        path: '-f',
        message: `folder "${path}" holds no manifest`,
        fix: 'manifests end in .yaml, .yml or .json',
      })
    }
    return names.sort().map((name) => ({ file: join(path, name), text: readFileSync(join(absolute, name), 'utf8') }))
  } catch (error) {
    issues.add({ path: '-f', message: `cannot read "${path}": ${reasonOf(error)}` })
    return []
  }
}
