import type { TraceDocument, TraceOutcome, TraceRequest } from '../trace/index.js'

/** A trace in a few lines: the question, then a line or two for each outcome. For messages of failed tests. */
export function briefTrace({ request, outcomes }: TraceDocument): string {
  return [describeRequest(request), ...outcomes.flatMap(describeOutcome)].join('\n')
}

function describeRequest({ from, to, protocol, destinationPort }: TraceRequest): string {
  return `${from} to ${to} (${protocol}${destinationPort === null ? '' : ` port ${destinationPort}`}):`
}

function describeOutcome(outcome: TraceOutcome): string[] {
  const { client, disposition, probability } = outcome
  const detail = client.detail === null ? '' : ` (${client.detail})`
  const parts = [
    `  ${formatProbability(probability)}: the client sees ${client.sees}${detail}; the request was ${disposition}`,
    deliveryOf(outcome),
    dropOf(outcome),
    unknownOf(outcome),
  ]
  return parts.filter((part) => part !== null)
}

function deliveryOf({ delivered }: TraceOutcome): string | null {
  if (delivered === null) return null
  const { netns, node, address, port, source } = delivered
  const place = node === null || node === netns ? netns : `${netns} on ${node}`
  return `    delivered to ${place}, ${address}${port === null ? '' : `:${port}`}, from ${source}`
}

function dropOf({ drop }: TraceOutcome): string | null {
  if (drop === null) return null
  const rule = drop.rule === null ? '' : `\n    by ${drop.rule}`
  return `    packet ${drop.packet} dropped in ${drop.netns}: ${drop.reason}, ${drop.where}${rule}`
}

function unknownOf({ unknown }: TraceOutcome): string | null {
  return unknown === null ? null : `    ${unknown.extension} is not modelled, in ${unknown.netns}: ${unknown.rule}`
}

/** `1/3` reads better than 0.333…; what is no simple fraction is given in percent. */
export function formatProbability(p: number): string {
  for (let n = 1; n <= 64; n++) {
    const k = Math.round(p * n)
    if (k > 0 && Math.abs(p - k / n) < 1e-8) return n === 1 ? 'always' : `${k}/${n}`
  }
  return `${(p * 100).toPrecision(4)} %`
}
