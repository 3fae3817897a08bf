import { sctp } from '../../wire/index.js'
import type { SctpConntrackState } from './connection.js'
import type { Direction } from './tuple.js'

const CODES: Readonly<Record<string, SctpConntrackState | 'INVALID'>> = {
  CL: 'CLOSED',
  CW: 'COOKIE_WAIT',
  CE: 'COOKIE_ECHOED',
  ES: 'ESTABLISHED',
  SS: 'SHUTDOWN_SENT',
  SR: 'SHUTDOWN_RECD',
  SA: 'SHUTDOWN_ACK_SENT',
  HS: 'HEARTBEAT_SENT',
  IV: 'INVALID',
}

type Row = Readonly<Record<SctpConntrackState, SctpConntrackState | 'INVALID'>>

/** One row: what the chunk does in each state, in the order NO CL CW CE ES SS SR SA HS. */
function row(codes: string): Row {
  const [no, cl, cw, ce, es, ss, sr, sa, hs] = codes.split(' ').map((code) => CODES[code]!)
  return {
    NONE: no!,
    CLOSED: cl!,
    COOKIE_WAIT: cw!,
    COOKIE_ECHOED: ce!,
    ESTABLISHED: es!,
    SHUTDOWN_SENT: ss!,
    SHUTDOWN_RECD: sr!,
    SHUTDOWN_ACK_SENT: sa!,
    HEARTBEAT_SENT: hs!,
  }
}

const { CHUNK } = sctp

/** sctp_conntracks of nf_conntrack_proto_sctp.c, by chunk type; other chunks change nothing. */
const TRANSITIONS: Readonly<Record<Direction, ReadonlyMap<number, Row>>> = {
  original: new Map([
    [CHUNK.INIT, row('CL CL CW CE ES CL CL SA CW')],
    [CHUNK.INIT_ACK, row('CL CL CW CE ES SS SR SA CL')],
    [CHUNK.ABORT, row('CL CL CL CL CL CL CL CL CL')],
    [CHUNK.SHUTDOWN, row('CL CL CW CE SS SS SR SA CL')],
    [CHUNK.SHUTDOWN_ACK, row('SA CL CW CE ES SA SA SA SA')],
    [CHUNK.ERROR, row('CL CL CW CE ES SS SR SA CL')],
    [CHUNK.COOKIE_ECHO, row('CL CL CE CE ES SS SR SA CL')],
    [CHUNK.COOKIE_ACK, row('CL CL CW ES ES SS SR SA CL')],
    [CHUNK.SHUTDOWN_COMPLETE, row('CL CL CW CE ES SS SR CL CL')],
    [CHUNK.HEARTBEAT, row('HS CL CW CE ES SS SR SA HS')],
    [CHUNK.HEARTBEAT_ACK, row('CL CL CW CE ES SS SR SA HS')],
  ]),
  reply: new Map([
    [CHUNK.INIT, row('IV CL CW CE ES SS SR SA IV')],
    [CHUNK.INIT_ACK, row('IV CW CW CE ES SS SR SA IV')],
    [CHUNK.ABORT, row('IV CL CL CL CL CL CL CL IV')],
    [CHUNK.SHUTDOWN, row('IV CL CW CE SR SS SR SA IV')],
    [CHUNK.SHUTDOWN_ACK, row('IV CL CW CE ES SA SA SA IV')],
    [CHUNK.ERROR, row('IV CL CW CL ES SS SR SA IV')],
    [CHUNK.COOKIE_ECHO, row('IV CL CE CE ES SS SR SA IV')],
    [CHUNK.COOKIE_ACK, row('IV CL CW ES ES SS SR SA IV')],
    [CHUNK.SHUTDOWN_COMPLETE, row('IV CL CW CE ES SS SR CL IV')],
    [CHUNK.HEARTBEAT, row('IV CL CW CE ES SS SR SA HS')],
    [CHUNK.HEARTBEAT_ACK, row('IV CL CW CE ES SS SR SA ES')],
  ]),
}

/** Where a chunk, sent in `direction`, leads from `state`. */
export function nextSctpState(
  direction: Direction,
  chunk: number,
  state: SctpConntrackState,
): SctpConntrackState | 'INVALID' {
  return TRANSITIONS[direction].get(chunk)?.[state] ?? state
}
