import { type Cidr, formatCidr } from '../../addr/index.js'

/** What flannel's rules depend on. */
export interface FlannelRulesSpec {
  /** All pods of the cluster. */
  readonly network: Cidr
  /** Pods of this node. */
  readonly subnet: Cidr
  /** MASQUERADE picks its port fully at random (iptables 1.6.2 and later, unless switched off). */
  readonly randomFully: boolean
}

const MASQ = '-m comment --comment "flanneld masq"'
const FORWARD = '-m comment --comment "flanneld forward"'

/**
 * What flanneld with `--ip-masq` and `--iptables-forward-rules` gives to `iptables-restore --noflush`, in the form of
 * 0.21.3 and later: chains of its own whose jumps are appended. On a node whose rules lack these jumps.
 */
export function flannelRules({ network, subnet, randomFully }: FlannelRulesSpec): string {
  const all = formatCidr(network)
  const own = formatCidr(subnet)
  const masquerade = randomFully ? 'MASQUERADE --random-fully' : 'MASQUERADE'
  return [
    '*nat',
    ':FLANNEL-POSTRTG - [0:0]',
    `-A POSTROUTING ${MASQ} -j FLANNEL-POSTRTG`,
    `-A FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 ${MASQ} -j RETURN`,
    `-A FLANNEL-POSTRTG -s ${own} -d ${all} ${MASQ} -j RETURN`,
    `-A FLANNEL-POSTRTG -s ${all} -d ${own} ${MASQ} -j RETURN`,
    `-A FLANNEL-POSTRTG ! -s ${all} -d ${own} ${MASQ} -j RETURN`,
    `-A FLANNEL-POSTRTG -s ${all} ! -d 224.0.0.0/4 ${MASQ} -j ${masquerade}`,
    `-A FLANNEL-POSTRTG ! -s ${all} -d ${all} ${MASQ} -j ${masquerade}`,
    'COMMIT',
    '*filter',
    ':FLANNEL-FWD - [0:0]',
    `-A FORWARD ${FORWARD} -j FLANNEL-FWD`,
    `-A FLANNEL-FWD -s ${all} ${FORWARD} -j ACCEPT`,
    `-A FLANNEL-FWD -d ${all} ${FORWARD} -j ACCEPT`,
    'COMMIT',
    '',
  ].join('\n')
}
