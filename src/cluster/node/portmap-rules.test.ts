import { describe, expect, test } from 'vitest'
import { parseCidr, parseIpv4 } from '../../addr/index.js'
import { parseRuleSet, printRule, printSave } from '../../iptables/index.js'
import { portmapAdd, type PortMapping, portmapRemove, portmapSetup, type PortmapSpec } from './portmap-rules.js'

const CHAIN = 'CNI-DN-61746881498c124e64bba'
const web: PortMapping = { hostPort: 8080, containerPort: 80, protocol: 'TCP', hostIp: null }

function pod(mappings: readonly PortMapping[], containerId: string = 'c1'.repeat(32)): PortmapSpec {
  return {
    networkName: 'cbr0',
    containerId,
    podSubnet: parseCidr('10.244.1.0/24')!,
    podIp: parseIpv4('10.244.1.2')!,
    mappings,
  }
}

function rulesOf(chain: string, ...texts: string[]): string[] {
  const found = parseRuleSet(texts.join('')).tables[0]!.chains.find((c) => c.name === chain)!
  return found.rules.map((rule) => printRule(chain, rule).slice(`-A ${chain} `.length))
}

describe('portmapAdd', () => {
  test("the pod's chain has the name that the plugin gives it", () => {
    expect(rulesOf(CHAIN, portmapSetup(), portmapAdd(pod([web])))).toEqual([
      '-s 10.244.1.0/24 -p tcp -m tcp --dport 8080 -j CNI-HOSTPORT-SETMARK',
      '-s 127.0.0.1/32 -p tcp -m tcp --dport 8080 -j CNI-HOSTPORT-SETMARK',
      '-p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.244.1.2:80',
    ])
  })

  test('a host address narrows every rule of its port', () => {
    const mapping = { ...web, protocol: 'UDP' as const, hostIp: parseIpv4('192.168.10.11')! }
    expect(rulesOf(CHAIN, portmapSetup(), portmapAdd(pod([mapping])))).toEqual([
      '-s 10.244.1.0/24 -d 192.168.10.11/32 -p udp -m udp --dport 8080 -j CNI-HOSTPORT-SETMARK',
      '-s 127.0.0.1/32 -d 192.168.10.11/32 -p udp -m udp --dport 8080 -j CNI-HOSTPORT-SETMARK',
      '-d 192.168.10.11/32 -p udp -m udp --dport 8080 -j DNAT --to-destination 10.244.1.2:80',
    ])
  })

  test('of two pods with one host port the earlier stands first', () => {
    const entries = rulesOf(
      'CNI-HOSTPORT-DNAT',
      portmapSetup(),
      portmapAdd(pod([web])),
      portmapAdd(pod([web], 'later')),
    )
    expect(entries).toHaveLength(2)
    expect(entries[0]).toBe(
      `-p tcp -m comment --comment "dnat name: \\"cbr0\\" id: \\"${'c1'.repeat(32)}\\"" -m multiport --dports 8080 -j ${CHAIN}`,
    )
    expect(entries[1]).toContain('later')
  })
})

test('portmapRemove takes away what portmapAdd wrote, and nothing of another pod', () => {
  const mappings = Array.from({ length: 20 }, (_, i) => ({ ...web, hostPort: 8000 + i }))
  const one = pod([...mappings, { ...web, protocol: 'SCTP' }])
  const other = portmapAdd(pod([web], 'other'))
  const without = printSave(parseRuleSet(portmapSetup() + other))
  expect(printSave(parseRuleSet(portmapSetup() + portmapAdd(one) + other + portmapRemove(one)))).toBe(without)
})
