import { describe, expect, test } from 'vitest'
import type { TraceHop, TracePacket } from './document.js'
import { DROP_REASONS, type DropReason } from './drop-reason.js'
import { dispositionOfDrop, fateOf } from './outcome.js'
import type { DropStep, SocketStep, Step } from './step.js'

function hop(netns: string, ...steps: Step[]): TraceHop {
  return { netns, node: 'node-1', pod: netns.startsWith('pod/') ? netns.slice(4) : null, at: 0, steps }
}

function packet(
  number: number,
  kind: TracePacket['kind'],
  hops: TraceHop[],
  retransmissionOf: number | null = null,
): TracePacket {
  const fixed = {
    protocol: 'tcp',
    from: 'a',
    to: 'b',
    text: '',
    netns: 'pod/default/a',
    madeBy: 'socket',
    because: null,
    at: 0,
  }
  return { ...fixed, number, kind, retransmissionOf, hops }
}

function drop(reason: DropReason, rule: string | null = null): DropStep {
  return { kind: 'drop', reason, where: 'somewhere', rule }
}

function socket(action: SocketStep['action']): SocketStep {
  return {
    kind: 'socket',
    action,
    protocol: 'tcp',
    local: '10.0.0.2:80',
    peer: '10.0.0.1:40000',
    process: 'web',
    detail: null,
  }
}

describe('fateOf', () => {
  test('a socket that takes the request is its delivery', () => {
    const fate = fateOf([packet(1, 'request', [hop('node-1'), hop('pod/default/b', socket('deliver'))])], 'connected')
    expect(fate).toEqual({
      disposition: 'accepted',
      delivered: {
        netns: 'pod/default/b',
        node: 'node-1',
        pod: 'default/b',
        address: '10.0.0.2',
        port: 80,
        source: '10.0.0.1:40000',
        process: 'web',
      },
      drop: null,
      unknown: null,
    })
  })

  test('a tunnel that unwraps the request does not take it', () => {
    const unwrap: Step = {
      kind: 'encapsulation',
      action: 'decapsulate',
      device: 'flannel.1',
      vni: 1,
      outer: { source: '192.168.10.11:50000', destination: '192.168.10.12:8472' },
      inner: 'tcp',
      remote: '192.168.10.11',
      why: 'UDP port 8472',
    }
    const tunnel = hop('node-2', socket('deliver'), unwrap)
    expect(fateOf([packet(1, 'request', [tunnel])], 'timeout').delivered).toBeNull()
    const fate = fateOf([packet(1, 'request', [tunnel, hop('pod/default/b', socket('deliver'))])], 'connected')
    expect(fate.delivered?.netns).toBe('pod/default/b')
  })

  test('a host that answers an echo is addressed as it routed the request', () => {
    const route: Step = {
      kind: 'route',
      action: 'input',
      destination: '10.0.0.2',
      source: '10.0.0.1',
      rule: null,
      table: 'local',
      route: 'local 10.0.0.2 dev eth0',
      result: 'local',
      device: 'lo',
      gateway: null,
      chosenSource: null,
    }
    const answer: Step = { kind: 'reply', action: 'echo-reply', detail: 'echo reply to 10.0.0.1' }
    const { delivered } = fateOf([packet(1, 'request', [hop('node-2', route, answer)])], 'answered')
    expect(delivered).toMatchObject({
      netns: 'node-2',
      address: '10.0.0.2',
      port: null,
      source: '10.0.0.1',
      process: null,
    })
    const own: Step = { ...route, action: 'output', source: '0.0.0.0', chosenSource: '10.0.0.2' }
    const toItself = fateOf([packet(1, 'request', [hop('node-2', own, answer)])], 'answered')
    expect(toItself.delivered?.source).toBe('10.0.0.2')
  })

  test('outside of the cluster, delivery means leaving the network', () => {
    expect(fateOf([packet(1, 'request', [hop('external', socket('deliver'))])], 'connected').disposition).toBe(
      'exits-network',
    )
  })

  test('the drop of the request counts, also that of its repetition', () => {
    const fate = fateOf(
      [packet(1, 'request', []), packet(2, 'request', [hop('node-1', drop('NEIGH_FAILED'))], 1)],
      'host-unreachable',
    )
    expect(fate.disposition).toBe('neighbour-unreachable')
    expect(fate.drop).toEqual({
      reason: 'NEIGH_FAILED',
      where: 'somewhere',
      rule: null,
      netns: 'node-1',
      node: 'node-1',
      packet: 2,
    })
  })

  test('a REJECT is told from a DROP by the rule', () => {
    const disposition = (rule: string | null): string =>
      fateOf([packet(1, 'request', [hop('node-1', drop('NETFILTER_DROP', rule))])], 'refused').disposition
    expect(disposition('-A X -j REJECT --reject-with icmp-port-unreachable')).toBe('rejected-in-netfilter')
    expect(disposition('-A X -m comment --comment "no -j REJECTION" -j DROP')).toBe('denied-in-netfilter')
    expect(disposition(null)).toBe('denied-in-netfilter')
  })

  test('a reply that dies is the drop of a request that was accepted', () => {
    const conversation = [
      packet(1, 'request', [hop('pod/default/b', socket('deliver'))]),
      packet(2, 'reply', [hop('node-1', drop('IP_RPFILTER'))]),
    ]
    expect(fateOf(conversation, 'timeout')).toMatchObject({
      disposition: 'accepted',
      drop: { reason: 'IP_RPFILTER', packet: 2 },
    })
    expect(fateOf(conversation, 'connected').drop).toBeNull()
  })

  test('copies of a flooded frame that others ignore are no drop', () => {
    const fate = fateOf([packet(1, 'request', [hop('pod/default/c', drop('OTHERHOST'))])], 'timeout')
    expect(fate).toMatchObject({ disposition: 'lost', drop: null })
  })

  test('what is not known stays so', () => {
    const step: Step = { kind: 'unknown', where: 'filter FORWARD', rule: '-A FORWARD -m bpf', extension: 'bpf' }
    const fate = fateOf([packet(1, 'request', [hop('node-1', step, drop('UNKNOWN_EXTENSION'))])], 'unknown')
    expect(fate).toMatchObject({ disposition: 'unknown', unknown: { extension: 'bpf', netns: 'node-1', packet: 1 } })
  })

  test('without a request, nothing was sent; a lost DNS query is the drop', () => {
    expect(fateOf([], 'name-not-found')).toEqual({
      disposition: 'not-sent',
      delivered: null,
      drop: null,
      unknown: null,
    })
    const fate = fateOf([packet(1, 'dns', [hop('node-1', drop('NETFILTER_DROP'))])], 'name-resolution-failed')
    expect(fate).toMatchObject({ disposition: 'not-sent', drop: { reason: 'NETFILTER_DROP', packet: 1 } })
  })
})

test('every drop reason has a disposition', () => {
  for (const reason of Object.keys(DROP_REASONS) as DropReason[]) expect(dispositionOfDrop(reason)).toMatch(/^[a-z-]+$/)
})
