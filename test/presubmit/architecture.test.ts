import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

/** A row of the table of floors. */
interface Floor {
  readonly floor: number
  readonly folder: string
  readonly imports: string
}

const layers = JSON.parse(readFileSync('layers.json', 'utf8')) as Record<string, string[]>
const rows: Floor[] = readFileSync('docs/architecture.md', 'utf8')
  .split('\n')
  .flatMap((line) => {
    const row = /^\| (\d+) +\| `(\w+)` +\| (.*?) +\|$/.exec(line)
    return row === null ? [] : [{ floor: Number(row[1]), folder: row[2]!, imports: row[3]! }]
  })
const floorOf = new Map(rows.map(({ floor, folder }) => [folder, floor]))

/** The folders a row allows. */
function listOf({ floor, imports }: Floor): string[] {
  if (imports === 'nothing') return []
  if (imports === 'every folder below') return rows.filter((row) => row.floor < floor).map(({ folder }) => folder)
  return imports.split(', ')
}

describe('docs/architecture.md', () => {
  test('has the floors of layers.json', () => {
    const table = Object.fromEntries(rows.map((row) => [row.folder, listOf(row).sort()]))
    const graph = Object.fromEntries(Object.entries(layers).map(([folder, list]) => [folder, [...list].sort()]))
    expect(table).toEqual(graph)
  })

  test.each(rows.map((row) => [row.folder, row] as const))('%s lies above everything it imports', (_, row) => {
    expect(listOf(row).filter((below) => floorOf.get(below)! >= row.floor)).toEqual([])
  })
})
