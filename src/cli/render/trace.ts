import { describeStep, type Step, type TraceDocument, type TraceOutcome, type TracePacket } from '../../trace/index.js'
import { renderAnswer } from './answer.js'
import { groupOutcomes, type OutcomeGroup } from './outcome-groups.js'
import { renderArp, renderBrief, renderHops, renderPacket, renderPacketLine } from './packets.js'
import { plainStyle, type Style } from './style.js'
import { percent, ruler } from './text.js'

/** How much to print, and how. */
export interface RenderOptions {
  /** Every outcome and every packet in full. */
  readonly all?: boolean
  /** One line a hop. */
  readonly brief?: boolean
  readonly style?: Style
  /** Columns of the terminal; default 80. */
  readonly width?: number
}

/**
 * A trace as text: the answer first, then the most probable outcome hop by hop, then what differs in the others.
 * Pure: the same document and options give the same text. Ends with a newline.
 */
export function renderTrace(document: TraceDocument, options: RenderOptions = {}): string {
  const style = options.style ?? plainStyle
  const groups = groupOutcomes(document.outcomes)
  const lines = renderAnswer(document, style)
  const [main, ...others] = groups
  if (main !== undefined) lines.push('', ...renderOutcome(main.first, groups.length === 1 ? null : main, options))
  if (options.all === true) {
    const rest = document.outcomes.filter((outcome) => outcome !== main?.first)
    for (const outcome of rest) lines.push('', ...renderOutcome(outcome, { probability: outcome.probability }, options))
  } else if (main !== undefined) {
    const render = (group: OutcomeGroup): string[] =>
      options.brief === true ? renderOutcome(group.first, group, options) : renderDifference(main.first, group, options)
    for (const group of others) lines.push('', ...render(group))
  }
  return `${lines.join('\n')}\n`
}

function renderOutcome(
  outcome: TraceOutcome,
  group: Pick<OutcomeGroup, 'probability'> | null,
  options: RenderOptions,
): string[] {
  const style = options.style ?? plainStyle
  const width = options.width ?? 80
  const heading = group === null ? [] : [style.title(ruler(headingOf(outcome, group.probability), width)), '']
  const body = options.brief === true ? renderBrief(tellingPackets(outcome), style) : inFull(outcome, options, style)
  return [...heading, ...body]
}

function headingOf(outcome: TraceOutcome, probability: number): string {
  const to = outcome.delivered === null ? outcome.disposition : outcome.delivered.netns
  return `${percent(probability)}: ${outcome.client.sees}, ${to}`
}

function inFull(outcome: TraceOutcome, options: RenderOptions, style: Style): string[] {
  const all = options.all === true
  const full = all ? new Set(outcome.conversation) : new Set(tellingPackets(outcome))
  const lines: string[] = []
  let arps: TracePacket[] = []
  const flush = (): void => {
    if (arps.length > 0) lines.push(renderArp(arps, style))
    arps = []
  }
  for (const packet of outcome.conversation) {
    if (packet.kind === 'arp' && !full.has(packet)) {
      arps.push(packet)
      continue
    }
    flush()
    if (!full.has(packet)) lines.push(renderPacketLine(packet, style))
    else lines.push(...(lines.length > 0 && lines.at(-1) !== '' ? [''] : []), ...renderPacket(packet, all, style), '')
  }
  flush()
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines
}

/** The packets that tell the story: the first request, the first reply, errors, and the one that was dropped or not known. */
function tellingPackets(outcome: TraceOutcome): TracePacket[] {
  const { conversation, drop, unknown } = outcome
  const request = conversation.find((packet) => packet.kind === 'request')
  const reply = conversation.find((packet) => packet.kind === 'reply')
  const repeats = new Set(conversation.filter((packet) => packet.retransmissionOf !== null).map(({ number }) => number))
  const errors = conversation.filter(({ kind, number, because }) => {
    return kind === 'icmp-error' && !repeats.has(number) && !(because !== null && repeats.has(because))
  })
  const lost = conversation.filter(({ number }) => number === drop?.packet || number === unknown?.packet)
  const repeated = lost.filter(
    ({ retransmissionOf }) => retransmissionOf === null || retransmissionOf !== request?.number,
  )
  const telling = new Set([request, reply, ...errors, ...repeated])
  return conversation.filter((packet) => telling.has(packet))
}

/** What another outcome does differently: its end, and the deciding steps of its request that the main one lacks. */
function renderDifference(main: TraceOutcome, group: OutcomeGroup, options: RenderOptions): string[] {
  const style = options.style ?? plainStyle
  const heading = style.title(ruler(headingOf(group.first, group.probability), options.width ?? 80))
  const known = new Set(decidingSteps(main).map(describeStep))
  const hops = (requestOf(group.first)?.hops ?? []).map((hop) => ({
    ...hop,
    steps: hop.steps.filter((step) => isDeciding(step) && !known.has(describeStep(step))),
  }))
  const lines = renderHops(
    hops.filter(({ steps }) => steps.length > 0),
    false,
    style,
  )
  return [heading, ...(lines.length > 0 ? lines : [style.dim('  the request takes the same way')])]
}

function requestOf(outcome: TraceOutcome): TracePacket | undefined {
  return outcome.conversation.find(({ kind }) => kind === 'request')
}

function decidingSteps(outcome: TraceOutcome): Step[] {
  return (requestOf(outcome)?.hops ?? []).flatMap(({ steps }) => steps.filter(isDeciding))
}

/** Steps that tell one outcome from another: rules that choose a backend or drop, translations, tunnels, the end. */
function isDeciding(step: Step): boolean {
  switch (step.kind) {
    case 'rule':
      return (
        step.action === 'drop' ||
        (step.matched && step.table === 'nat' && step.chain !== step.hook && step.action !== 'return')
      )
    case 'encapsulation':
      return step.action === 'encapsulate'
    case 'nat':
    case 'socket':
    case 'reply':
    case 'drop':
    case 'unknown':
      return true
    default:
      return false
  }
}
