import type { Family } from '../../addr/index.js'
import type { ProxyNode } from '../model/service-state.js'
import type { SysctlSetting } from '../node-kernel.js'
import type { ProxyOptions } from '../options.js'
import { servesLocalhost } from './rule-context.js'

/** Sysctls of iptables mode: packets from 127.0.0.0/8 may leave the node where node ports answer on localhost. */
export function iptablesSysctls(node: ProxyNode, options: ProxyOptions, family: Family): readonly SysctlSetting[] {
  return servesLocalhost(node, options, family) ? [{ key: 'net/ipv4/conf/all/route_localnet', value: 1 }] : []
}
