import { Ajv } from 'ajv'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { renderTrace, type Style } from '../../../src/cli/render/index.js'
import { describeStep } from '../../../src/trace/index.js'
import { dropped, twoBackends, unknown } from './documents.js'

const golden = (name: string): string => `./${name}.txt`

describe('renderTrace', () => {
  test('answers first, then one way in full, then what differs', async () => {
    const text = renderTrace(twoBackends, { width: 90 })
    const lines = text.split('\n')
    expect(lines[0]).toContain('pod/client → svc/web:80')
    expect(text.match(/^50% +connected +pod default\/web-[ab]/gm)).toHaveLength(2)
    expect(text.match(/^packet 2 /gm)).toHaveLength(1)
    expect(text).toContain('-A KUBE-SEP-BBBB -p tcp -m tcp -j DNAT --to-destination 10.244.1.3:8080')
    await expect(text).toMatchFileSnapshot(golden('two-backends'))
  })

  test('--all shows every way, every packet and the rules that do not match', async () => {
    const text = renderTrace(twoBackends, { all: true, width: 90 })
    expect(text.match(/destination is 10\.96\.0\.20/g)).toHaveLength(4)
    expect(text.match(/^packet 1 .*who-has/gm)).toHaveLength(2)
    await expect(text).toMatchFileSnapshot(golden('two-backends-all'))
  })

  test('--brief is one line a hop', async () => {
    const text = renderTrace(twoBackends, { brief: true, width: 90 })
    expect(text).toMatch(/^ +2 request +node-1 .*destination 10\.96\.0\.20:80 → 10\.244\.1\.2:8080/m)
    await expect(text).toMatchFileSnapshot(golden('two-backends-brief'))
  })

  test('a drop names its rule at the top, and repetitions take a line', async () => {
    const text = renderTrace(dropped, { width: 90 })
    expect(text).toContain('The client sees: timeout (no answer within 5 s).')
    expect(text).toContain('Dropped in node-1, filter KUBE-EXTERNAL-SERVICES rule 2')
    expect(text).toMatch(/^packet 2 .*packet 1 again.* at 1 s/m)
    await expect(text).toMatchFileSnapshot(golden('dropped'))
  })

  test('what is not known is said', async () => {
    const text = renderTrace(unknown, { width: 90 })
    expect(text).toContain('Not known: match bpf is not modelled')
    await expect(text).toMatchFileSnapshot(golden('unknown'))
  })

  test('a style changes no word', () => {
    const mark = (text: string): string => `\u001b[1m${text}\u001b[0m`
    const style: Style = { title: mark, place: mark, label: mark, dim: mark, good: mark, bad: mark, warn: mark, change: mark }
    for (const document of [twoBackends, dropped, unknown]) {
      // eslint-disable-next-line no-control-regex
      const bare = renderTrace(document, { style, width: 90 }).replace(/\u001b\[[01]m/g, '')
      expect(bare).toBe(renderTrace(document, { width: 90 }))
    }
  })
})

describe('the documents', () => {
  test('are valid by the schema, which refuses others', () => {
    const schema = JSON.parse(readFileSync('docs/trace.schema.json', 'utf8')) as object
    const validate = new Ajv({ strict: false }).compile(schema)
    for (const document of [twoBackends, dropped, unknown]) {
      expect(validate(document), JSON.stringify(validate.errors)).toBe(true)
      expect(validate({ ...document, kind: 'Track' })).toBe(false)
      expect(validate({ ...document, extra: 1 })).toBe(false)
    }
  })

  test('have steps that can be said in one line', () => {
    const steps = [twoBackends, dropped, unknown]
      .flatMap(({ outcomes }) => outcomes.flatMap(({ conversation }) => conversation))
      .flatMap(({ hops }) => hops.flatMap((hop) => hop.steps))
    expect(new Set(steps.map(({ kind }) => kind)).size).toBe(16)
    for (const step of steps) expect(describeStep(step)).toMatch(/^[^\n]{5,}$/)
  })
})
