/**
 * Sums the JSON reports of vitest given as arguments and prints `PASSED FAILED SKIPPED`. A report that cannot be
 * read, or that failed without a failed test (a file that does not load), counts as one failure.
 */
import { readFileSync } from 'node:fs'

function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return { success: false }
  }
}

let passed = 0
let failed = 0
let skipped = 0
for (const file of process.argv.slice(2)) {
  const report = read(file)
  const failures = report.numFailedTests ?? 0
  passed += report.numPassedTests ?? 0
  failed += failures === 0 && report.success !== true ? 1 : failures
  skipped += (report.numPendingTests ?? 0) + (report.numTodoTests ?? 0)
}
console.log(passed, failed, skipped)
