import { pcapng } from '../wire/index.js'
import type { RecordedFrame } from './recorder.js'

/**
 * The frames of one or more outcomes as one pcapng file: an interface per device, a comment per frame that names the
 * packet and the step before it. Outcomes follow one another, each in its own virtual time.
 */
export function capture(outcomes: readonly (readonly RecordedFrame[])[]): Uint8Array {
  const names: string[] = []
  const indexOf = new Map<string, number>()
  const packets = outcomes.flatMap((frames, outcome) =>
    frames.map((frame) => {
      const name = `${frame.netns}/${frame.device}`
      const index = indexOf.get(name) ?? names.push(name) - 1
      indexOf.set(name, index)
      const prefix = outcomes.length === 1 ? '' : `outcome ${outcome + 1} of ${outcomes.length}, `
      return {
        interface: index,
        timeMs: frame.at,
        bytes: frame.bytes,
        direction: frame.direction === 'in' ? ('inbound' as const) : ('outbound' as const),
        comment: `${prefix}packet ${frame.packet}: ${frame.comment}`,
      }
    }),
  )
  const interfaces = names.map((name) => ({ name, description: describeInterface(name) }))
  return pcapng.write({ interfaces, packets })
}

function describeInterface(name: string): string {
  const slash = name.lastIndexOf('/')
  return `device ${name.slice(slash + 1)} of ${name.slice(0, slash)}`
}
