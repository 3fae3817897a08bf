import type { TraceOutcome } from '../../trace/index.js'

/** Outcomes that end alike for the one who asks: same backend, same experience, same drop. */
export interface OutcomeGroup {
  readonly probability: number
  readonly first: TraceOutcome
  readonly outcomes: readonly TraceOutcome[]
}

/** Groups outcomes (which DNS server answered, say, is no difference), most probable group first. */
export function groupOutcomes(outcomes: readonly TraceOutcome[]): OutcomeGroup[] {
  const groups = new Map<string, TraceOutcome[]>()
  for (const outcome of outcomes) {
    const key = keyOf(outcome)
    groups.set(key, [...(groups.get(key) ?? []), outcome])
  }
  return [...groups.values()]
    .map((members) => ({
      probability: members.reduce((sum, outcome) => sum + outcome.probability, 0),
      first: members[0]!,
      outcomes: members,
    }))
    .sort((a, b) => b.probability - a.probability)
}

function keyOf({ client, disposition, delivered, drop, destination }: TraceOutcome): string {
  const taker = delivered && [delivered.netns, delivered.address, delivered.port, withoutPort(delivered.source)]
  return JSON.stringify([client.sees, disposition, destination, taker, drop && [drop.reason, drop.where, drop.netns]])
}

/** Source ports chosen by masquerading differ between outcomes and mean nothing. */
function withoutPort(source: string): string {
  return source.replace(/:\d+$/, '')
}
