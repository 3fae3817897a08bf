import { type Difference, matches, show } from './compare.js'
import type { ChainCounters, TableCounters } from './format.js'

/** Of TCP, counts may differ by this share and this many: acknowledgements are delayed or join with data. */
const SHARE = 0.2
const SPARE = 4

/** How a table's counters differ: exact for UDP, ICMP and first packets, loose where TCP segments are counted. */
export function chainDifferences(
  table: string,
  expected: TableCounters,
  actual: TableCounters,
  hasTcp: boolean,
  of: string,
): Difference[] {
  return Object.entries(expected).flatMap(([chain, want]) => {
    const got = actual[chain]
    const what = `counters of ${table} ${chain}${of}`
    if (got === undefined) return [{ what, expected: show(want), actual: '(no such chain)' }]
    return [...ruleDifferences(what, table, want, got, hasTcp), ...policyDifferences(what, table, want, got, hasTcp)]
  })
}

function ruleDifferences(
  what: string,
  table: string,
  want: ChainCounters,
  got: ChainCounters,
  hasTcp: boolean,
): Difference[] {
  const count = Math.max(want.rules.length, got.rules.length)
  return Array.from({ length: count }, (_, i) => i).flatMap((i) => {
    const [w, g] = [want.rules[i], got.rules[i]]
    if (w !== undefined && g !== undefined && w[2] === g[2]) {
      const loose = hasTcp && table !== 'nat' && !/(?:^|\s)-p (?:udp|icmp)\b/.test(w[2])
      if (sameCounts(w, g, loose)) return []
    }
    return [{ what: `${what} rule ${i + 1}`, expected: show(w), actual: show(g) }]
  })
}

function policyDifferences(
  what: string,
  table: string,
  want: ChainCounters,
  got: ChainCounters,
  hasTcp: boolean,
): Difference[] {
  if (want.policy === undefined) return []
  const loose = hasTcp && table !== 'nat'
  if (want.policy === got.policy && sameCounts(want.counters ?? [0, 0], got.counters ?? [0, 0], loose)) return []
  const text = (chain: ChainCounters): string => `${chain.policy ?? '-'} ${show(chain.counters)}`
  return [{ what: `${what} policy`, expected: text(want), actual: text(got) }]
}

function sameCounts(want: readonly (number | string)[], got: readonly (number | string)[], loose: boolean): boolean {
  const [packets, bytes] = want
  if (!loose || typeof packets !== 'number' || typeof got[0] !== 'number') {
    return matches(packets, got[0]) && matches(bytes, got[1])
  }
  if ((packets === 0) !== (got[0] === 0)) return false
  return Math.abs(packets - got[0]) <= packets * SHARE + SPARE
}
