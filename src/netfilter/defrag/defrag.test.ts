import { describe, expect, it } from 'vitest'
import { ipv4 } from '../../wire/index.js'
import { NetfilterRouter, udpPacket } from '../../../test/helpers/netfilter-router.js'
import { HOOK_PRIORITY } from '../hooks.js'
import { joinedEcn } from './ecn.js'

const WHOLE = udpPacket('10.244.1.2:1', '10.244.2.2:53', new Uint8Array(3000).fill(7))

function fragments(df = false): Uint8Array[] {
  return ipv4.fragment(WHOLE, 1500, { df })
}

describe('reassembly before tracking', () => {
  it('keeps fragments until the last is there, in any order', () => {
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
    ]) {
      const router = new NetfilterRouter()
      const parts = fragments()
      const came = order.map((at) => router.forward(parts[at]!))
      expect(came.slice(0, 2)).toEqual([null, null])
      expect(came[2]!.bytes).toEqual(WHOLE)
      expect(came[2]).toMatchObject({ fragMaxSize: 1500, fragDf: false, ignoreDf: true })
      expect(router.entries()).toHaveLength(1)
      expect(router.log.steps.filter((step) => step.kind === 'fragment')).toMatchObject([
        { action: 'queue', count: 1 },
        { action: 'queue', count: 2 },
        { action: 'reassemble', count: 3 },
      ])
    }
  })

  it('keeps DF if the largest fragment had it', () => {
    const router = new NetfilterRouter()
    const [a, b, c] = fragments(true)
    router.forward(a!)
    router.forward(b!)
    const pkt = router.forward(c!)!
    expect([pkt.fragDf, ipv4.df(pkt.view, 0)]).toEqual([true, true])
    expect(ipv4.judge(pkt.bytes, pkt.view, 0)).toBeNull()
  })

  it('ignores a repeated fragment, gives the datagram up for an overlapping one', () => {
    const [a, b, c] = fragments()
    const repeated = new NetfilterRouter()
    for (const part of [a!, a!, b!]) expect(repeated.forward(part)).toBeNull()
    expect(repeated.forward(c!)).not.toBeNull()
    expect(repeated.log.steps).toContainEqual({ kind: 'drop', reason: 'DUP_FRAG', where: 'reassembly', rule: null })
    const overlapping = ipv4.fragment(WHOLE, 1000)[1]!
    const spoilt = new NetfilterRouter()
    for (const part of [a!, overlapping, b!, c!]) expect(spoilt.forward(part)).toBeNull()
  })

  it('forgets after thirty seconds', () => {
    const [a, b, c] = fragments()
    const router = new NetfilterRouter()
    router.forward(a!)
    router.forward(b!)
    router.sleep(30_000)
    expect(router.forward(c!)).toBeNull()
    router.forward(a!)
    expect(router.forward(b!)).not.toBeNull()
  })

  it('does not mix what arrives with what is sent', () => {
    const [a, b, c] = fragments()
    const router = new NetfilterRouter()
    router.forward(a!)
    router.forward(b!)
    expect(router.send(c!)).toBeNull()
    expect(router.forward(c!)).not.toBeNull()
  })

  it('leaves untracked fragments as they are', () => {
    const router = new NetfilterRouter()
    router.netfilter.hooks.register('PREROUTING', {
      name: 'notrack',
      priority: HOOK_PRIORITY.RAW_BEFORE_DEFRAG,
      run: (pkt) => {
        pkt.ctInfo = 'untracked'
        return 'accept'
      },
    })
    const [a] = fragments()
    expect(router.forward(a!)!.bytes).toEqual(a)
    expect(router.log.steps).toMatchObject([{ kind: 'conntrack', action: 'untracked', state: 'UNTRACKED' }])
  })
})

describe('ECN of joined fragments', () => {
  it.each([
    [[0, 0], 0],
    [[2, 3], 3],
    [[1, 3], 3],
    [[1, 2], 0],
    [[0, 3], null],
    [[0, 2], null],
    [[3, 3], 0],
  ])('%j adds %j', (values, added) => {
    expect(joinedEcn(values.reduce((bits, value) => bits | (1 << value), 0))).toBe(added)
  })
})
