import { describe, expect, it } from 'vitest'
import { matchingNodeIps, nodePortAddresses } from './node-port-addresses.js'

const nodeIps = ['192.168.0.2', 'fd00::2']

describe('nodePortAddresses', () => {
  it.each([
    ['nothing', [], 'inet', { cidrs: null, containsLoopback: true }],
    ['nothing, IPv6', [], 'inet6', { cidrs: null, containsLoopback: false }],
    ['only the other family', ['fd00::/8'], 'inet', { cidrs: null, containsLoopback: true }],
    ['only IPv4 leaves IPv6 open', ['10.0.0.0/8'], 'inet6', { cidrs: null, containsLoopback: false }],
    ['a zero CIDR beside others', ['10.0.0.0/8', '0.0.0.0/0'], 'inet', { cidrs: null, containsLoopback: true }],
    ['a list', ['10.0.0.0/8', 'fd00::/8'], 'inet', { cidrs: ['10.0.0.0/8'], containsLoopback: false }],
    ['a part of loopback', ['127.0.0.1/32'], 'inet', { cidrs: ['127.0.0.1/32'], containsLoopback: true }],
    ['more than loopback', ['126.0.0.0/7'], 'inet', { cidrs: ['126.0.0.0/7'], containsLoopback: true }],
    ['primary', ['primary'], 'inet', { cidrs: ['192.168.0.2/32'], containsLoopback: false }],
    ['primary, IPv6', ['primary'], 'inet6', { cidrs: ['fd00::2/128'], containsLoopback: false }],
  ] as const)('%s', (_, list, family, expected) => {
    expect(nodePortAddresses(list, family, nodeIps)).toEqual(expected)
  })
})

describe('matchingNodeIps', () => {
  it('keeps the order of the node and drops duplicates', () => {
    const local = ['127.0.0.1', '10.1.0.1', 'fd00::1', '192.168.0.2', '10.1.0.1']
    expect(matchingNodeIps(['192.168.0.0/16', '10.0.0.0/8'], local, 'inet')).toEqual(['10.1.0.1', '192.168.0.2'])
  })
})
