import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseVectorFile } from './vectors-runner/format.js'
import { printResult } from './vectors-runner/report.js'
import { runFile } from './vectors-runner/run-file.js'

const folder = join(import.meta.dirname, 'vectors')
const names = readdirSync(folder).filter((name) => name.endsWith('.json'))
const files = names.map((name) => parseVectorFile(readFileSync(join(folder, name), 'utf8'), name))
const needsIpvs = files.filter(({ scenario }) => scenario.needs?.includes('ipvs') === true)
const runnable = files.filter((file) => !needsIpvs.includes(file))

describe('what a Linux kernel did', () => {
  test.each(runnable.map((file) => [file.name, file] as const))('%s', (_, file) => {
    const result = runFile(file)
    expect(result.probes).toBeGreaterThan(0)
    expect(result.failures.length === 0 ? '' : printResult(result, 'normal')).toBe('')
    expect(result.passed).toBe(result.probes)
  })

  test('only scenarios with virtual servers cannot be run', () => {
    expect(runnable).toHaveLength(37)
    expect(needsIpvs.every(({ name }) => name.startsWith('ipvs-'))).toBe(true)
    expect(needsIpvs.map((file) => runFile(file).notRun)).toEqual(needsIpvs.map(() => 'needs IPVS'))
  })
})
