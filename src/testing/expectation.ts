import { SEES_SUCCESS, type TraceOutcome } from '../trace/index.js'

/** Rules hold probabilities to 31 bits, and text to ten decimals. */
export const PROBABILITY_TOLERANCE = 1e-8

/** Probability of all outcomes that `holds` is true of. */
export function probabilityOf(outcomes: readonly TraceOutcome[], holds: (outcome: TraceOutcome) => boolean): number {
  return outcomes.reduce((sum, outcome) => (holds(outcome) ? sum + outcome.probability : sum), 0)
}

/** The client got its answer. */
export function isAnswered(outcome: TraceOutcome): boolean {
  return SEES_SUCCESS.has(outcome.client.sees)
}

/** `NS/NAME` of the pod that took the request, `node/NAME` for a node's own network, `external`; null: nobody did. */
export function receiverOf({ delivered }: TraceOutcome): string | null {
  if (delivered === null) return null
  if (delivered.pod !== null) return delivered.pod
  return delivered.node === null ? delivered.netns : `node/${delivered.node}`
}

/** A receiver as a test names it, in full: `web-0` is `default/web-0`. */
export function fullReceiver(text: string, namespace: string): string {
  return text === 'external' || text.includes('/') ? text : `${namespace}/${text}`
}

/** Every receiver that answers, with its probability; what gets no answer counts as what the client sees. */
export function sharesOf(outcomes: readonly TraceOutcome[]): Map<string, number> {
  const shares = new Map<string, number>()
  for (const outcome of outcomes) {
    const who = isAnswered(outcome) ? (receiverOf(outcome) ?? 'nobody') : outcome.client.sees
    shares.set(who, (shares.get(who) ?? 0) + outcome.probability)
  }
  return shares
}

/** Both name the same receivers with the same probabilities, within {@link PROBABILITY_TOLERANCE} each. */
export function sameShares(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean {
  return a.size === b.size && [...a].every(([who, p]) => Math.abs((b.get(who) ?? -1) - p) <= PROBABILITY_TOLERANCE)
}

/** The receiver saw this source: an address, or `ADDRESS:PORT`. */
export function sourceIs({ delivered }: TraceOutcome, source: string): boolean {
  if (delivered === null) return false
  return delivered.source === source || delivered.source.replace(/:\d+$/, '') === source
}
