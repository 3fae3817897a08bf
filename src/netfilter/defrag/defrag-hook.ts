import { ipv4, type Packet } from '../../wire/index.js'
import { Connection } from '../conntrack/connection.js'
import { ConntrackTemplate, zoneId } from '../conntrack/zone.js'
import { type HookFunction, HOOK_PRIORITY, type HookState, type Verdict } from '../hooks.js'
import { type DefragUser, Reassembler } from './reassembler.js'

/** Reassembles before connection tracking looks (ipv4_conntrack_defrag); `stolen` until the last fragment. */
export class DefragHook implements HookFunction {
  readonly name: string = 'conntrack defrag'
  readonly priority: number = HOOK_PRIORITY.CONNTRACK_DEFRAG
  private readonly reassembler: Reassembler = new Reassembler()

  run(pkt: Packet, state: HookState): Verdict {
    if (!ipv4.isFragment(pkt.view, 0)) return 'accept'
    if (pkt.nfct instanceof Connection || pkt.ctInfo === 'untracked') return 'accept'
    const zone = pkt.nfct instanceof ConntrackTemplate ? zoneId(pkt.nfct.zone, 'original') : 0
    if (!this.reassembler.add(pkt, state.env, userOf(pkt, state), zone)) return 'stolen'
    pkt.ignoreDf = true
    return 'accept'
  }
}

/** nf_ct_defrag_user */
function userOf(pkt: Packet, state: HookState): DefragUser {
  if (pkt.bridge !== null && pkt.bridge.inPrerouting) return 'conntrack bridge in'
  return state.hook === 'PREROUTING' ? 'conntrack in' : 'conntrack out'
}
