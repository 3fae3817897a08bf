const LOCALNET = '-m comment --comment "block incoming localnet connections"'

/**
 * What kubelet of 1.28 and later writes when it starts, as text for `iptables-restore --noflush`: its canaries, the
 * hint that tells others which iptables variant is in use, and KUBE-FIREWALL, which keeps other hosts from 127.0.0.0/8
 * (kubelet's iptablesUtil). It runs before kube-proxy, whose jumps thus come to stand above.
 */
export function kubeletRules(): string {
  return [
    '*mangle',
    ':KUBE-KUBELET-CANARY - [0:0]',
    ':KUBE-IPTABLES-HINT - [0:0]',
    'COMMIT',
    '*nat',
    ':KUBE-KUBELET-CANARY - [0:0]',
    'COMMIT',
    '*filter',
    ':KUBE-KUBELET-CANARY - [0:0]',
    ':KUBE-FIREWALL - [0:0]',
    '-I OUTPUT -j KUBE-FIREWALL',
    '-I INPUT -j KUBE-FIREWALL',
    `-A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 ${LOCALNET} -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP`,
    'COMMIT',
    '',
  ].join('\n')
}
