import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { printRule, printSave } from '../../src/iptables/index.js'
import { rulesOfCase, SERVICE_RULE_CASES } from '../helpers/service-rule-cases.js'

const recorded = (name: string): string => readFileSync(join(import.meta.dirname, 'service', `${name}.save`), 'utf8')

describe('rules of kube-proxy, as iptables-save shows them', () => {
  test.each(Object.entries(SERVICE_RULE_CASES))('%s', (name, given) => {
    expect(printSave(rulesOfCase(given))).toBe(recorded(name))
  })

  test('the lines that are known from a real node', () => {
    const lines = Object.values(SERVICE_RULE_CASES).flatMap((given) =>
      rulesOfCase(given).tables.flatMap(({ chains }) =>
        chains.flatMap((chain) => chain.rules.map((rule) => printRule(chain.name, rule))),
      ),
    )
    expect(lines).toEqual(
      expect.arrayContaining([
        '-A KUBE-SERVICES -d 172.30.0.44/32 -p tcp -m comment --comment "ns4/svc4:p80 cluster IP" -m tcp --dport 80 -j KUBE-SVC-4SW47YFZTEDKD3PK',
        '-A KUBE-SVC-4SW47YFZTEDKD3PK ! -s 10.0.0.0/8 -d 172.30.0.44/32 -p tcp -m comment --comment "ns4/svc4:p80 cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ',
        '-A KUBE-SVC-XPGD46QRK7WJZT7O -m comment --comment "ns1/svc1:p80 -> 10.180.0.1:80" -m statistic --mode random --probability 0.33333333349 -j KUBE-SEP-SXIVWICOYRO3J4NJ',
        '-A KUBE-SERVICES -d 172.30.0.46/32 -p tcp -m comment --comment "ns6/svc6:p80 has no endpoints" -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable',
      ]),
    )
  })
})
