import type {} from 'vitest'
import type { TraceQuestion } from '../trace/index.js'
import type { Delivery, Dropping, Reach } from './matchers.js'

declare module 'vitest' {
  // The parameter must stand here as vitest declares it.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any, @typescript-eslint/no-unused-vars
  interface Matchers<T = any> {
    /** On a Cluster: the question is answered, by the given pod, seeing the given source, with the given probability. */
    toDeliver(expected: Delivery): void
    /** On a Cluster: every outcome is a refusal: nothing listens, or a rule rejects. */
    toRefuse(question: TraceQuestion): void
    /** On a Cluster: in every outcome a packet dies and the client gets no answer; for the given reason, if any. */
    toDrop(expected: Dropping): void
    /** On a Cluster: just these receivers answer, equally often or with the given probabilities. */
    toReach(expected: Reach): void
    /** On a trace: the client gets its answer in every outcome. */
    toBeAnswered(): void
  }
}
