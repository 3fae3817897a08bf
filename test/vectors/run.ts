import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { parseVectorFile } from '../vectors-runner/format.js'
import { printResult, printSummary } from '../vectors-runner/report.js'
import { type FileResult, runFile } from '../vectors-runner/run-file.js'

const USAGE = `npm run vectors -- [options] [FILE…]

Runs recorded scenarios and compares with what a Linux kernel did; without FILE, all of test/vectors.
  --brief      one line a file
  --only N     show step N alone (from 0); every step runs
  -v           every differing row
  --seed N     seed of what is random (1)
  --strict     files that cannot be run fail
Exit status: 0 all as recorded, 1 something differs, 2 bad usage or an unreadable file.`

const { values, positionals } = parse()

function parse(): { values: Options; positionals: string[] } {
  try {
    const options = {
      brief: { type: 'boolean' },
      only: { type: 'string' },
      verbose: { type: 'boolean', short: 'v' },
      seed: { type: 'string' },
      strict: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    } as const
    return parseArgs({ allowPositionals: true, options })
  } catch (error) {
    fail(`${(error as Error).message}\n\n${USAGE}`)
  }
}

interface Options {
  readonly brief?: boolean | undefined
  readonly only?: string | undefined
  readonly verbose?: boolean | undefined
  readonly seed?: string | undefined
  readonly strict?: boolean | undefined
  readonly help?: boolean | undefined
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(2)
}

function allFiles(): string[] {
  const folder = import.meta.dirname
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'))
  return names.sort().map((name) => join(folder, name))
}

/** Reads every file before any runs. */
function read(paths: readonly string[]): ReturnType<typeof parseVectorFile>[] {
  const problems: string[] = []
  const files = paths.flatMap((path) => {
    try {
      return [parseVectorFile(readFileSync(path, 'utf8'), basename(path))]
    } catch (error) {
      problems.push(`${path}: ${(error as Error).message}`)
      return []
    }
  })
  if (problems.length > 0) fail(problems.join('\n'))
  return files
}

function number(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d+$/.test(text)) fail(`${option} takes a number, not "${text}"`)
  return Number(text)
}

function main(): number {
  if (values.help === true) {
    process.stdout.write(`${USAGE}\n`)
    return 0
  }
  const only = number(values.only, '--only')
  const seed = number(values.seed, '--seed')
  const detail = values.brief === true ? 'brief' : values.verbose === true ? 'verbose' : 'normal'
  const results: FileResult[] = []
  for (const file of read(positionals.length === 0 ? allFiles() : positionals)) {
    const result = runFile(file, { ...(seed === undefined ? {} : { seed }), ...(only === undefined ? {} : { only }) })
    results.push(result)
    process.stdout.write(`${printResult(result, detail)}\n`)
  }
  process.stdout.write(`${printSummary(results)}\n`)
  const failed = results.some((result) => result.failures.length > 0)
  const skipped = values.strict === true && results.some((result) => result.notRun !== null)
  return failed || skipped ? 1 : 0
}

process.exitCode = main()
