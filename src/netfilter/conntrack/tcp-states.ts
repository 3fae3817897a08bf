import { tcp } from '../../wire/index.js'
import type { TcpConntrackState, TcpSegmentKind } from './connection.js'
import type { Direction } from './tuple.js'

/** Where a segment leads: a state; `IGNORE`: believe nothing, let it pass; `INVALID`. */
export type TcpTransition = TcpConntrackState | 'IGNORE' | 'INVALID'

const CODES: Readonly<Record<string, TcpTransition>> = {
  NO: 'NONE',
  SS: 'SYN_SENT',
  SR: 'SYN_RECV',
  ES: 'ESTABLISHED',
  FW: 'FIN_WAIT',
  CW: 'CLOSE_WAIT',
  LA: 'LAST_ACK',
  TW: 'TIME_WAIT',
  CL: 'CLOSE',
  S2: 'SYN_SENT2',
  IG: 'IGNORE',
  IV: 'INVALID',
}

type Row = Readonly<Record<TcpConntrackState, TcpTransition>>

/** One row: what the segment does in each state, in the order NO SS SR ES FW CW LA TW CL S2. */
function row(codes: string): Row {
  const [no, ss, sr, es, fw, cw, la, tw, cl, s2] = codes.split(' ').map((code) => CODES[code]!)
  return {
    NONE: no!,
    SYN_SENT: ss!,
    SYN_RECV: sr!,
    ESTABLISHED: es!,
    FIN_WAIT: fw!,
    CLOSE_WAIT: cw!,
    LAST_ACK: la!,
    TIME_WAIT: tw!,
    CLOSE: cl!,
    SYN_SENT2: s2!,
  }
}

const FIN = row('IV IV FW FW LA LA LA TW CL IV')
const RST = row('IV CL CL CL CL CL CL CL CL CL')
const NONE = row('IV IV IV IV IV IV IV IV IV IV')

/** tcp_conntracks of nf_conntrack_proto_tcp.c: states are guessed from what passes in the middle. */
const TRANSITIONS: Readonly<Record<Direction, Readonly<Record<TcpSegmentKind, Row>>>> = {
  original: {
    syn: row('SS SS IG IG IG IG IG SS SS S2'),
    synack: row('IV IV SR IV IV IV IV IV IV SR'),
    fin: FIN,
    ack: row('ES IV ES ES CW CW TW TW CL IV'),
    rst: RST,
    none: NONE,
  },
  reply: {
    syn: row('IV S2 IV IV IV IV IV SS IV S2'),
    synack: row('IV SR IG IG IG IG IG IG IG SR'),
    fin: FIN,
    ack: row('IV IG SR ES CW CW TW TW CL IG'),
    rst: RST,
    none: NONE,
  },
}

/** Where a segment of this kind, sent in `direction`, leads from `state`. */
export function nextTcpState(direction: Direction, kind: TcpSegmentKind, state: TcpConntrackState): TcpTransition {
  return TRANSITIONS[direction][kind][state]
}

/** The kind that counts: RST before SYN before FIN before ACK (get_conntrack_index). */
export function kindOf(flags: number): TcpSegmentKind {
  if ((flags & tcp.RST) !== 0) return 'rst'
  if ((flags & tcp.SYN) !== 0) return (flags & tcp.ACK) !== 0 ? 'synack' : 'syn'
  if ((flags & tcp.FIN) !== 0) return 'fin'
  return (flags & tcp.ACK) !== 0 ? 'ack' : 'none'
}

/** Is the combination one that a sane TCP sends (tcp_valid_flags)? PSH, ECE and CWR go with anything. */
export function areFlagsValid(flags: number): boolean {
  switch (flags & (tcp.FIN | tcp.SYN | tcp.RST | tcp.ACK | tcp.URG)) {
    case tcp.SYN:
    case tcp.SYN | tcp.URG:
    case tcp.SYN | tcp.ACK:
    case tcp.RST:
    case tcp.RST | tcp.ACK:
    case tcp.FIN | tcp.ACK:
    case tcp.FIN | tcp.ACK | tcp.URG:
    case tcp.ACK:
    case tcp.ACK | tcp.URG:
      return true
    default:
      return false
  }
}
