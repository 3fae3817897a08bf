import type { Family } from '../../addr/index.js'
import { canonicalIp } from '../model/ip-text.js'
import { type NodePortAddresses, nodePortAddresses } from '../model/node-port-addresses.js'
import type { ProxyNode, ServicePortState } from '../model/service-state.js'
import type { ProxyOptions } from '../options.js'
import { type LocalMatch, localMatch } from './local-detector.js'

/** What all rules of one sync share. */
export interface RuleContext {
  readonly family: Family
  readonly options: ProxyOptions
  readonly node: ProxyNode
  /** The node's primary address of the family; undefined when it has none. */
  readonly nodeIp: string | undefined
  /** The bit of the mark that means "masquerade". */
  readonly masqueradeMark: number
  readonly detector: LocalMatch | null
  readonly nodePorts: NodePortAddresses
  /** Node ports answer on 127.0.0.0/8 in effect. */
  readonly localhostNodePorts: boolean
  /** So many endpoints that their rules go without comments. */
  readonly largeCluster: boolean
}

/** Works the options out for one node and the service ports of this sync. */
export function ruleContext(
  node: ProxyNode,
  options: ProxyOptions,
  family: Family,
  states: readonly ServicePortState[],
): RuleContext {
  const endpoints = states.reduce((total, state) => total + state.endpoints.length, 0)
  return {
    family,
    options,
    node,
    nodeIp: node.ips.map((ip) => canonicalIp(ip, family)).find((ip) => ip !== undefined),
    masqueradeMark: (1 << options.masqueradeBit) >>> 0,
    detector: localMatch(options.detectLocal, family),
    nodePorts: nodePortAddresses(options.nodePortAddresses, family, node.ips),
    localhostNodePorts: servesLocalhost(node, options, family),
    largeCluster: endpoints > options.largeClusterThreshold,
  }
}

/**
 * Whether node ports are served on 127.0.0.0/8: asked for, IPv4, and the node port addresses hold loopback. Then
 * kube-proxy also sets route_localnet and guards it with KUBE-FIREWALL.
 */
export function servesLocalhost(node: ProxyNode, options: ProxyOptions, family: Family): boolean {
  if (!options.localhostNodePorts || family === 'inet6') return false
  return nodePortAddresses(options.nodePortAddresses, family, node.ips).containsLoopback
}
