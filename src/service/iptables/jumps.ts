import type { Rule, TableName } from '../../iptables/index.js'
import {
  KUBE_EXTERNAL_SERVICES,
  KUBE_FIREWALL,
  KUBE_FORWARD,
  KUBE_NODEPORTS,
  KUBE_POSTROUTING,
  KUBE_PROXY_FIREWALL,
  KUBE_SERVICES,
} from './chain-names.js'
import { comment, ctstate, jump, rule } from './rule-builder.js'

/** A rule that a built-in chain must have; where it is missing it is put first. */
export interface Jump {
  readonly table: TableName
  readonly chain: string
  readonly rule: Rule
}

/**
 * Jumps from the built-in chains in the order in which kube-proxy ensures them (iptablesJumpChains): each missing
 * one is prepended, so on a fresh node they end up in the reverse order.
 */
export function jumps(options: { readonly localhostNodePorts: boolean }): readonly Jump[] {
  const firewall = rule({ target: jump(KUBE_FIREWALL) })
  return [
    ...to(KUBE_EXTERNAL_SERVICES, 'filter', ['INPUT', 'FORWARD'], newFlow('externally-visible service portals')),
    ...to(KUBE_NODEPORTS, 'filter', ['INPUT'], any('health check service ports')),
    ...to(KUBE_SERVICES, 'filter', ['FORWARD', 'OUTPUT'], newFlow('service portals')),
    ...to(KUBE_FORWARD, 'filter', ['FORWARD'], any('forwarding rules')),
    ...to(KUBE_PROXY_FIREWALL, 'filter', ['INPUT', 'OUTPUT', 'FORWARD'], newFlow('load balancer firewall')),
    ...to(KUBE_SERVICES, 'nat', ['OUTPUT', 'PREROUTING'], any('service portals')),
    ...to(KUBE_POSTROUTING, 'nat', ['POSTROUTING'], any('postrouting rules')),
    ...(options.localhostNodePorts ? to(KUBE_FIREWALL, 'filter', ['INPUT', 'OUTPUT'], () => firewall) : []),
  ]
}

function to(target: string, table: TableName, chains: readonly string[], make: (target: string) => Rule): Jump[] {
  return chains.map((chain) => Object.freeze({ table, chain, rule: make(target) }))
}

function newFlow(text: string): (target: string) => Rule {
  return (target) => rule({ matches: [ctstate(['NEW']), comment(`kubernetes ${text}`)], target: jump(target) })
}

function any(text: string): (target: string) => Rule {
  return (target) => rule({ matches: [comment(`kubernetes ${text}`)], target: jump(target) })
}
