import {
  type Choices,
  cloneLazily,
  enumerate,
  type InputIssue,
  InvalidInputError,
  type Outcome,
  SampledChoices,
} from '../base/index.js'
import {
  type ParsedQuestion,
  parseQuestion,
  type RecordedFrame,
  type TraceDocument,
  type TraceQuestion,
} from '../trace/index.js'
import { type Answer, type Ask, ask, DEFAULT_TIMEOUT_MS } from './ask.js'
import { clientOf } from './client.js'
import { documentOf, mergeOutcomes } from './document.js'
import { targetOf } from './target.js'
import type { World } from './world.js'

/** A trace with every frame that passed a device, one list for each outcome of the document. */
export interface TraceWithFrames {
  readonly document: TraceDocument
  readonly frames: readonly (readonly RecordedFrame[])[]
}

/**
 * Follows a question in every way that chance leaves open (or one, with `sample`), each in a copy of the world;
 * with `frames` every frame that passed a device is kept.
 * @throws InvalidInputError when the question cannot be understood or names what is not there.
 */
export function followAll(
  world: World,
  question: TraceQuestion,
  options: { readonly frames: boolean },
): TraceWithFrames {
  const parsed = parse(world, question)
  let request: Ask | undefined
  const outcomes = outcomesOf(world, question, (choices) => {
    const copy = cloneLazily(world)
    const asked = resolve(copy, question, parsed, options.frames)
    request ??= asked
    return ask(copy, asked, choices)
  })
  const merged = mergeOutcomes(outcomes)
  return {
    document: documentOf(request!, question, merged),
    frames: merged.map((outcome) => outcome.value.frames),
  }
}

/**
 * Follows one outcome in the world itself, which keeps what it leaves behind. Chance is drawn from the seed and the
 * number of earlier sends.
 * @throws InvalidInputError as {@link followAll} does.
 */
export function sendOnce(world: World, question: TraceQuestion): TraceDocument {
  const parsed = parse(world, question)
  const seed = world.options.seed + ++world.runs
  const request = resolve(world, question, parsed, false)
  const outcome = sampled(seed, (choices) => ask(world, request, choices))
  return documentOf(request, { ...question, sample: true }, [outcome])
}

function outcomesOf(world: World, question: TraceQuestion, follow: (choices: Choices) => Answer): Outcome<Answer>[] {
  const seed = world.options.seed + world.runs
  return question.sample === true ? [sampled(seed, follow)] : enumerate(follow, seed)
}

function sampled(seed: number, follow: (choices: Choices) => Answer): Outcome<Answer> {
  const choices = new SampledChoices(seed)
  const value = follow(choices)
  const probability = choices.taken.reduce((p, c) => p * c.probability, 1)
  return { probability, choices: choices.taken, value }
}

function parse(world: World, question: TraceQuestion): ParsedQuestion {
  const namespace = question.namespace ?? world.options.defaultNamespace
  return { ...parseQuestion(question), namespace }
}

/** Both ends of the question, all problems at once. */
function resolve(world: World, question: TraceQuestion, parsed: ParsedQuestion, frames: boolean): Ask {
  const issues: InputIssue[] = []
  const client = attempt(issues, () => clientOf(world, parsed.from, parsed.namespace))
  const target = attempt(issues, () => targetOf(world, parsed))
  if (client === undefined || target === undefined) throw new InvalidInputError(issues)
  return {
    question: parsed,
    client,
    target,
    timeoutMs: question.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    everyRule: question.everyRule ?? false,
    frames,
  }
}

function attempt<T>(issues: InputIssue[], find: () => T): T | undefined {
  try {
    return find()
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    issues.push(...error.issues)
    return undefined
  }
}
