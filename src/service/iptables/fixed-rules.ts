import type { Rule } from '../../iptables/index.js'
import { isLoopbackIp, matchingNodeIps } from '../model/node-port-addresses.js'
import {
  KUBE_EXTERNAL_SERVICES,
  KUBE_FIREWALL,
  KUBE_FORWARD,
  KUBE_MARK_MASQ,
  KUBE_NODEPORTS,
  KUBE_POSTROUTING,
  KUBE_PROXY_CANARY,
  KUBE_PROXY_FIREWALL,
  KUBE_SERVICES,
} from './chain-names.js'
import type { ChainWriter } from './chain-writer.js'
import type { RuleContext } from './rule-context.js'
import {
  ACCEPT,
  address,
  comment,
  ctstate,
  DROP,
  jump,
  localAddress,
  markBit,
  masquerade,
  nfacct,
  not,
  orMark,
  RETURN,
  rule,
  xorMark,
} from './rule-builder.js'

const LOOPBACK = '127.0.0.0/8'
/** nfacct object that counts packets dropped as INVALID. */
const INVALID_COUNTER = 'ct_state_invalid_dropped_pkts'

/** Chains that exist whatever the services are, with the rules that do not depend on them. */
export function writeFixedChains(writer: ChainWriter, context: RuleContext): void {
  for (const table of ['mangle', 'nat', 'filter'] as const) writer.declare(table, KUBE_PROXY_CANARY)
  for (const chain of [KUBE_SERVICES, KUBE_EXTERNAL_SERVICES, KUBE_NODEPORTS, KUBE_PROXY_FIREWALL]) {
    writer.declare('filter', chain)
  }
  for (const chain of [KUBE_SERVICES, KUBE_NODEPORTS]) writer.declare('nat', chain)
  writer.append('nat', KUBE_POSTROUTING, ...postroutingRules(context))
  writer.append('nat', KUBE_MARK_MASQ, rule({ target: orMark(context.masqueradeMark) }))
  writer.append('filter', KUBE_FORWARD, ...forwardRules(context))
  if (context.localhostNodePorts) writer.append('filter', KUBE_FIREWALL, firewallRule())
}

/** The end of nat KUBE-SERVICES: what was for no service address may be for a node port. */
export function writeNodePortTail(writer: ChainWriter, context: RuleContext): void {
  const matches = [comment('kubernetes service nodeports; NOTE: this must be the last rule in this chain')]
  const target = jump(KUBE_NODEPORTS)
  const { cidrs } = context.nodePorts
  if (cidrs === null) {
    const except = context.localhostNodePorts ? {} : { destination: not(address(LOOPBACK)) }
    const tail = rule({ ...except, matches: [...matches, localAddress('destination')], target })
    writer.append('nat', KUBE_SERVICES, tail)
    return
  }
  for (const ip of matchingNodeIps(cidrs, context.node.localAddresses, context.family)) {
    if (isLoopbackIp(ip) && !context.localhostNodePorts) continue
    writer.append('nat', KUBE_SERVICES, rule({ destination: address(ip), matches, target }))
  }
}

/** The mark goes before the packet does: encapsulation keeps it, and would be masqueraded a second time. */
function postroutingRules({ masqueradeMark, options }: RuleContext): Rule[] {
  return [
    rule({ matches: [markBit(masqueradeMark, 'is not')], target: RETURN }),
    rule({ target: xorMark(masqueradeMark) }),
    rule({ matches: [comment('kubernetes service traffic requiring SNAT')], target: masquerade(options) }),
  ]
}

/** Lets only marked new flows through; unmarked ones need somebody else's ACCEPT. */
function forwardRules({ masqueradeMark, options }: RuleContext): Rule[] {
  const counter = options.nfacct ? nfacct(INVALID_COUNTER) : null
  const invalid = rule({ matches: [ctstate(['INVALID']), counter], target: DROP })
  return [
    ...(options.tcpBeLiberal ? [] : [invalid]),
    rule({ matches: [comment('kubernetes forwarding rules'), markBit(masqueradeMark)], target: ACCEPT }),
    rule({
      matches: [comment('kubernetes forwarding conntrack rule'), ctstate(['RELATED', 'ESTABLISHED'])],
      target: ACCEPT,
    }),
  ]
}

/** Makes up for route_localnet, which lets neighbours send to 127.0.0.0/8 (CVE-2020-8558). */
function firewallRule(): Rule {
  const loopback = address(LOOPBACK)
  return rule({
    source: not(loopback),
    destination: loopback,
    matches: [comment('block incoming localnet connections'), ctstate(['RELATED', 'ESTABLISHED', 'DNAT'], 'is not')],
    target: DROP,
  })
}
