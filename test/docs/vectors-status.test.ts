import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseVectorFile, probesOf } from '../vectors-runner/format.js'

const FOLDER = 'test/vectors'

test('the README counts the recorded probes as they are; that they pass is for test/vectors.test.ts', () => {
  const counts = readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .map((name) => parseVectorFile(readFileSync(join(FOLDER, name), 'utf8'), name).scenario)
    .map(({ needs, steps }) => ({
      probes: steps.reduce((sum, step) => sum + probesOf(step), 0),
      ipvs: needs?.includes('ipvs') === true,
    }))
  const sum = (some: typeof counts): string => some.reduce((n, { probes }) => n + probes, 0).toLocaleString('en')
  const runnable = sum(counts.filter(({ ipvs }) => !ipvs))
  const waiting = sum(counts.filter(({ ipvs }) => ipvs))
  expect(readFileSync('README.md', 'utf8')).toContain(
    `what Linux did with ${sum(counts)} probes in ${counts.length} networks. ` +
      `All ${runnable} that need no IPVS pass; ${waiting} wait for it.`,
  )
})
