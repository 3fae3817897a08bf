import type { RuleSet } from '../../iptables/index.js'
import { type ProxyInput, serviceStates } from '../model/service-state.js'
import type { ProxyOptions } from '../options.js'
import { serviceChains } from './chain-names.js'
import { ChainWriter } from './chain-writer.js'
import { writeEntryRules } from './entry-rules.js'
import { writeFixedChains, writeNodePortTail } from './fixed-rules.js'
import { type Jump, jumps } from './jumps.js'
import { ruleContext } from './rule-context.js'
import { writeServiceChains } from './service-chains.js'

/** All that kube-proxy wants of a node's tables. */
export interface DesiredRules {
  /** Its own chains, complete; no built-in chain is among them. */
  readonly chains: RuleSet
  /** What the built-in chains must hold, in the order of ensuring. */
  readonly jumps: readonly Jump[]
}

/** The address family whose rules are written. */
const FAMILY = 'inet'

/**
 * The rules of kube-proxy's iptables mode on one node: a pure function of services, slices, node and options
 * (syncProxyRules). Services come in the order of their names; kube-proxy's own order is a map's, so nothing may
 * rest on it.
 */
export function desiredRules(input: ProxyInput, options: ProxyOptions): DesiredRules {
  const states = serviceStates(input, { family: FAMILY, sameNode: options.sameNode })
  const context = ruleContext(input.node, options, FAMILY, states)
  const writer = new ChainWriter()
  writeFixedChains(writer, context)
  for (const state of states) {
    const chains = serviceChains(state.info)
    writeEntryRules(writer, state, chains, context)
    writeServiceChains(writer, state, chains, context)
  }
  writeNodePortTail(writer, context)
  const tables = (['mangle', 'nat', 'filter'] as const).map((name) => ({ name, chains: writer.chains(name) }))
  return { chains: { tables }, jumps: jumps(context) }
}
