import type { Rule } from '../../iptables/index.js'
import { cidrHasIp } from '../model/ip-text.js'
import type { ServiceEndpoint } from '../model/service-endpoint.js'
import { isExternallyAccessible, printServicePortName, type ServicePortInfo } from '../model/service-port.js'
import type { ServicePortState } from '../model/service-state.js'
import { endpointChain, KUBE_MARK_MASQ, type ServiceChains } from './chain-names.js'
import type { ChainWriter } from './chain-writer.js'
import { toServiceIP, usesFirewall } from './entry-rules.js'
import type { RuleContext } from './rule-context.js'
import { address, comment, dnat, jump, localAddress, oneIn, recent, rule, transport } from './rule-builder.js'

/** A service port's own chains (syncProxyRules, second half). Without any endpoint there are none. */
export function writeServiceChains(
  writer: ChainWriter,
  state: ServicePortState,
  chains: ServiceChains,
  context: RuleContext,
): void {
  const { info, sets } = state
  if (!sets.hasAny) return
  if (state.internal === 'forward') writeClusterIPMasquerade(writer, info, chains, context)
  if (isExternallyAccessible(info)) writer.append('nat', chains.ext, ...externalRules(state, chains, context))
  if (usesFirewall(state)) writer.append('nat', chains.fw, ...firewallRules(info, chains, context))
  const cluster = sets.cluster?.endpoints ?? []
  const local = sets.local?.endpoints ?? []
  if (cluster.length > 0) writer.append('nat', chains.svc, ...balancingRules(info, cluster, context))
  if (local.length > 0) writer.append('nat', chains.svl, ...balancingRules(info, local, context))
  for (const endpoint of sets.allReachable) {
    writer.append('nat', endpointChain(info, endpoint.text), ...endpointRules(info, endpoint, context))
  }
}

/** Marks what is not from a pod, or everything; by neither means there is no rule. */
function writeClusterIPMasquerade(
  writer: ChainWriter,
  info: ServicePortInfo,
  chains: ServiceChains,
  { options, detector }: RuleContext,
): void {
  if (!options.masqueradeAll && detector === null) return
  const from = options.masqueradeAll || detector === null ? {} : detector.notLocal
  const to = toServiceIP(info, info.clusterIP, `${printServicePortName(info)} cluster IP`)
  const chain = info.internalPolicyLocal ? chains.svl : chains.svc
  writer.append('nat', chain, rule({ ...to, ...from, target: jump(KUBE_MARK_MASQ) }))
}

/**
 * Traffic from outside. Policy Cluster: everybody is masqueraded. Policy Local: pods and the node itself reach all
 * endpoints (the node masqueraded), everybody else those of this node, with their source kept.
 */
function externalRules(state: ServicePortState, chains: ServiceChains, { detector }: RuleContext): Rule[] {
  const { info, sets } = state
  const about = (what: string): string => `${what} traffic for ${printServicePortName(info)} external destinations`
  if (!info.externalPolicyLocal) {
    const masquerade = comment(about('masquerade'))
    return [rule({ matches: [masquerade], target: jump(KUBE_MARK_MASQ) }), rule({ target: jump(chains.svc) })]
  }
  const fromNode = localAddress('source')
  const rules = [
    rule({ matches: [comment(about('masquerade LOCAL')), fromNode], target: jump(KUBE_MARK_MASQ) }),
    rule({ matches: [comment(about('route LOCAL')), fromNode], target: jump(chains.svc) }),
  ]
  if (detector !== null) {
    rules.unshift(rule({ ...detector.local, matches: [comment(about('pod'))], target: jump(chains.svc) }))
  }
  if ((sets.local?.endpoints.length ?? 0) > 0) rules.push(rule({ target: jump(chains.svl) }))
  return rules
}

/**
 * Who may use the load balancer's addresses. If this node may, so may the addresses themselves: where one is bound
 * on the node, the node's own requests carry it as source. What passes the chain unmatched is not translated, and
 * KUBE-PROXY-FIREWALL drops it.
 */
function firewallRules(info: ServicePortInfo, chains: ServiceChains, { nodeIp }: RuleContext): Rule[] {
  const name = printServicePortName(info)
  const nodeMay = nodeIp !== undefined && info.loadBalancerSourceRanges.some((range) => cidrHasIp(range, nodeIp))
  const sources = [...info.loadBalancerSourceRanges, ...(nodeMay ? info.loadBalancerVIPs : [])]
  const accept = sources.map((source) =>
    rule({ source: address(source), matches: [comment(`${name} loadbalancer IP`)], target: jump(chains.ext) }),
  )
  const rest = comment(`other traffic to ${name} will be dropped by KUBE-PROXY-FIREWALL`)
  return [...accept, rule({ matches: [rest] })]
}

/** Affinity for every endpoint first, then each with probability one in those that are left. */
function balancingRules(info: ServicePortInfo, endpoints: readonly ServiceEndpoint[], context: RuleContext): Rule[] {
  const to = (endpoint: ServiceEndpoint): string => endpointChain(info, endpoint.text)
  const about = (endpoint: ServiceEndpoint): ReturnType<typeof comment> | null =>
    context.largeCluster ? null : comment(`${printServicePortName(info)} -> ${endpoint.text}`)
  const { affinitySeconds } = info
  const sticky = affinitySeconds === null ? [] : endpoints
  const n = endpoints.length
  return [
    ...sticky.map((e) => rule({ matches: [about(e), recent(to(e), affinitySeconds)], target: jump(to(e)) })),
    ...endpoints.map((e, i) => rule({ matches: [about(e), i < n - 1 ? oneIn(n - i) : null], target: jump(to(e)) })),
  ]
}

/** An endpoint that calls its own service is masqueraded, else its answer to itself would never be translated. */
function endpointRules(info: ServicePortInfo, endpoint: ServiceEndpoint, { largeCluster }: RuleContext): Rule[] {
  const name = largeCluster ? null : comment(printServicePortName(info))
  const { protocol } = info
  const remember = info.affinitySeconds === null ? null : recent(endpointChain(info, endpoint.text), null)
  return [
    rule({ source: address(endpoint.ip), matches: [name], target: jump(KUBE_MARK_MASQ) }),
    rule({ protocol, matches: [name, remember, transport(protocol)], target: dnat(endpoint.ip, endpoint.port) }),
  ]
}
