/**
 * Candidates a mistyped `name` probably meant, best first, at most three: those within a third of its length in
 * edits (at least one), letter case ignored, or of which it is a prefix of three or more letters.
 */
export function nearMatches(name: string, candidates: Iterable<string>): string[] {
  const wanted = name.toLowerCase()
  const limit = Math.max(1, Math.floor(wanted.length / 3))
  const scored = [...new Set(candidates)].map((candidate) => {
    const lower = candidate.toLowerCase()
    const prefix = wanted.length >= 3 && lower.startsWith(wanted)
    return { candidate, distance: editDistance(wanted, lower), prefix }
  })
  return scored
    .filter(({ distance, prefix }) => prefix || distance <= limit)
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, 3)
    .map(({ candidate }) => candidate)
}

/** Prints near matches as an instruction (`did you mean "a" or "b"?`), or undefined when there are none. */
export function didYouMean(name: string, candidates: Iterable<string>): string | undefined {
  const near = nearMatches(name, candidates).map((candidate) => `"${candidate}"`)
  return near.length === 0 ? undefined : `did you mean ${near.join(' or ')}?`
}

/** Optimal string alignment: insertions, deletions, replacements and swaps of neighbours count one each. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let best = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, beforeLast[j - 2]! + 1)
      row.push(best)
    }
    beforeLast = last
    last = row
  }
  return last[b.length]!
}
