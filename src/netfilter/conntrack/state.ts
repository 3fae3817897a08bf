import type { CtInfo, Packet } from '../../wire/index.js'
import { Connection } from './connection.js'
import type { Direction } from './tuple.js'

/** A packet's state as `--ctstate` names it. */
export type CtState = 'NEW' | 'ESTABLISHED' | 'RELATED' | 'INVALID' | 'UNTRACKED'

/** The packet's connection (nf_ct_get); null for untracked and invalid packets and before tracking. */
export function connectionOf(pkt: Packet): Connection | null {
  return pkt.nfct instanceof Connection ? pkt.nfct : null
}

/** The direction a ctinfo stands for (CTINFO2DIR). */
export function directionOf(info: CtInfo): Direction {
  return info === 'established-reply' || info === 'related-reply' ? 'reply' : 'original'
}

/** State for the `conntrack` and `state` matches; a packet that was never tracked counts as INVALID, as there. */
export function ctStateOf(pkt: Packet): CtState {
  switch (pkt.ctInfo) {
    case 'new':
      return connectionOf(pkt) === null ? 'INVALID' : 'NEW'
    case 'established':
    case 'established-reply':
      return 'ESTABLISHED'
    case 'related':
    case 'related-reply':
      return 'RELATED'
    case 'untracked':
      return 'UNTRACKED'
    case 'none':
    case 'invalid':
      return 'INVALID'
  }
}

/**
 * Ties a packet that the host makes because of another (an ICMP error, a reset) to that one's connection, in the
 * other direction (nf_ct_attach): it is RELATED, and NAT translates it even if the connection dies unconfirmed.
 */
export function attachConntrack(made: Packet, because: Packet): void {
  const connection = connectionOf(because)
  if (connection === null) return
  made.nfct = connection
  made.ctInfo = directionOf(because.ctInfo) === 'original' ? 'related-reply' : 'related'
}

/** Forgets tracking, as a packet does that leaves its namespace (nf_reset_ct). */
export function resetConntrack(pkt: Packet): void {
  pkt.nfct = null
  pkt.ctInfo = 'none'
}
