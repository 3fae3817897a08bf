import type { NatStep, SocketStep, TraceOutcome, TracePacket } from '../../src/trace/index.js'

/** Steps of one packet in the order they happened. */
export function stepsOf(packet: TracePacket): TracePacket['hops'][number]['steps'] {
  return packet.hops.flatMap((hop) => hop.steps)
}

/** The request as it was first sent. */
export function requestOf({ conversation }: TraceOutcome): TracePacket | undefined {
  return conversation.find(({ kind }) => kind === 'request')
}

/** Where the request goes once its destination is translated; null when no rule translated it. */
export function backendOf(outcome: TraceOutcome): string | null {
  const steps = stepsOf(requestOf(outcome) ?? outcome.conversation[0]!)
  const dnat = steps.findLast((step): step is NatStep => step.kind === 'nat' && step.manip === 'destination')
  return dnat?.after.destination ?? null
}

/** The delivery of the first reply to the client's socket, if it came that far. */
export function replyDelivery(outcome: TraceOutcome): SocketStep | undefined {
  const replies = outcome.conversation.filter(({ kind }) => kind === 'reply')
  return replies
    .flatMap(stepsOf)
    .find((step): step is SocketStep => step.kind === 'socket' && step.action === 'deliver')
}

/** Outcomes grouped by `keyOf`, with the sum of their probabilities. */
export function sharesBy<K>(outcomes: readonly TraceOutcome[], keyOf: (outcome: TraceOutcome) => K): Map<K, number> {
  const shares = new Map<K, number>()
  for (const outcome of outcomes) {
    const key = keyOf(outcome)
    shares.set(key, (shares.get(key) ?? 0) + outcome.probability)
  }
  return shares
}
