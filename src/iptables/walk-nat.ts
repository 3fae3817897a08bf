import type { Ipv4 } from '../addr/index.js'
import { connectionOf, type NatRange, setupNat, type Verdict } from '../netfilter/index.js'
import type { CompiledRule, CompiledTarget } from './compile.js'
import type { NatTo } from './types.js'
import type { WalkContext } from './walk-context.js'

/** Targets of table nat. */
export type NatTarget = Extract<CompiledTarget, { kind: 'DNAT' | 'SNAT' | 'MASQUERADE' | 'REDIRECT' | 'NETMAP' }>

const LOOPBACK: Ipv4 = 0x7f00_0001

/** Decides a connection's translation (xt_nat, xt_MASQUERADE, xt_REDIRECT, xt_NETMAP). */
export function runNat(target: NatTarget, rule: CompiledRule, context: WalkContext): Verdict {
  const connection = connectionOf(context.pkt)
  if (connection === null) return 'accept'
  const { pkt, state } = context
  switch (target.kind) {
    case 'DNAT':
      return setupNat(pkt, connection, rangeFor(target.to), 'destination', state, 'DNAT')
    case 'SNAT':
      return setupNat(pkt, connection, rangeFor(target.to), 'source', state, 'SNAT')
    case 'MASQUERADE':
      return masquerade(target.to, rule, context)
    case 'REDIRECT':
      return redirect(target.to, rule, context)
    case 'NETMAP': {
      const destination = state.hook === 'PREROUTING' || state.hook === 'OUTPUT'
      const before = destination ? context.destination : context.source
      const address = ((before & ~target.mask) | (target.address & target.mask)) >>> 0
      const range = makeRange(address, address, null, true, true)
      return setupNat(pkt, connection, range, destination ? 'destination' : 'source', state, 'NETMAP')
    }
  }
}

function masquerade(to: NatTo, rule: CompiledRule, context: WalkContext): Verdict {
  const { pkt, state } = context
  const connection = connectionOf(pkt)!
  const out = state.out
  if (out === null || connection.original.source === 0) return 'accept'
  const address = state.env.masqueradeAddress(pkt, out)
  if (address === null) return noAddress(rule, `${out.name} has no address to masquerade with`, context)
  connection.masqueradeIndex = out.ifindex
  return setupNat(pkt, connection, makeRange(address, address, to, true, false), 'source', state, 'MASQUERADE')
}

function redirect(to: NatTo, rule: CompiledRule, context: WalkContext): Verdict {
  const { pkt, state } = context
  const device = state.in
  const address = state.hook === 'OUTPUT' ? LOOPBACK : device === null ? null : state.env.primaryAddress(device)
  if (address === null) return noAddress(rule, 'the device has no address to redirect to', context)
  const range = makeRange(address, address, to, true, false)
  return setupNat(pkt, connectionOf(pkt)!, range, 'destination', state, 'REDIRECT')
}

function noAddress(rule: CompiledRule, why: string, context: WalkContext): Verdict {
  context.state.drop = {
    reason: 'NETFILTER_DROP',
    where: `${context.table} ${rule.chain} rule ${rule.number}: ${why}`,
    rule: rule.text,
  }
  return 'drop'
}

function rangeFor(to: NatTo): NatRange {
  const addresses = to.addresses
  return makeRange(addresses?.min ?? 0, addresses?.max ?? 0, to, addresses !== null, false)
}

function makeRange(min: Ipv4, max: Ipv4, to: NatTo | null, mapIps: boolean, netmap: boolean): NatRange {
  const ports = to === null ? null : to.ports
  return {
    minAddress: min,
    maxAddress: max,
    minPort: ports === null ? 0 : ports.min,
    maxPort: ports === null ? 0 : ports.max,
    basePort: ports === null || ports.base === null ? 0 : ports.base,
    mapIps,
    protoSpecified: ports !== null,
    random: to !== null && to.random,
    randomFully: to !== null && to.randomFully,
    persistent: to !== null && to.persistent,
    protoOffset: ports !== null && ports.base !== null,
    netmap,
  }
}
