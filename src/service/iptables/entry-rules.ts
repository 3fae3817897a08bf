import type { Rule } from '../../iptables/index.js'
import { printServicePortName, type ServicePortInfo } from '../model/service-port.js'
import type { Fate, ServicePortState } from '../model/service-state.js'
import {
  KUBE_EXTERNAL_SERVICES,
  KUBE_NODEPORTS,
  KUBE_PROXY_FIREWALL,
  KUBE_SERVICES,
  type ServiceChains,
} from './chain-names.js'
import type { ChainWriter } from './chain-writer.js'
import type { RuleContext } from './rule-context.js'
import { ACCEPT, address, comment, DROP, jump, localAddress, nfacct, REJECT, rule, transport } from './rule-builder.js'

/** nfacct object that counts packets to node ports on 127.0.0.0/8. */
const LOCALHOST_NODE_PORTS_COUNTER = 'localhost_nps_accepted_pkts'

/** Source ranges gate the load balancer's addresses (only there) as long as some endpoint could serve. */
export function usesFirewall(state: ServicePortState): boolean {
  const { loadBalancerVIPs, loadBalancerSourceRanges } = state.info
  return state.sets.hasAny && loadBalancerVIPs.length > 0 && loadBalancerSourceRanges.length > 0
}

/** Rules that bring a service port's traffic into its chains, or refuse it (syncProxyRules, first half). */
export function writeEntryRules(
  writer: ChainWriter,
  state: ServicePortState,
  chains: ServiceChains,
  context: RuleContext,
): void {
  writeClusterIP(writer, state, chains)
  writeExternalIPs(writer, state, chains)
  writeLoadBalancerVIPs(writer, state, chains)
  writeNodePort(writer, state, chains, context)
  writeHealthCheckNodePort(writer, state.info)
}

function writeClusterIP(writer: ChainWriter, { info, internal }: ServicePortState, chains: ServiceChains): void {
  if (internal !== 'forward') {
    writer.append('filter', KUBE_SERVICES, refusal(info, info.clusterIP, internal))
    return
  }
  const target = info.internalPolicyLocal ? chains.svl : chains.svc
  writer.append('nat', KUBE_SERVICES, capture(info, 'cluster IP', info.clusterIP, target))
}

/** nat rules exist while some endpoint could serve, beside a filter DROP if none is on this node. */
function writeExternalIPs(writer: ChainWriter, state: ServicePortState, chains: ServiceChains): void {
  const { info, sets, external } = state
  for (const ip of info.externalIPs) {
    if (sets.hasAny) writer.append('nat', KUBE_SERVICES, capture(info, 'external IP', ip, chains.ext))
    if (external !== 'forward') writer.append('filter', KUBE_EXTERNAL_SERVICES, refusal(info, ip, external!))
  }
}

function writeLoadBalancerVIPs(writer: ChainWriter, state: ServicePortState, chains: ServiceChains): void {
  const { info, sets, external } = state
  const gated = usesFirewall(state)
  for (const ip of info.loadBalancerVIPs) {
    const target = gated ? chains.fw : chains.ext
    if (sets.hasAny) writer.append('nat', KUBE_SERVICES, capture(info, 'loadbalancer IP', ip, target))
    if (gated) writer.append('filter', KUBE_PROXY_FIREWALL, notAccepted(info, ip, chains.fw))
    if (external !== 'forward') writer.append('filter', KUBE_EXTERNAL_SERVICES, refusal(info, ip, external!))
  }
}

function writeNodePort(
  writer: ChainWriter,
  { info, sets, external }: ServicePortState,
  chains: ServiceChains,
  context: RuleContext,
): void {
  const { nodePort, protocol } = info
  if (nodePort === null) return
  const name = comment(printServicePortName(info))
  const port = transport(protocol, nodePort)
  if (sets.hasAny && context.options.nfacct && context.localhostNodePorts) {
    const matches = [name, port, nfacct(LOCALHOST_NODE_PORTS_COUNTER)]
    const destination = address('127.0.0.0/8')
    writer.append('nat', KUBE_NODEPORTS, rule({ protocol, destination, matches, target: jump(chains.ext) }))
  }
  if (sets.hasAny) {
    writer.append('nat', KUBE_NODEPORTS, rule({ protocol, matches: [name, port], target: jump(chains.ext) }))
  }
  if (external === 'forward') return
  const matches = [comment(refusalComment(info, external!)), port, localAddress('destination')]
  writer.append('filter', KUBE_EXTERNAL_SERVICES, rule({ protocol, matches, target: refusalTarget(external!) }))
}

/** Whatever the node port addresses say. */
function writeHealthCheckNodePort(writer: ChainWriter, info: ServicePortInfo): void {
  if (info.healthCheckNodePort === null) return
  const matches = [
    comment(`${printServicePortName(info)} health check node port`),
    transport('TCP', info.healthCheckNodePort),
  ]
  writer.append('filter', KUBE_NODEPORTS, rule({ protocol: 'TCP', matches, target: ACCEPT }))
}

/** Rule parts that match what is sent to `ip` on the service's port. */
export function toServiceIP(
  info: ServicePortInfo,
  ip: string,
  text: string,
): Pick<Parameters<typeof rule>[0], 'protocol' | 'destination' | 'matches'> {
  const { protocol, servicePort } = info
  return { protocol, destination: address(ip), matches: [comment(text), transport(protocol, servicePort)] }
}

function capture(info: ServicePortInfo, what: string, ip: string, chain: string): Rule {
  return rule({ ...toServiceIP(info, ip, `${printServicePortName(info)} ${what}`), target: jump(chain) })
}

function refusal(info: ServicePortInfo, ip: string, fate: Fate): Rule {
  return rule({ ...toServiceIP(info, ip, refusalComment(info, fate)), target: refusalTarget(fate) })
}

function notAccepted(info: ServicePortInfo, ip: string, firewallChain: string): Rule {
  const text = `${printServicePortName(info)} traffic not accepted by ${firewallChain}`
  return rule({ ...toServiceIP(info, ip, text), target: DROP })
}

function refusalComment(info: ServicePortInfo, fate: Fate): string {
  return `${printServicePortName(info)} has no ${fate === 'reject' ? '' : 'local '}endpoints`
}

function refusalTarget(fate: Fate): typeof REJECT {
  return fate === 'reject' ? REJECT : DROP
}
