import { type HookFunction, HOOK_PRIORITY, type HookState, type Verdict } from '../netfilter/index.js'
import { ipv4, type Packet } from '../wire/index.js'
import { routeMeHarder } from './ip-output.js'
import type { Namespace } from './namespace.js'

/** What the tables at OUTPUT may change so that the packet must be routed again. */
class Before {
  source = 0
  destination = 0
  tos = 0
  mark = 0

  note(pkt: Packet): void {
    this.source = ipv4.source(pkt.view, 0)
    this.destination = ipv4.destination(pkt.view, 0)
    this.tos = ipv4.tos(pkt.view, 0)
    this.mark = pkt.mark
  }
}

class Note implements HookFunction {
  readonly name: string
  readonly priority: number
  private readonly before: Before

  constructor(table: string, priority: number, before: Before) {
    this.name = `note before ${table}`
    this.priority = priority
    this.before = before
  }

  run(pkt: Packet): Verdict {
    this.before.note(pkt)
    return 'accept'
  }
}

/** ipt_mangle_out: routes again if source, destination, TOS or mark changed. */
class AfterMangle implements HookFunction {
  readonly name: string = 'reroute after mangle'
  readonly priority: number = HOOK_PRIORITY.MANGLE + 1
  private readonly ns: Namespace
  private readonly before: Before

  constructor(ns: Namespace, before: Before) {
    this.ns = ns
    this.before = before
  }

  run(pkt: Packet, state: HookState): Verdict {
    const b = this.before
    const same =
      ipv4.source(pkt.view, 0) === b.source &&
      ipv4.destination(pkt.view, 0) === b.destination &&
      pkt.mark === b.mark &&
      ipv4.tos(pkt.view, 0) === b.tos
    return same ? 'accept' : reroute(this.ns, pkt, state)
  }
}

/** nf_nat_ipv4_local_fn: routes again if NAT changed the destination; a mark alone does not count here. */
class AfterNat implements HookFunction {
  readonly name: string = 'reroute after nat'
  readonly priority: number = HOOK_PRIORITY.NAT_DST + 1
  private readonly ns: Namespace
  private readonly before: Before

  constructor(ns: Namespace, before: Before) {
    this.ns = ns
    this.before = before
  }

  run(pkt: Packet, state: HookState): Verdict {
    return ipv4.destination(pkt.view, 0) === this.before.destination ? 'accept' : reroute(this.ns, pkt, state)
  }
}

function reroute(ns: Namespace, pkt: Packet, state: HookState): Verdict {
  const error = routeMeHarder(ns, pkt)
  if (error === null) return 'accept'
  state.drop = { reason: 'IP_OUTNOROUTES', where: 'routing again after OUTPUT', rule: null, errno: error }
  return 'drop'
}

/** Registers the re-routing that follows the mangle and nat tables at OUTPUT (ip_route_me_harder). */
export function rerouteHooks(ns: Namespace): void {
  const mangle = new Before()
  const nat = new Before()
  ns.hooks.register('OUTPUT', new Note('mangle', HOOK_PRIORITY.MANGLE - 1, mangle))
  ns.hooks.register('OUTPUT', new AfterMangle(ns, mangle))
  ns.hooks.register('OUTPUT', new Note('nat', HOOK_PRIORITY.NAT_DST - 1, nat))
  ns.hooks.register('OUTPUT', new AfterNat(ns, nat))
}
