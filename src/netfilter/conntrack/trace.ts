import type { ConntrackStep } from '../../trace/index.js'
import type { Packet } from '../../wire/index.js'
import type { HookState } from '../hooks.js'
import { connectionOf, ctStateOf, directionOf } from './state.js'
import { printTuple } from './tuple.js'

/** Records what tracking did with a packet. */
export function traceConntrack(
  pkt: Packet,
  state: HookState,
  action: ConntrackStep['action'],
  detail: string | null,
): void {
  const { trace } = state.env.sim
  if (trace === null) return
  const connection = connectionOf(pkt)
  trace.step(pkt.id, state.env.name, {
    kind: 'conntrack',
    action,
    state: ctStateOf(pkt),
    direction: connection === null ? null : directionOf(pkt.ctInfo),
    original: connection === null ? null : printTuple(connection.original),
    reply: connection === null ? null : printTuple(connection.reply),
    protocolState: connection?.tcp?.state ?? connection?.sctp?.state ?? null,
    detail,
  })
}
