import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { NODE_RULE_CASES, savedRules } from '../helpers/node-rule-cases.js'

const recorded = (name: string): string => readFileSync(join(import.meta.dirname, 'node', `${name}.save`), 'utf8')

/** The rules of one chain, without `-A CHAIN`. */
function rulesOf(name: string, table: string, chain: string): string[] {
  const section = new RegExp(`^\\*${table}\\n([^]*?)^COMMIT`, 'm').exec(recorded(name))![1]!
  const prefix = `-A ${chain} `
  return section.split('\n').flatMap((line) => (line.startsWith(prefix) ? [line.slice(prefix.length)] : []))
}

test.each(Object.entries(NODE_RULE_CASES))('%s, as iptables-save shows it', (name, steps) => {
  expect(savedRules(steps)).toBe(recorded(name))
})

describe('a kubeadm worker with flannel', () => {
  const worker = 'kubeadm-worker'

  test('KUBE-FIREWALL is last in INPUT and OUTPUT, though kubelet wrote it first', () => {
    expect(rulesOf(worker, 'filter', 'INPUT').at(-1)).toBe('-j KUBE-FIREWALL')
    expect(rulesOf(worker, 'filter', 'OUTPUT').at(-1)).toBe('-j KUBE-FIREWALL')
  })

  test('order of POSTROUTING: portmap inserts, flannel appends', () => {
    expect(rulesOf(worker, 'nat', 'POSTROUTING')).toEqual([
      '-m comment --comment "CNI portfwd requiring masquerade" -j CNI-HOSTPORT-MASQ',
      '-m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING',
      '-m comment --comment "flanneld masq" -j FLANNEL-POSTRTG',
    ])
  })

  test('node ports win over host ports', () => {
    expect(rulesOf(worker, 'nat', 'PREROUTING')).toEqual([
      '-m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
      '-m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT',
    ])
  })

  test("the pod's chain: hairpin mark, loopback mark, DNAT", () => {
    expect(rulesOf(worker, 'nat', 'CNI-DN-61746881498c124e64bba')).toEqual([
      '-s 10.244.1.0/24 -p tcp -m tcp --dport 8080 -j CNI-HOSTPORT-SETMARK',
      '-s 127.0.0.1/32 -p tcp -m tcp --dport 8080 -j CNI-HOSTPORT-SETMARK',
      '-p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.244.1.2:80',
    ])
  })
})

describe("docker0 carrying flannel's subnet", () => {
  const node = 'docker-on-flannel-subnet'

  test('FORWARD drops what nobody takes; docker above flannel, kube-proxy above docker', () => {
    expect(recorded(node)).toContain(':FORWARD DROP [0:0]')
    expect(rulesOf(node, 'filter', 'FORWARD').slice(-7)).toEqual([
      '-j DOCKER-USER',
      '-j DOCKER-ISOLATION-STAGE-1',
      '-o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
      '-o docker0 -j DOCKER',
      '-i docker0 ! -o docker0 -j ACCEPT',
      '-i docker0 -o docker0 -j ACCEPT',
      '-m comment --comment "flanneld forward" -j FLANNEL-FWD',
    ])
  })

  test('docker does not masquerade, and its nat chain holds nothing but the published port', () => {
    expect(rulesOf(node, 'nat', 'DOCKER')).toEqual([
      '! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.1.74.2:80',
    ])
    expect(rulesOf(node, 'nat', 'OUTPUT').at(-1)).toBe('! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER')
    expect(rulesOf(node, 'nat', 'POSTROUTING').at(-1)).toBe(
      '-s 10.1.74.2/32 -d 10.1.74.2/32 -p tcp -m tcp --dport 80 -j MASQUERADE',
    )
  })

  test('isolation and the user chain', () => {
    expect(rulesOf(node, 'filter', 'DOCKER-ISOLATION-STAGE-1')).toEqual([
      '-i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2',
      '-j RETURN',
    ])
    expect(rulesOf(node, 'filter', 'DOCKER-ISOLATION-STAGE-2')).toEqual(['-o docker0 -j DROP', '-j RETURN'])
    expect(rulesOf(node, 'filter', 'DOCKER-USER')).toEqual(['-j RETURN'])
  })
})

test('at most fifteen ports to a rule, protocols by name', () => {
  const entries = rulesOf('many-host-ports', 'nat', 'CNI-HOSTPORT-DNAT').map((rule) => rule.replace(/ -m comment.*ports/, ''))
  expect(entries.map((rule) => rule.replace(/ -j .*/, ''))).toEqual([
    '-p tcp 8080',
    '-p sctp 9899',
    `-p tcp ${Array.from({ length: 15 }, (_, i) => 9000 + i).join(',')}`,
    '-p tcp 9015',
    '-p udp 5353',
  ])
})

test.each(['host-ports-gone', 'docker-unpublished'])('%s: no rule of a pod is left', (name) => {
  expect(recorded(name)).not.toMatch(/CNI-DN|DNAT --to|CHECKSUM|--dport/)
})
