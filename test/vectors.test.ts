import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseVectorFile, type VectorFile } from './vectors-runner/format.js'
import { printResult } from './vectors-runner/report.js'
import { runFile } from './vectors-runner/run-file.js'
import { runScenario } from './vectors-runner/run-steps.js'

const folder = join(import.meta.dirname, 'vectors')

function filesIn(folder: string): VectorFile[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'))
  return names.map((name) => parseVectorFile(readFileSync(join(folder, name), 'utf8'), name))
}

const files = filesIn(folder)
const more = filesIn(join(folder, 'more'))
const needsIpvs = files.filter(({ scenario }) => scenario.needs?.includes('ipvs') === true)
const runnable = files.filter((file) => !needsIpvs.includes(file))

describe('what a Linux kernel did', () => {
  test.each([...runnable, ...more].map((file) => [file.name, file] as const))('%s', (_, file) => {
    const result = runFile(file)
    expect(result.probes).toBeGreaterThan(0)
    expect(result.failures.length === 0 ? '' : printResult(result, 'normal')).toBe('')
    expect(result.passed).toBe(result.probes)
  })

  test.each(runnable.slice(0, 3).map((file) => [file.name, file] as const))('%s again is the same', (_, file) => {
    expect(runScenario(file.scenario, 1)).toEqual(runScenario(file.scenario, 1))
  })

  test('only scenarios with virtual servers cannot be run', () => {
    expect(runnable).toHaveLength(37)
    expect(needsIpvs.every(({ name }) => name.startsWith('ipvs-'))).toBe(true)
    expect(needsIpvs.map((file) => runFile(file).notRun)).toEqual(needsIpvs.map(() => 'needs IPVS'))
  })
})
