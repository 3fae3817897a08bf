import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { schemaText } from '../../scripts/trace-schema.js'

test('docs/trace.schema.json is what scripts/trace-schema.ts writes', async () => {
  expect(readFileSync('docs/trace.schema.json', 'utf8')).toBe(await schemaText())
})
