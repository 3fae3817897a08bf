import { describe, expect, test } from 'vitest'
import { InvalidInputError } from '../base/index.js'
import { resolveOptions } from './options.js'

function problems(options: object): string[] {
  try {
    resolveOptions(options)
  } catch (error) {
    if (error instanceof InvalidInputError) return error.issues.map((i) => i.path ?? '')
    throw error
  }
  return []
}

test('defaults', () => {
  expect(resolveOptions({})).toEqual({
    nodes: 2,
    cni: 'flannel-vxlan',
    bridge: 'docker0',
    proxyMode: 'iptables',
    podCidr: '10.244.0.0/16',
    serviceCidr: '10.96.0.0/12',
    seed: 1,
    strict: false,
    defaultNamespace: 'default',
    hosts: {},
  })
})

describe('what is wrong is named', () => {
  test.each<[string, object, string[]]>([
    ['nothing', { nodes: 1000, seed: 0, hosts: { 'db.example.com': ['192.0.2.1'] } }, []],
    ['too few nodes', { nodes: 0 }, ['nodes']],
    ['too many', { nodes: 1001 }, ['nodes']],
    ['half a node', { nodes: 1.5 }, ['nodes']],
    ['a word for a number', { seed: 'x' }, ['seed']],
    ['a plugin nobody knows', { cni: 'calico' }, ['cni']],
    ['a bridge nobody knows', { bridge: 'br0' }, ['bridge']],
    ['a mode nobody knows', { proxyMode: 'userspace' }, ['proxyMode']],
    ['bits behind the prefix', { podCidr: '10.244.0.1/16' }, ['podCidr']],
    ['no network', { serviceCidr: '10.96.0.0' }, ['serviceCidr']],
    ['a host without an address', { hosts: { a: ['192.0.2.1', 'here'] } }, ['hosts["a"][1]']],
  ])('%s', (_, options, paths) => {
    expect(problems(options)).toEqual(paths)
  })

  test('everything at once', () => {
    const wrong = { nodes: -1, seed: -1, cni: 'x', bridge: 'x', podCidr: 'x', serviceCidr: 'x', hosts: { a: ['x'] } }
    expect(problems(wrong)).toEqual(['nodes', 'seed', 'cni', 'bridge', 'podCidr', 'serviceCidr', 'hosts["a"][0]'])
  })
})

test('each problem says what would be right', () => {
  try {
    resolveOptions({ cni: 'calico' as 'flannel-vxlan' })
    expect.unreachable()
  } catch (error) {
    expect((error as InvalidInputError).issues).toEqual([
      { path: 'cni', message: '"calico" is not known', fix: 'use flannel-vxlan or flannel-host-gw' },
    ])
  }
})
