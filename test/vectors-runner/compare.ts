import { chainDifferences } from './compare-counters.js'
import type { FrameRow, ObservedState, ObservedStep, ReceivedRow, TraceRow } from './format.js'
import { mayBe, Unstable } from './unstable.js'

/** One thing that is not as recorded. */
export interface Difference {
  /** `verdict`, `frames of node`, `conntrack of node`. */
  readonly what: string
  readonly expected: string
  readonly actual: string
}

/** What of a scenario decides how strictly its rows are compared. */
export interface Strictness {
  /** Bridges of namespaces with bridge netfilter: `node docker0`. */
  readonly filteredBridges: ReadonlySet<string>
  /** TCP segments pass the rules: how many of them is a matter of timing. */
  readonly hasTcp: boolean
}

/** Is `actual` what was recorded? Objects may have more keys than recorded. */
export function matches(expected: unknown, actual: unknown): boolean {
  if (expected instanceof Unstable) {
    if (expected.kind !== 'value') return true
    return mayBe(expected.recorded, actual)
  }
  if (Array.isArray(expected)) {
    return Array.isArray(actual) && expected.length === actual.length && expected.every((e, i) => matches(e, actual[i]))
  }
  if (expected !== null && typeof expected === 'object') {
    if (actual === null || typeof actual !== 'object') return false
    return Object.entries(expected).every(([key, value]) => matches(value, (actual as Record<string, unknown>)[key]))
  }
  return expected === actual
}

/** A row or value as text; what is unstable as `~`. */
export function show(value: unknown): string {
  if (value === undefined) return '(none)'
  return JSON.stringify(value, (_, inner: unknown) =>
    inner instanceof Unstable ? `~${String(inner.recorded)}` : inner,
  )
}

/** How a probe differs from what was recorded; empty = not at all. */
export function compareStep(expected: ObservedStep, actual: ObservedStep, strictness: Strictness): Difference[] {
  const found: Difference[] = []
  for (const key of ['verdict', 'errno', 'by', 'ttl', 'client', 'icmp', 'served'] as const) {
    const absent = expected[key] === undefined
    // The recorded client is that of a connected socket; ours may know more.
    if (absent && (key === 'client' || actual[key] === undefined || expected.verdict === undefined)) continue
    if (!matches(expected[key], actual[key]))
      found.push({ what: key, expected: show(expected[key]), actual: show(actual[key]) })
  }
  if (expected.received !== undefined) found.push(...compareReceived(expected.received, actual.received ?? []))
  if (expected.frames !== undefined) found.push(...compareFrames(expected.frames, actual.frames ?? [], strictness))
  if (expected.trace !== undefined) found.push(...compareTrace(expected.trace, actual.trace ?? []))
  return [...found, ...compareState(expected, actual, strictness, '')]
}

/** How state differs; `of` says whose it is. */
export function compareState(
  expected: ObservedState,
  actual: ObservedState,
  strictness: Strictness,
  of: string,
): Difference[] {
  const found: Difference[] = []
  const compareSet = (what: string, want: unknown, got: unknown): void => {
    if (want === undefined || (want instanceof Unstable && want.kind !== 'order')) return
    const rows = want instanceof Unstable ? want.recorded : want
    found.push(...setDifferences(`${what}${of}`, rows as unknown[], (got ?? []) as unknown[]))
  }
  compareSet('conntrack', expected.conntrack, actual.conntrack)
  compareSet('fdb', expected.fdb, actual.fdb)
  compareSet('neigh', expected.neigh, actual.neigh)
  compareSet('route-cache', expected['route-cache'], actual['route-cache'])
  for (const [table, chains] of Object.entries(expected.counters ?? {})) {
    found.push(...chainDifferences(table, chains, actual.counters?.[table] ?? {}, strictness.hasTcp, of))
  }
  return found
}

function compareReceived(expected: readonly ReceivedRow[], actual: readonly ReceivedRow[]): Difference[] {
  return setDifferences('received', expected, actual)
}

/** Rows of both sides without order: each expected one takes the first actual one that fits. */
function setDifferences(what: string, expected: readonly unknown[], actual: readonly unknown[]): Difference[] {
  const left = [...actual]
  const missing = expected.filter((row) => {
    const at = left.findIndex((other) => matches(row, other))
    if (at !== -1) left.splice(at, 1)
    return at === -1
  })
  if (missing.length === 0 && left.length === 0) return []
  return [{ what, expected: lines(missing), actual: lines(left) }]
}

function lines(rows: readonly unknown[]): string {
  return rows.length === 0 ? '(nothing more)' : rows.map((row) => show(row)).join('\n')
}

/** The namespaces rows speak of, in order of appearance. */
function namespacesOf(rows: readonly (readonly unknown[])[]): unknown[] {
  return [...new Set(rows.map((row) => row[0]))]
}

function compareFrames(
  expected: readonly FrameRow[],
  actual: readonly FrameRow[],
  strictness: Strictness,
): Difference[] {
  if (expected instanceof Unstable) return []
  return namespacesOf([...expected, ...actual]).flatMap((ns) => {
    const want = expected.filter((row) => row[0] === ns)
    const got = actual.filter((row) => row[0] === ns)
    if (matches(want, got)) return []
    const [wantBut, gotBut] = [withoutBridges(want, strictness), withoutBridges(got, strictness)]
    if (wantBut.length + gotBut.length < want.length + got.length && matches(wantBut, gotBut)) return []
    return [sequenceDifference(`frames of ${String(ns)}`, want, got)]
  })
}

/**
 * Rows without those of a filtered bridge's own transmissions: such a row shows for a rewritten switched packet while the
 * new neighbour is not in use, and that depends on what was sent before.
 */
function withoutBridges(rows: readonly FrameRow[], strictness: Strictness): FrameRow[] {
  return rows.filter((row) => row[2] !== 'out' || !strictness.filteredBridges.has(`${row[0]} ${row[1]}`))
}

function compareTrace(expected: readonly TraceRow[], actual: readonly TraceRow[]): Difference[] {
  if (expected instanceof Unstable) return []
  return namespacesOf([...expected, ...actual]).flatMap((ns) => {
    const want = expected.filter((row) => row[0] === ns).map(withoutRecorder)
    const got = actual.filter((row) => row[0] === ns)
    return matches(want, got) ? [] : [sequenceDifference(`trace of ${String(ns)}`, want, got)]
  })
}

/** A trace row without rule 0 of the raw table: the recorder's own TRACE rule, which a packet meets again on `lo`. */
function withoutRecorder(row: TraceRow): TraceRow {
  return row.map((column) =>
    Array.isArray(column) ? column.filter((event) => !/:rule:0$/.test(String(event))) : column,
  )
}

/** Where two sequences part: the rows between what they share at the beginning and at the end. */
function sequenceDifference(what: string, want: readonly unknown[], got: readonly unknown[]): Difference {
  let head = 0
  while (head < want.length && head < got.length && matches(want[head], got[head])) head++
  let tail = 0
  while (tail < want.length - head && tail < got.length - head && matches(want.at(-1 - tail), got.at(-1 - tail))) tail++
  const expected = lines(want.slice(head, want.length - tail))
  return { what: `${what} from row ${head}`, expected, actual: lines(got.slice(head, got.length - tail)) }
}
