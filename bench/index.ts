import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** A file of bench/micro: its default export runs its benny suites. */
interface Suite {
  readonly default: () => Promise<unknown>
}

const folder = join(import.meta.dirname, 'micro')

/** Runs the suites of bench/micro whose file name contains one of `filters` (all when there is none). */
async function main(filters: readonly string[]): Promise<number> {
  const all = readdirSync(folder).filter((file) => file.endsWith('.ts'))
  const chosen = all.filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)))
  if (chosen.length === 0) {
    console.error(`no suite of bench/micro is named like ${filters.join(' or ')}; there are: ${all.join(', ')}`)
    return 2
  }
  for (const file of chosen.sort()) {
    const suite = (await import(pathToFileURL(join(folder, file)).href)) as Suite
    await suite.default()
  }
  return 0
}

process.exitCode = await main(process.argv.slice(2))
