/**
 * @module base
 * What every folder needs and no folder owns: time, chance, events, errors, copying state.
 */
export { type Choices, type ChoiceTaken, enumerate, type Outcome, SampledChoices } from './choices.js'
export type { Clock, Millis } from './clock.js'
export { cloneGraph, cloneLazily, LazyRef } from './clone.js'
export {
  assertNever,
  type InputIssue,
  invariant,
  InvalidInputError,
  printIssue,
  type SourcePosition,
} from './errors.js'
export { type Event, EventQueue } from './event-queue.js'
export { Rng } from './rng.js'
