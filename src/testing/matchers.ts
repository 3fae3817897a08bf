import { Cluster } from '../cluster/index.js'
import type { DropReason, TraceDocument, TraceOutcome, TraceQuestion } from '../trace/index.js'
import { briefTrace, formatProbability } from './brief-trace.js'
import {
  fullReceiver,
  isAnswered,
  PROBABILITY_TOLERANCE,
  probabilityOf,
  receiverOf,
  sameShares,
  sharesOf,
  sourceIs,
} from './expectation.js'

/** A question, and who is to answer it. */
export interface Delivery extends TraceQuestion {
  /** Who takes it: `[NAMESPACE/]NAME` of a pod, `node/NAME` for a node's own network, or `external`. */
  readonly pod?: string
  /** Source that the receiver sees: `10.244.0.1`, or with its port. */
  readonly source?: string
  /** How probable that is; default 1. */
  readonly probability?: number
}

/** A question, and why it is to get no answer. */
export interface Dropping extends TraceQuestion {
  readonly reason?: DropReason
}

/** A question, and everyone who is to answer it. */
export interface Reach extends TraceQuestion {
  /** Named as {@link Delivery.pod}: all equally probable, or each with its probability. */
  readonly pods: readonly string[] | Readonly<Record<string, number>>
}

/** What a matcher gives to `expect`. */
export interface MatcherResult {
  readonly pass: boolean
  readonly message: () => string
}

/** Matchers about clusters and traces, by name; {@link installMatchers} adds them to `expect`. */
export interface KubehopMatchers {
  readonly toDeliver: (received: unknown, expected: Delivery) => MatcherResult
  readonly toRefuse: (received: unknown, question: TraceQuestion) => MatcherResult
  readonly toDrop: (received: unknown, expected: Dropping) => MatcherResult
  readonly toReach: (received: unknown, expected: Reach) => MatcherResult
  readonly toBeAnswered: (received: unknown) => MatcherResult
}

export const matchers: KubehopMatchers = { toDeliver, toRefuse, toDrop, toReach, toBeAnswered }

/** Adds the matchers to vitest's `expect`. Call it once, in a setup file or at the top of a test. */
export function installMatchers(expect: { extend: (matchers: Record<string, never>) => void }): void {
  expect.extend({ ...matchers } as unknown as Record<string, never>)
}

function toDeliver(received: unknown, { pod, source, probability = 1, ...question }: Delivery): MatcherResult {
  const trace = traceOf('toDeliver', received, question)
  const who = pod === undefined ? null : fullReceiver(pod, trace.request.namespace)
  const found = probabilityOf(
    trace.outcomes,
    (o) => isAnswered(o) && (who === null || receiverOf(o) === who) && (source === undefined || sourceIs(o, source)),
  )
  const wish = ['an answer', who === null ? '' : ` by ${who}`, source === undefined ? '' : ` that sees ${source}`].join(
    '',
  )
  return result(trace, near(found, probability), `${wish} (${formatProbability(probability)})`)
}

function toRefuse(received: unknown, question: TraceQuestion): MatcherResult {
  const trace = traceOf('toRefuse', received, question)
  return result(
    trace,
    always(trace, (o) => o.client.sees === 'refused'),
    'a refusal',
  )
}

function toDrop(received: unknown, { reason, ...question }: Dropping): MatcherResult {
  const trace = traceOf('toDrop', received, question)
  const dropped = (o: TraceOutcome): boolean =>
    o.drop !== null &&
    !isAnswered(o) &&
    o.client.sees !== 'refused' &&
    (reason === undefined || o.drop.reason === reason)
  return result(trace, always(trace, dropped), `a drop${reason === undefined ? '' : ` for ${reason}`}`)
}

function toReach(received: unknown, { pods, ...question }: Reach): MatcherResult {
  const trace = traceOf('toReach', received, question)
  const named = Array.isArray(pods)
    ? (pods as readonly string[]).map((pod): [string, number] => [pod, 1 / pods.length])
    : Object.entries(pods as Readonly<Record<string, number>>)
  const wanted = new Map(named.map(([pod, p]) => [fullReceiver(pod, trace.request.namespace), p]))
  const wish = [...wanted].map(([pod, p]) => `${pod} (${formatProbability(p)})`).join(', ')
  return result(trace, sameShares(wanted, sharesOf(trace.outcomes)), `answers by just ${wish}`)
}

function toBeAnswered(received: unknown): MatcherResult {
  if (!isTrace(received)) throw new TypeError('toBeAnswered needs a trace, as cluster.trace() gives it')
  return result(received, always(received, isAnswered), 'an answer')
}

function traceOf(matcher: string, received: unknown, question: TraceQuestion): TraceDocument {
  if (!(received instanceof Cluster)) throw new TypeError(`${matcher} needs a Cluster`)
  return received.trace(question)
}

function isTrace(value: unknown): value is TraceDocument {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'Trace'
}

function always({ outcomes }: TraceDocument, holds: (outcome: TraceOutcome) => boolean): boolean {
  return outcomes.length > 0 && outcomes.every(holds)
}

function near(found: number, wanted: number): boolean {
  return Math.abs(found - wanted) <= PROBABILITY_TOLERANCE
}

/** `wish` is what was expected, in words; the message of a negated matcher says so. */
function result(trace: TraceDocument, pass: boolean, wish: string): MatcherResult {
  return { pass, message: () => `expected ${pass ? 'anything but ' : ''}${wish}\n\n${briefTrace(trace)}` }
}
