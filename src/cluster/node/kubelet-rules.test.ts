import { expect, test } from 'vitest'
import { parseRuleSet, printRule } from '../../iptables/index.js'
import { kubeletRules } from './kubelet-rules.js'

test('canaries in three tables, and the firewall in front of INPUT and OUTPUT', () => {
  const { tables } = parseRuleSet(kubeletRules())
  const user = tables.map(({ name, chains }) => [name, chains.filter((c) => c.policy === null).map((c) => c.name)])
  expect(Object.fromEntries(user)).toEqual({
    mangle: ['KUBE-KUBELET-CANARY', 'KUBE-IPTABLES-HINT'],
    nat: ['KUBE-KUBELET-CANARY'],
    filter: ['KUBE-KUBELET-CANARY', 'KUBE-FIREWALL'],
  })
  const rules = tables.flatMap(({ chains }) => chains.flatMap((c) => c.rules.map((rule) => printRule(c.name, rule))))
  expect(rules).toEqual([
    '-A INPUT -j KUBE-FIREWALL',
    '-A OUTPUT -j KUBE-FIREWALL',
    '-A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m comment --comment "block incoming localnet connections" -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP',
  ])
})
