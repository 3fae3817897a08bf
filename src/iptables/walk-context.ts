import type { Ipv4 } from '../addr/index.js'
import type { HookState } from '../netfilter/index.js'
import { ipv4, type Packet } from '../wire/index.js'
import type { CompiledTable, MatchStates } from './compile.js'
import type { SetLookups } from './set-lookups.js'
import type { TableName } from './types.js'

/** What matches and targets see of one packet in one walk (struct xt_action_param). Borrowed: do not keep. */
export class WalkContext {
  readonly table: TableName
  readonly states: MatchStates
  readonly pkt: Packet
  readonly state: HookState
  readonly sets: SetLookups
  readonly source: Ipv4
  readonly destination: Ipv4
  readonly protocol: number
  /** In units of 8 bytes, as the kernel's fragoff. */
  readonly fragmentOffset: number
  /** Where the transport header begins. */
  readonly transportAt: number
  /** Bytes counted. */
  readonly length: number
  readonly inName: string
  readonly outName: string
  /** What a target changed, for the trace; set only while one is taken. */
  effect: string | null = null
  /** A match found the packet malformed: drop it at once. */
  hotdrop = false

  constructor(table: CompiledTable, pkt: Packet, state: HookState, sets: SetLookups) {
    const view = pkt.view
    this.table = table.name
    this.states = table.states
    this.pkt = pkt
    this.state = state
    this.sets = sets
    this.source = ipv4.source(view, 0)
    this.destination = ipv4.destination(view, 0)
    this.protocol = ipv4.protocol(view, 0)
    this.fragmentOffset = ipv4.fragmentOffset(view, 0) / 8
    this.transportAt = ipv4.headerLength(view, 0)
    this.length = ipv4.totalLength(view, 0)
    this.inName = state.in === null ? '' : state.in.name
    this.outName = state.out === null ? '' : state.out.name
  }
}
