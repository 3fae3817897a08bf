import type { TracePlace } from '../../trace/index.js'

/** `pod default/web` for a pod's own namespace, the namespace's name for all others. */
export function placeName(place: TracePlace): string {
  return place.pod === null ? place.netns : `pod ${place.pod}`
}

/** A probability as percent, four decimals at most: `33.3333%`. */
export function percent(probability: number): string {
  return `${Number((probability * 100).toFixed(4))}%`
}

/** Columns of a table, two blanks apart; the last is not padded. The first row is the heading. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

/** `1 packet`, `2 packets`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

/** A heading drawn to the width: `── text ─────`. */
export function ruler(text: string, width: number): string {
  const line = `── ${text} `
  return line + '─'.repeat(Math.max(2, Math.min(width, 100) - line.length))
}
