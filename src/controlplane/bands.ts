import type { Rng } from '../base/index.js'

/**
 * A free number of `first` … `last`: from a random point of what lies above the lowest `band` numbers, upward
 * and round; then, when all of that is taken, the same in the lower band. Undefined when everything is taken.
 */
export function drawFromBands(
  first: number,
  last: number,
  band: number,
  rng: Rng,
  isTaken: (n: number) => boolean,
): number | undefined {
  return draw(first + band, last, rng, isTaken) ?? draw(first, Math.min(first + band - 1, last), rng, isTaken)
}

function draw(first: number, last: number, rng: Rng, isTaken: (n: number) => boolean): number | undefined {
  const size = last - first + 1
  if (size <= 0) return undefined
  const start = rng.below(size)
  for (let i = 0; i < size; i++) {
    const candidate = first + ((start + i) % size)
    if (!isTaken(candidate)) return candidate
  }
  return undefined
}
