import type { TraceDocument, TraceOutcome, TracePacket } from '../../trace/index.js'
import { renderAnswer } from './answer.js'
import { groupOutcomes, type OutcomeGroup } from './outcome-groups.js'
import { renderArp, renderBrief, renderPacket, renderPacketLine } from './packets.js'
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
    for (const group of others) lines.push('', ...renderDifference(main.first, group, options))
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
  const body = options.brief === true ? briefly(outcome, options, style) : inFull(outcome, options, style)
  return [...heading, ...body]
}

function headingOf(outcome: TraceOutcome, probability: number): string {
  const to = outcome.delivered === null ? outcome.disposition : outcome.delivered.netns
  return `${percent(probability)}: ${outcome.client.sees}, ${to}`
}

function briefly(outcome: TraceOutcome, options: RenderOptions, style: Style): string[] {
  const shown = outcome.conversation.filter((packet) => options.all === true || !isSide(packet))
  return shown.flatMap((packet) => renderBrief(packet, style))
}

/** Packets that only accompany the ones asked about. */
function isSide(packet: TracePacket): boolean {
  return packet.kind === 'arp' || packet.kind === 'dns' || packet.retransmissionOf !== null
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
  return [request, reply, ...errors, ...repeated].filter((packet) => packet !== undefined)
}

/** What another outcome does differently: its end, and the deciding steps of its request that the main one lacks. */
function renderDifference(main: TraceOutcome, group: OutcomeGroup, options: RenderOptions): string[] {
  const style = options.style ?? plainStyle
  const heading = style.title(ruler(headingOf(group.first, group.probability), options.width ?? 80))
  const known = new Set(decidingLines(main, options))
  const lines = decidingLines(group.first, options).filter((line) => !known.has(line))
  const hint = lines.length === 0 ? [style.dim('  the request takes the same way')] : []
  return [heading, ...lines, ...hint]
}

function decidingLines(outcome: TraceOutcome, options: RenderOptions): string[] {
  const style = options.style ?? plainStyle
  const request = outcome.conversation.find((packet) => packet.kind === 'request')
  const hops = (request?.hops ?? []).map((hop) => ({
    ...hop,
    steps: hop.steps.filter((step) => DECIDING.has(step.kind) && !(step.kind === 'rule' && !step.matched)),
  }))
  const lines =
    request === undefined
      ? []
      : renderPacket({ ...request, hops: hops.filter((h) => h.steps.length > 0) }, false, style)
  return lines.slice(1)
}

const DECIDING: ReadonlySet<string> = new Set([
  'rule',
  'nat',
  'route',
  'encapsulation',
  'socket',
  'reply',
  'drop',
  'unknown',
])
