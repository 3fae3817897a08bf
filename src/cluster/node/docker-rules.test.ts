import { describe, expect, test } from 'vitest'
import { parseCidr, parseIpv4 } from '../../addr/index.js'
import { parseRuleSet, printRule, printSave } from '../../iptables/index.js'
import {
  dockerPublish,
  type DockerPublishSpec,
  dockerRules,
  type DockerRulesSpec,
  dockerUnpublish,
} from './docker-rules.js'

const daemon: DockerRulesSpec = {
  bridge: 'docker0',
  subnet: parseCidr('172.17.0.0/16')!,
  ipMasq: true,
  userlandProxy: true,
  icc: true,
}
const port: DockerPublishSpec = {
  bridge: 'docker0',
  containerIp: parseIpv4('172.17.0.2')!,
  hostIp: null,
  hostPort: 8080,
  containerPort: 80,
  protocol: 'TCP',
  userlandProxy: true,
}

/** Rules of one chain after the texts were restored one after the other. */
function rulesOf(table: string, chain: string, ...texts: string[]): string[] {
  const found = parseRuleSet(texts.join(''))
    .tables.find((t) => t.name === table)!
    .chains.find((c) => c.name === chain)!
  return found.rules.map((rule) => printRule(chain, rule).slice(`-A ${chain} `.length))
}

describe('dockerRules', () => {
  test('without --ip-masq neither MASQUERADE nor the RETURN of the bridge', () => {
    const text = dockerRules({ ...daemon, ipMasq: false })
    expect(rulesOf('nat', 'POSTROUTING', text)).toEqual([])
    expect(rulesOf('nat', 'DOCKER', text)).toEqual([])
  })

  test('without the userland proxy loopback is translated and masqueraded too', () => {
    const text = dockerRules({ ...daemon, userlandProxy: false })
    expect(rulesOf('nat', 'OUTPUT', text)).toEqual(['-m addrtype --dst-type LOCAL -j DOCKER'])
    expect(rulesOf('nat', 'DOCKER', text)).toEqual([])
    expect(rulesOf('nat', 'POSTROUTING', text)[0]).toBe('-o docker0 -m addrtype --src-type LOCAL -j MASQUERADE')
  })

  test('without icc the drop stands at the end of FORWARD as it was', () => {
    const before = '*filter\n-A FORWARD -j ACCEPT\nCOMMIT\n'
    expect(rulesOf('filter', 'FORWARD', before, dockerRules({ ...daemon, icc: false })).slice(-2)).toEqual([
      '-j ACCEPT',
      '-i docker0 -o docker0 -j DROP',
    ])
  })

  test('FORWARD drops by policy', () => {
    const filter = parseRuleSet(dockerRules(daemon)).tables.find((t) => t.name === 'filter')!
    expect(filter.chains.find((c) => c.name === 'FORWARD')!.policy).toBe('DROP')
  })
})

describe('dockerPublish', () => {
  test('DNAT, hairpin, and the way in', () => {
    const texts = [dockerRules(daemon), dockerPublish(port)]
    expect(rulesOf('nat', 'DOCKER', ...texts)).toEqual([
      '-i docker0 -j RETURN',
      '! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80',
    ])
    expect(rulesOf('nat', 'POSTROUTING', ...texts).at(-1)).toBe(
      '-s 172.17.0.2/32 -d 172.17.0.2/32 -p tcp -m tcp --dport 80 -j MASQUERADE',
    )
    expect(rulesOf('filter', 'DOCKER', ...texts)).toEqual([
      '-d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT',
    ])
  })

  test('a host address narrows the DNAT; 0.0.0.0 does not', () => {
    const dnat = (hostIp: string): string =>
      rulesOf('nat', 'DOCKER', dockerRules(daemon), dockerPublish({ ...port, hostIp: parseIpv4(hostIp)! })).at(-1)!
    expect(dnat('127.0.0.1')).toMatch(/^-d 127\.0\.0\.1\/32 ! -i docker0 -p tcp/)
    expect(dnat('0.0.0.0')).toMatch(/^! -i docker0 -p tcp/)
  })

  test.each(['TCP', 'UDP', 'SCTP'] as const)('%s: unpublishing takes away what publishing wrote', (protocol) => {
    const one = { ...port, protocol }
    const other = dockerPublish({ ...one, containerIp: parseIpv4('172.17.0.3')!, containerPort: 81, hostPort: 8081 })
    const without = printSave(parseRuleSet(dockerRules(daemon) + other))
    const published = dockerRules(daemon) + dockerPublish(one) + other
    expect(printSave(parseRuleSet(published))).not.toBe(without)
    expect(printSave(parseRuleSet(published + dockerUnpublish(one)))).toBe(without)
  })
})
