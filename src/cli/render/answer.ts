import {
  DROP_REASONS,
  SEES_SUCCESS,
  type TraceDelivery,
  type TraceDocument,
  type TraceOutcome,
} from '../../trace/index.js'
import { groupOutcomes, type OutcomeGroup } from './outcome-groups.js'
import type { Style } from './style.js'
import { count, percent, placeName, table } from './text.js'

/** The question in one line, then the answer: who got it, what the client sees, how probable each way is. */
export function renderAnswer(document: TraceDocument, style: Style): string[] {
  const groups = groupOutcomes(document.outcomes)
  const lines = [style.title(question(document)), '']
  const [only] = groups
  if (only === undefined) return [...lines, 'No outcome.']
  if (groups.length === 1) return [...lines, ...paragraph(only, document, style)]
  return [...lines, ...summary(groups, document, style), ...outcomeTable(groups, style), ...explanations(groups, style)]
}

function question({ request }: TraceDocument): string {
  const { client } = request
  const asNamed = [client.netns, `pod/${client.pod}`, `node/${client.node}`].includes(request.from)
  const asked = asNamed ? '' : `; from ${placeName(client)}`
  const where = client.node === null || client.node === client.netns ? '' : `${asNamed ? ';' : ''} on ${client.node}`
  const size = request.size === 0 ? '' : `, ${count(request.size, 'byte')}`
  const flags = `${request.df ? ', DF' : ''}${request.ttl === null ? '' : `, ttl ${request.ttl}`}`
  return `${request.from} → ${request.to}  (${request.protocol}${size}${flags}${asked}${where})`
}

function paragraph({ first }: OutcomeGroup, document: TraceDocument, style: Style): string[] {
  const sampled = document.request.sampled
    ? ` One outcome was sampled; its probability is ${percent(first.probability)}.`
    : ''
  return [`${verdict(first, style)}${sampled}`, ...detailsOf(first, style)]
}

function summary(groups: readonly OutcomeGroup[], document: TraceDocument, style: Style): string[] {
  const good = groups.filter((group) => SEES_SUCCESS.has(group.first.client.sees))
  const chance = good.reduce((sum, group) => sum + group.probability, 0)
  const all = good.length === groups.length
  const text = all
    ? style.good(`The client gets its answer in each of ${groups.length} ways it can go.`)
    : style.bad(`The client gets its answer with probability ${percent(chance)}; ${groups.length} ways it can go.`)
  const where = document.outcomes[0]?.destination
  const address = where === null || where === undefined ? '' : ` It sends to ${endpointText(where)}.`
  return [text + address, '']
}

function outcomeTable(groups: readonly OutcomeGroup[], style: Style): string[] {
  const heading = ['PROBABILITY', 'CLIENT SEES', 'DELIVERED TO', 'NODE', 'ADDRESS', 'SOURCE SEEN']
  const rows = groups.map(({ probability, first }) => [
    percent(probability),
    first.client.sees,
    ...(first.delivered === null ? ['-', '-', '-', '-'] : deliveryCells(first.delivered)),
  ])
  return table([heading, ...rows]).map((line, index) => (index === 0 ? style.dim(line) : line))
}

function deliveryCells(delivered: TraceDelivery): string[] {
  return [placeName(delivered), delivered.node ?? '-', endpointText(delivered), delivered.source]
}

function explanations(groups: readonly OutcomeGroup[], style: Style): string[] {
  const failed = groups.filter((group) => !SEES_SUCCESS.has(group.first.client.sees))
  return failed.flatMap(({ first, probability }) => [
    '',
    `${percent(probability)}: ${verdict(first, style)}`,
    ...detailsOf(first, style),
  ])
}

function verdict({ client }: TraceOutcome, style: Style): string {
  const paint = SEES_SUCCESS.has(client.sees) ? style.good : client.sees === 'unknown' ? style.warn : style.bad
  const detail = client.detail === null ? '' : ` (${client.detail})`
  return `The client sees: ${paint(client.sees)}${detail}.`
}

function detailsOf(outcome: TraceOutcome, style: Style): string[] {
  const { delivered, drop, unknown, destination } = outcome
  const lines: string[] = []
  if (delivered !== null) {
    const node = delivered.node === null || delivered.node === delivered.netns ? '' : ` on ${delivered.node}`
    const process = delivered.process === null ? '' : ` (${delivered.process})`
    const sent = destination === null ? '' : `, sent to ${endpointText(destination)}`
    lines.push(
      `Delivered to ${style.place(placeName(delivered))}${node} as ${endpointText(delivered)}${process}${sent}.`,
    )
    lines.push(`It sees the source ${style.change(delivered.source)}${insteadOf(outcome)}.`)
  } else {
    lines.push(`The request ${endOf(outcome)}.`)
  }
  if (drop !== null) {
    const what = `${drop.reason}: ${DROP_REASONS[drop.reason]}`
    lines.push(`${style.bad('Dropped')} in ${placeOfDrop(drop.netns)}, ${drop.where} (${what}); packet ${drop.packet}.`)
    if (drop.rule !== null) lines.push(`  ${drop.rule}`)
  }
  if (unknown !== null) {
    lines.push(
      `${style.warn('Not known')}: ${unknown.extension} is not modelled, and it had to decide in ${unknown.where} of ${unknown.netns}.`,
    )
    lines.push(`  ${unknown.rule}`)
  }
  return lines
}

/** Whose address the receiver sees in place of the client's own, and what changed it. */
function insteadOf({ delivered, conversation }: TraceOutcome): string {
  const request = conversation.find(({ kind }) => kind === 'request')
  if (request === undefined || delivered === null || request.from === delivered.source) return ''
  const steps = request.hops.flatMap((hop) => hop.steps)
  const nat = steps.findLast((step) => step.kind === 'nat' && step.manip === 'source')
  const why = nat?.kind === 'nat' ? ` (${nat.why})` : ''
  return ` instead of ${request.from}${why}`
}

const ENDS: Readonly<Record<TraceOutcome['disposition'], string>> = {
  accepted: 'was accepted',
  'exits-network': 'left the cluster network',
  'refused-no-listener': 'arrived where nothing listens',
  'denied-in-netfilter': 'was dropped by netfilter',
  'rejected-in-netfilter': 'was rejected by a rule',
  'no-route': 'found no route',
  'neighbour-unreachable': 'found nobody to answer ARP for its next hop',
  martian: 'was refused for its addresses',
  'dropped-in-bridge': 'was dropped by a bridge',
  'ttl-exceeded': 'ran out of TTL',
  'too-big': 'was too big for the way',
  dropped: 'was dropped',
  lost: 'did not arrive anywhere',
  'not-sent': 'was never sent',
  unknown: 'met a rule whose verdict is not known',
}

function endOf(outcome: TraceOutcome): string {
  const to = outcome.destination === null ? '' : ` (sent to ${endpointText(outcome.destination)})`
  return `${ENDS[outcome.disposition]}${to}`
}

function placeOfDrop(netns: string): string {
  return netns.startsWith('pod/') ? `pod ${netns.slice(4)}` : netns
}

function endpointText({ address, port }: { readonly address: string; readonly port: number | null }): string {
  return port === null ? address : `${address}:${port}`
}
