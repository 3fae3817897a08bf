import { ipv4, type Packet } from '../../wire/index.js'
import { account } from '../conntrack/refresh.js'
import { connectionOf, directionOf } from '../conntrack/state.js'
import type { Connection } from '../conntrack/connection.js'
import type { HookFunction, HookState, Verdict } from '../hooks.js'
import { isNatDone, setupNullBinding } from './setup.js'
import { manipAt, translate, translateIcmpError } from './translate.js'

/** The rules of the nat table at the hook: they may call {@link setupNat}. */
export interface NatRules {
  lookup(pkt: Packet, state: HookState): Verdict
}

/**
 * The nat table at one hook (nf_nat_inet_fn and its IPv4 wrappers): rules decide about the first packet of a
 * connection, once per end; all other packets, of both directions, follow that decision.
 */
export class NatHook implements HookFunction {
  readonly name: string
  readonly priority: number
  private readonly rules: NatRules

  constructor(name: string, priority: number, rules: NatRules) {
    this.name = name
    this.priority = priority
    this.rules = rules
  }

  run(pkt: Packet, state: HookState): Verdict {
    const connection = connectionOf(pkt)
    if (connection === null) return 'accept'
    const destination = ipv4.destination(pkt.view, 0)
    const verdict = this.runFor(connection, pkt, state)
    const moved = state.hook === 'PREROUTING' && ipv4.destination(pkt.view, 0) !== destination
    if (moved) pkt.dst = null
    return verdict
  }

  private runFor(connection: Connection, pkt: Packet, state: HookState): Verdict {
    const { ctInfo } = pkt
    const isRelated = ctInfo === 'related' || ctInfo === 'related-reply'
    if (isRelated && ipv4.protocol(pkt.view, 0) === ipv4.PROTOCOL.ICMP) {
      return translateIcmpError(pkt, connection, state)
    }
    const manip = manipAt(state)
    if ((isRelated || ctInfo === 'new') && !isNatDone(connection, manip)) {
      const verdict = this.rules.lookup(pkt, state)
      if (verdict !== 'accept') return verdict
      if (!isNatDone(connection, manip)) {
        const bound = setupNullBinding(pkt, connection, manip, state)
        if (bound !== 'accept') return bound
      }
    } else if (outgoingDeviceChanged(connection, pkt, state)) {
      account(connection, directionOf(ctInfo), pkt)
      connection.table.remove(connection)
      state.drop = { reason: 'NETFILTER_DROP', where: 'nat: leaves by another device than masqueraded for', rule: null }
      return 'drop'
    }
    return translate(pkt, connection, state)
  }
}

/** nf_nat_oif_changed: a masqueraded connection that is now routed elsewhere would carry the wrong address. */
function outgoingDeviceChanged(connection: Connection, pkt: Packet, state: HookState): boolean {
  return (
    connection.masqueradeIndex !== 0 &&
    state.hook === 'POSTROUTING' &&
    directionOf(pkt.ctInfo) === 'original' &&
    state.out !== null &&
    state.out.ifindex !== connection.masqueradeIndex
  )
}
