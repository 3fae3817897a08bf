import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { compareState, compareStep, type Strictness } from './compare.js'
import { parseVectorFile, type VectorFile } from './format.js'
import { printResult, printSummary } from './report.js'
import { runFile } from './run-file.js'
import { TcpFilter } from './tcp-filter.js'
import { mayBe, withUnstable } from './unstable.js'

const strict: Strictness = { filteredBridges: new Set(), hasTcp: false }
const row = (ns: string, device: string, direction: string): (string | number | null)[] => [
  ...[ns, device, direction, 'udp', '10.0.0.1:1', '10.0.0.2:53', ''],
  ...[64, 60],
]

describe('a probe', () => {
  test('differs by verdict, receivers and rows, and by nothing else', () => {
    const frames = [row('a', 'eth0', 'out'), row('b', 'eth0', 'in')]
    const seen = {
      verdict: 'answered',
      by: 'dns',
      received: [{ listener: 'dns', ns: 'b', local: 'x', peer: 'y' }],
      frames,
    }
    expect(compareStep(seen, seen, strict)).toEqual([])
    expect(compareStep(seen, { ...seen, frames: [...frames].reverse() }, strict)).toEqual([])
    const other = { ...seen, verdict: 'timeout', received: [], frames: [frames[0]!] }
    expect(compareStep(seen, other, strict).map(({ what }) => what)).toEqual([
      'verdict',
      'received',
      'frames of b from row 0',
    ])
    expect(compareStep({ ...seen, verdict: 'refused' }, { ...seen, errno: 'EPERM' }, strict)).toHaveLength(2)
  })

  test('rows of one namespace keep their order', () => {
    const frames = [row('a', 'eth0', 'out'), row('a', 'eth0', 'in')]
    expect(compareStep({ frames }, { frames: [...frames].reverse() }, strict)).toHaveLength(1)
  })

  test("a filtered bridge's own row may be missing", () => {
    const frames = [row('a', 'veth1', 'in'), row('a', 'br0', 'out'), row('a', 'veth2', 'out')]
    const without = [frames[0]!, frames[2]!]
    expect(compareStep({ frames }, { frames: without }, strict)).toHaveLength(1)
    const filtered = { ...strict, filteredBridges: new Set(['a br0']) }
    expect(compareStep({ frames }, { frames: without }, filtered)).toEqual([])
    expect(compareStep({ frames }, { frames: [frames[0]!] }, filtered)).toHaveLength(1)
  })
})

describe('state', () => {
  const chain = (packets: number): { filter: Record<string, { rules: [number, number, string][] }> } => ({
    filter: { C: { rules: [[packets, packets * 60, '-j ACCEPT']] } },
  })

  test('counters are exact unless TCP segments are counted', () => {
    const differ = (a: number, b: number, hasTcp: boolean): number =>
      compareState({ counters: chain(a) }, { counters: chain(b) }, { ...strict, hasTcp }, '').length
    expect([differ(10, 10, false), differ(10, 11, false), differ(10, 12, true)]).toEqual([0, 1, 0])
    expect([differ(10, 20, true), differ(0, 1, true)]).toEqual([1, 1])
  })

  test('rows are a set', () => {
    expect(compareState({ neigh: ['a', 'b'] }, { neigh: ['b', 'a'] }, strict, '')).toEqual([])
    expect(compareState({ neigh: ['a', 'b'] }, { neigh: ['b'] }, strict, '')).toHaveLength(1)
    expect(compareState({ neigh: [] }, { neigh: ['b'] }, strict, '')).toHaveLength(1)
  })
})

describe('what is random', () => {
  test('is compared by class', () => {
    expect(mayBe('10.0.0.1:40000', '10.0.0.1:50000')).toBe(true)
    expect(mayBe('10.0.0.1:40000', '10.0.0.1:700')).toBe(false)
    expect(mayBe('10.0.0.1:40000', '10.0.0.2:40000')).toBe(false)
    expect(mayBe('a>b type 8 code 0 id 4', 'a>b type 8 code 0 id 7')).toBe(true)
  })

  test('only where the file says so', () => {
    const frames = [row('a', 'eth0', 'out')]
    const changed = [frames[0]!.with(4, '10.0.0.1:1023')]
    const steps = [{ frames }]
    const observed = withUnstable({ steps }, { '/steps/0/frames/0/4': 'value' })
    expect(compareStep(observed.steps[0]!, { frames: changed }, strict)).toHaveLength(1)
    expect(compareStep(observed.steps[0]!, { frames: [frames[0]!.with(4, '10.0.0.1:77')] }, strict)).toEqual([])
    expect(compareStep(steps[0]!, { frames: [frames[0]!.with(4, '10.0.0.1:77')] }, strict)).toHaveLength(1)
  })
})

test('of a TCP conversation the handshake and resets are listed', () => {
  const filter = new TcpFilter()
  const lists = (id: number, flags: string, back = false): boolean => {
    const tcp = back ? { flags, source: 'b', destination: 'a' } : { flags, source: 'a', destination: 'b' }
    return filter.lists(id, 'ns eth0', {
      protocol: 'tcp',
      source: '',
      destination: '',
      note: '',
      ttl: 64,
      length: 40,
      tcp,
    })
  }
  expect([lists(1, 'S'), lists(2, 'SA', true), lists(3, 'A'), lists(4, 'PA'), lists(5, 'A', true)]).toEqual([
    ...[true, true, true, false, false],
  ])
  expect([lists(6, 'A'), lists(3, 'A'), lists(7, 'RA')]).toEqual([false, true, true])
  filter.restart(true)
  expect(lists(8, 'PA')).toBe(true)
})

describe('a file', () => {
  const name = 'conntrack-on-demand.json'
  const file = parseVectorFile(readFileSync(join(import.meta.dirname, '../vectors', name), 'utf8'), name)
  const changed = (change: (file: VectorFile) => void): VectorFile => {
    const copy = structuredClone(file)
    change(copy)
    return copy
  }

  test('fails where the recording is another', () => {
    const wrong = changed((copy) => {
      const step = copy.observed.steps.find(({ verdict }) => verdict !== undefined)!
      Object.assign(step, { verdict: 'reset' })
    })
    const result = runFile(wrong)
    expect(result.passed).toBe(result.probes - 1)
    expect(printResult(result, 'normal')).toContain('verdict: "answered", recorded "reset"')
    expect(printSummary([result, { ...result, notRun: 'needs IPVS' }])).toBe(
      `PROBES ${result.passed} passed, 1 failed, ${result.probes} not run (needs IPVS)`,
    )
  })

  test('that cannot be built fails as a whole', () => {
    const broken = changed((copy) => {
      Object.assign(copy.scenario, { routes: [{ ns: 'client', dst: 'default', via: '203.0.113.1' }] })
    })
    expect(printResult(runFile(broken), 'normal')).toContain('Nexthop has invalid gateway')
  })

  test('without steps is refused', () => {
    expect(() => parseVectorFile('{"scenario": {}}', 'x.json')).toThrow('x.json: no vector file')
  })
})
