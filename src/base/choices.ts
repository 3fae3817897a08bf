import { InvalidInputError, invariant } from './errors.js'
import { Rng } from './rng.js'

/** One enumerable decision as it was taken. */
export interface ChoiceTaken {
  /** What was decided, e.g. `statistic KUBE-SVC-X rule 2`. */
  readonly label: string
  readonly index: number
  /** Exact probability of this alternative. */
  readonly probability: number
}

/**
 * Everything the kernel leaves to chance. `choose` is a decision with few alternatives that changes where a
 * packet goes (a backend): an enumerator lists every one. `sample` is a value drawn from a large range whose
 * alternatives all behave alike (a masquerade port, an initial sequence number): always drawn from the seed.
 */
export interface Choices {
  /** Index of the alternative taken; `weights` are exact probabilities that sum to 1. */
  choose(label: string, weights: readonly number[]): number
  /** Uniform integer 0 … n−1. */
  sample(n: number): number
}

/** Follows one path, drawn from the seed. */
export class SampledChoices implements Choices {
  readonly taken: ChoiceTaken[] = []
  private readonly rng: Rng

  constructor(seed: number) {
    this.rng = new Rng(seed)
  }

  choose(label: string, weights: readonly number[]): number {
    const draw = this.rng.uint32() / 0x1_0000_0000
    let sum = 0
    let index = weights.length - 1
    for (let i = 0; i < weights.length; i++) {
      sum += weights[i]!
      if (draw < sum) {
        index = i
        break
      }
    }
    while (index > 0 && weights[index] === 0) index--
    this.taken.push({ label, index, probability: weights[index]! })
    return index
  }

  sample(n: number): number {
    return this.rng.below(n)
  }
}

/** Replays a prefix of decisions, then takes the first possible alternative of each new one. */
class ScriptedChoices implements Choices {
  readonly taken: (ChoiceTaken & { readonly weights: readonly number[] })[] = []
  private readonly script: readonly number[]
  private readonly rng: Rng

  constructor(script: readonly number[], seed: number) {
    this.script = script
    this.rng = new Rng(seed)
  }

  choose(label: string, weights: readonly number[]): number {
    const scripted = this.script[this.taken.length]
    const index = scripted ?? weights.findIndex((w) => w > 0)
    invariant(index >= 0 && index < weights.length, `choice ${label} has no alternative ${index}`)
    this.taken.push({ label, index, probability: weights[index]!, weights })
    return index
  }

  sample(n: number): number {
    return this.rng.below(n)
  }
}

/** One way the run could go. */
export interface Outcome<T> {
  readonly probability: number
  readonly choices: readonly ChoiceTaken[]
  readonly value: T
}

/**
 * Runs `run` once for every combination of decisions that can happen, each from the same start, and gives all
 * outcomes with their exact probabilities (they sum to 1). `run` must start from equal state each time.
 * @throws InvalidInputError when there are more than `limit` outcomes.
 */
export function enumerate<T>(run: (choices: Choices) => T, seed: number, limit = 10_000): Outcome<T>[] {
  const outcomes: Outcome<T>[] = []
  let script: number[] | undefined = []
  while (script !== undefined) {
    const choices: ScriptedChoices = new ScriptedChoices(script, seed)
    const value = run(choices)
    const taken = choices.taken
    const probability = taken.reduce((p, c) => p * c.probability, 1)
    outcomes.push({
      probability,
      choices: taken.map(({ label, index, probability: p }) => ({ label, index, probability: p })),
      value,
    })
    if (outcomes.length > limit) throw tooMany(limit)
    script = nextScript(taken)
  }
  return outcomes
}

function tooMany(limit: number): InvalidInputError {
  const message = `there are more than ${limit} outcomes`
  return new InvalidInputError([{ path: '', message, fix: 'follow one instead (sample)' }])
}

/** The decisions of the next path in depth-first order: the last decision that has another possible alternative moves on. */
function nextScript(taken: readonly { index: number; weights: readonly number[] }[]): number[] | undefined {
  for (let i = taken.length - 1; i >= 0; i--) {
    const { index, weights } = taken[i]!
    for (let next = index + 1; next < weights.length; next++) {
      if (weights[next]! > 0) return [...taken.slice(0, i).map((t) => t.index), next]
    }
  }
  return undefined
}
