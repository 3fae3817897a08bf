import type { Difference } from './compare.js'
import type { Step } from './format.js'
import type { FailedStep, FileResult } from './run-file.js'

const ROWS_SHOWN = 6

/** A file's result as text: one line, and with `detail` what differs in each probe. */
export function printResult(result: FileResult, detail: 'brief' | 'normal' | 'verbose'): string {
  const { name, probes, passed, notRun, failures } = result
  if (notRun !== null) return `  --  ${name}: ${probes} probes not run: ${notRun}`
  const state = failures.length > 0 && passed === probes ? ', state differs' : ''
  const head = `${failures.length === 0 ? 'pass' : 'FAIL'}  ${name}: ${passed} of ${probes} probes${state}`
  if (detail === 'brief' || failures.length === 0) return head
  return [head, ...failures.map((failure) => printFailure(failure, detail === 'verbose'))].join('\n')
}

function printFailure({ index, step, differences }: FailedStep, verbose: boolean): string {
  const head = step === null ? '  at the end' : `  step ${index}: ${printStep(step)}`
  return [head, ...differences.map((difference) => printDifference(difference, verbose))].join('\n')
}

/** A step in one line. */
function printStep(step: Step): string {
  const { do: kind, note, ...rest } = step
  const words = Object.entries(rest).map(
    ([key, value]) => `${key} ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  const text = `${kind} ${words.join(' ')}`
  return `${text.length > 160 ? `${text.slice(0, 160)}…` : text}${note === undefined ? '' : ` (${note})`}`
}

function printDifference({ what, expected, actual }: Difference, verbose: boolean): string {
  const short = !expected.includes('\n') && !actual.includes('\n') && expected.length + actual.length < 90
  if (short) return `    ${what}: ${actual}, recorded ${expected}`
  return [`    ${what}`, block('recorded', expected, verbose), block('here', actual, verbose)].join('\n')
}

function block(title: string, text: string, verbose: boolean): string {
  const rows = text.split('\n')
  const shown = verbose ? rows : rows.slice(0, ROWS_SHOWN)
  const more = rows.length > shown.length ? [`        … ${rows.length - shown.length} more`] : []
  return [`      ${title}`, ...shown.map((row) => `        ${row}`), ...more].join('\n')
}

/** The closing line over all files. */
export function printSummary(results: readonly FileResult[]): string {
  const ran = results.filter((result) => result.notRun === null)
  const sum = (list: readonly FileResult[], of: (result: FileResult) => number): number =>
    list.reduce((total, result) => total + of(result), 0)
  const skipped = results.filter((result) => result.notRun !== null)
  const reasons = [...new Set(skipped.map((result) => result.notRun))].join('; ')
  const passed = sum(ran, (result) => result.passed)
  const notRun = `${sum(skipped, (result) => result.probes)} not run${reasons === '' ? '' : ` (${reasons})`}`
  return `PROBES ${passed} passed, ${sum(ran, (result) => result.probes) - passed} failed, ${notRun}`
}
