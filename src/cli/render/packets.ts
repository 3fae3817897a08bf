import type { Step, TraceHop, TracePacket } from '../../trace/index.js'
import { renderSteps } from './step-lines.js'
import type { Style } from './style.js'
import { placeName } from './text.js'

/** One packet in full: a heading, then its hops grouped by node and namespace. */
export function renderPacket(packet: TracePacket, all: boolean, style: Style): string[] {
  const because = packet.because === null ? '' : `, because of packet ${packet.because}`
  const again = packet.retransmissionOf === null ? '' : `, packet ${packet.retransmissionOf} again`
  const at = packet.at === 0 ? '' : `, at ${milliseconds(packet.at)}`
  const made = style.dim(`${packet.kind}, made by ${packet.madeBy}${because}${again}${at}`)
  const heading = `${style.title(`packet ${packet.number}`)}  ${packet.text}  ${made}`
  return [heading, ...renderHops(packet.hops, all, style)]
}

/** Hops under the names of their places. */
export function renderHops(hops: readonly TraceHop[], all: boolean, style: Style): string[] {
  return hops.flatMap((hop) => [style.place(hopName(hop)), ...renderSteps(hop.steps, all, style)])
}

function hopName(hop: TraceHop): string {
  return hop.node === null || hop.node === hop.netns ? hop.netns : `${hop.node} · ${placeName(hop)}`
}

/** One packet in one line: what it is, its way, its end. */
export function renderPacketLine(packet: TracePacket, style: Style): string {
  const again = packet.retransmissionOf === null ? '' : ` (packet ${packet.retransmissionOf} again)`
  const at = packet.at === 0 ? '' : ` at ${milliseconds(packet.at)}`
  const what = `packet ${packet.number}  ${packet.text}${again}${at}`
  const way = packet.kind === 'dns' ? '' : `${packet.kind}: ${wayOf(packet.hops)}, `
  return style.dim(`${what}  ${way}${endOf(packet)}`)
}

/** Neighbouring ARP packets in one line. */
export function renderArp(packets: readonly TracePacket[], style: Style): string {
  const first = packets[0]!.number
  const last = packets.at(-1)!.number
  const numbers = first === last ? `packet ${first}` : `packets ${first}–${last}`
  return style.dim(`${numbers}  ${packets.map((packet) => packet.text).join('; ')}`)
}

/** One line a hop, the places of all packets in one column. */
export function renderBrief(packets: readonly TracePacket[], style: Style): string[] {
  const width = Math.max(0, ...packets.flatMap(({ hops }) => hops.map((hop) => hopName(hop).length)))
  return packets.flatMap((packet) =>
    packet.hops.map((hop) => {
      const said = hop.steps.flatMap((step) => briefly(step, style))
      const place = style.place(hopName(hop).padEnd(width))
      return `${String(packet.number).padStart(3)} ${packet.kind.padEnd(10)}  ${place}  ${said.join(', ')}`
    }),
  )
}

function wayOf(hops: readonly TraceHop[]): string {
  return hops.map((hop) => placeName(hop)).join(' → ')
}

function endOf(packet: TracePacket): string {
  const step = packet.hops.at(-1)?.steps.findLast((s) => s.kind === 'drop' || s.kind === 'socket')
  if (step?.kind === 'drop') return `dropped (${step.reason})`
  if (step?.kind === 'socket' && step.action === 'deliver') return 'delivered'
  if (step?.kind === 'socket' && step.action === 'refuse') return 'refused'
  return 'on its way'
}

function briefly(step: Step, style: Style): string[] {
  switch (step.kind) {
    case 'device':
      return [`${step.action === 'receive' ? 'in' : 'out'} ${step.device}`]
    case 'nat': {
      const end = step.manip === 'source' ? 'source' : 'destination'
      return [style.change(`${end} ${step.before[end]} → ${step.after[end]}`)]
    }
    case 'route':
      return [`route ${step.result}${step.device === null ? '' : ` dev ${step.device}`}`]
    case 'encapsulation':
      return [`${step.action} ${step.outer.source} > ${step.outer.destination}`]
    case 'socket':
      return [`${step.action} ${step.local}`]
    case 'reply':
      return [style.warn(`${step.action} ${step.detail}`)]
    case 'drop':
      return [style.bad(`DROP ${step.reason} (${step.where})`)]
    case 'unknown':
      return [style.warn(`UNKNOWN ${step.extension} (${step.where})`)]
    case 'fragment':
      return [`${step.action} ${step.count}`]
    default:
      return []
  }
}

/** Virtual time: `12 ms`, `1 s`. */
function milliseconds(at: number): string {
  return at < 1000 ? `${Number(at.toFixed(3))} ms` : `${Number((at / 1000).toFixed(3))} s`
}
