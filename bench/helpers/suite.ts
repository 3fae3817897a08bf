import { join } from 'node:path'
import benny from 'benny'

const RESULTS = join(import.meta.dirname, '../results')

/** A case: made ready once, then run over and over. */
export type Case = readonly [name: string, prepare: () => () => unknown]

/** Runs a benny suite, prints it, and writes `bench/results/FILE.json`. */
export async function suite(title: string, file: string, cases: readonly Case[]): Promise<void> {
  await benny.suite(
    title,
    ...cases.map(([name, prepare]) => benny.add(name, prepare)),
    benny.cycle(),
    benny.complete(),
    benny.save({ file, folder: RESULTS, details: true }),
  )
}

/** Stops a bench whose work does not do what its name says. */
export function check(isRight: boolean, what: string): void {
  if (!isRight) throw new Error(`the bench measures something else: ${what}`)
}
