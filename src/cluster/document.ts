import type { Outcome } from '../base/index.js'
import { TRACE_API_VERSION, type TraceDocument, type TraceOutcome, type TraceQuestion } from '../trace/index.js'
import type { Answer, Ask } from './ask.js'
import { isRoutingChoice } from './load-balancer.js'

/** The document for a question and the ways it went, most probable first. */
export function documentOf(request: Ask, question: TraceQuestion, outcomes: readonly Outcome<Answer>[]): TraceDocument {
  const { client, target } = request
  const parsed = request.question
  return {
    apiVersion: TRACE_API_VERSION,
    kind: 'Trace',
    request: {
      from: question.from,
      to: question.to,
      protocol: target.protocol,
      sourcePort: target.protocol === 'icmp' ? null : (outcomes[0]?.value.sourcePort ?? parsed.sourcePort),
      destinationPort: target.port,
      size: parsed.size,
      df: parsed.df,
      ttl: parsed.ttl,
      namespace: parsed.namespace,
      sampled: question.sample === true,
      client: client.place,
    },
    outcomes: outcomes.map(outcomeOf),
  }
}

function outcomeOf({ probability, choices, value }: Outcome<Answer>): TraceOutcome {
  const { outcome } = value
  return {
    probability,
    choices,
    disposition: outcome.disposition,
    client: outcome.client,
    destination: outcome.destination,
    delivered: outcome.delivered,
    drop: outcome.drop,
    unknown: outcome.unknown,
    conversation: outcome.conversation,
  }
}

/**
 * Outcomes that differ only in how the name was looked up (which DNS server was asked), or in what a load balancer would
 * have done that no packet came to, become one: the first of them, with their probabilities together and the decisions
 * of the request alone. Most probable first, else in the order found.
 */
export function mergeOutcomes(outcomes: readonly Outcome<Answer>[]): Outcome<Answer>[] {
  const groups = new Map<string, Outcome<Answer>>()
  for (const outcome of outcomes) {
    const key = keyOf(outcome)
    const known = groups.get(key)
    groups.set(key, known === undefined ? outcome : merged(known, outcome))
  }
  return [...groups.values()].sort((a, b) => b.probability - a.probability)
}

function merged(known: Outcome<Answer>, other: Outcome<Answer>): Outcome<Answer> {
  return { ...known, probability: known.probability + other.probability, choices: requestChoices(other) }
}

/** Decisions of the request itself: taken after the name was known, and of some effect. */
function requestChoices({ choices, value }: Outcome<Answer>): Outcome<Answer>['choices'] {
  const own = choices.slice(value.lookupChoices)
  const leavesNodes = value.outcome.conversation.some(
    ({ kind, hops }) => kind !== 'arp' && hops.some(({ netns }) => netns === 'gateway'),
  )
  return leavesNodes ? own : own.filter(({ label }) => !isRoutingChoice(label))
}

/** What makes outcomes differ, the DNS packets left out: how it ended, and the request's own decisions. */
function keyOf(outcome: Outcome<Answer>): string {
  if (outcome.value.lookupChoices === 0) return JSON.stringify(requestChoices(outcome))
  const { disposition, client, destination, delivered, drop, unknown } = outcome.value.outcome
  const end = delivered === null ? null : [delivered.netns, delivered.address, delivered.port]
  const where = drop === null ? null : [drop.reason, drop.where, drop.rule, drop.netns]
  const decisions = requestChoices(outcome)
  return JSON.stringify([disposition, client.sees, destination, end, where, unknown?.rule ?? null, decisions])
}
