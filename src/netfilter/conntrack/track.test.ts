import { describe, expect, it } from 'vitest'
import { cloneGraph } from '../../base/index.js'
import { Packet, sctp, udp } from '../../wire/index.js'
import {
  addresses,
  icmpErrorPacket,
  icmpPacket,
  NetfilterRouter,
  sctpPacket,
  tcpPacket,
  udpPacket,
} from '../../../test/helpers/netfilter-router.js'
import { HOOK_PRIORITY, HookState } from '../hooks.js'
import { printConnection } from './print.js'
import { attachConntrack, connectionOf, ctStateOf } from './state.js'
import { invertTuple, printTuple } from './tuple.js'
import { ConntrackTemplate } from './zone.js'

const A = '10.244.1.2'
const B = '10.244.2.2'

describe('UDP', () => {
  it('is NEW until answered, then ESTABLISHED both ways', () => {
    const router = new NetfilterRouter()
    expect(router.stateOf(udpPacket(`${A}:2300`, `${B}:53`))).toBe('NEW')
    expect(router.stateOf(udpPacket(`${A}:2300`, `${B}:53`))).toBe('NEW')
    expect(router.stateOf(udpPacket(`${B}:53`, `${A}:2300`))).toBe('ESTABLISHED')
    expect(router.stateOf(udpPacket(`${A}:2300`, `${B}:53`))).toBe('ESTABLISHED')
    expect(router.entries()).toHaveLength(1)
  })

  it('becomes an assured stream when still answered after two seconds', () => {
    const router = new NetfilterRouter()
    router.forward(udpPacket(`${A}:2300`, `${B}:53`))
    router.forward(udpPacket(`${B}:53`, `${A}:2300`))
    const [entry] = router.entries()
    expect([entry!.assured, entry!.timeoutMs]).toEqual([false, 30_000])
    router.sleep(2001)
    router.forward(udpPacket(`${A}:2300`, `${B}:53`))
    expect([entry!.assured, entry!.timeoutMs]).toEqual([true, 120_000])
  })

  it('with a wrong checksum is INVALID on arrival and trusted when sent', () => {
    const broken = udpPacket(`${A}:2303`, `${B}:53`)
    broken[26]! ^= 0x55
    expect(new NetfilterRouter().stateOf(broken)).toBe('INVALID')
    const router = new NetfilterRouter()
    router.send(broken)
    expect(router.entries()).toHaveLength(1)
  })

  it('without a checksum is fine', () => {
    const bytes = udpPacket(`${A}:1`, `${B}:2`)
    udp.setChecksum(new DataView(bytes.buffer), 20, 0)
    expect(new NetfilterRouter().stateOf(bytes)).toBe('NEW')
  })
})

describe('ICMP', () => {
  it.each([
    [8, 'NEW'],
    [13, 'NEW'],
    [15, 'NEW'],
    [17, 'NEW'],
    [0, 'INVALID'],
    [14, 'INVALID'],
    [9, 'INVALID'],
    [40, 'INVALID'],
  ])('type %i alone is %s', (type, state) => {
    expect(new NetfilterRouter().stateOf(icmpPacket(A, B, type, 9))).toBe(state)
  })

  it('an echo is answered with the same id', () => {
    const router = new NetfilterRouter()
    router.forward(icmpPacket(A, B, 8, 9))
    expect(router.stateOf(icmpPacket(B, A, 0, 10))).toBe('INVALID')
    expect(router.stateOf(icmpPacket(B, A, 0, 9))).toBe('ESTABLISHED')
  })

  it('an error about a connection is RELATED, about none INVALID', () => {
    const router = new NetfilterRouter()
    const question = udpPacket(`${A}:2300`, `${B}:53`)
    router.forward(question)
    expect(router.stateOf(icmpErrorPacket(B, A, 3, question))).toBe('RELATED')
    expect(router.stateOf(icmpErrorPacket('10.244.1.1', A, 11, question))).toBe('RELATED')
    expect(router.stateOf(icmpErrorPacket(B, A, 3, udpPacket(`${A}:2999`, `${B}:53`)))).toBe('INVALID')
    expect(router.stateOf(icmpErrorPacket(B, '10.244.1.9', 3, question))).toBe('INVALID')
    expect(router.stateOf(icmpErrorPacket(B, A, 3, question, 22))).toBe('INVALID')
  })
})

describe('SCTP', () => {
  it('follows the tags of the handshake', () => {
    const router = new NetfilterRouter()
    const init = { initiateTag: 11, receiverWindow: 1, outboundStreams: 1, inboundStreams: 1, initialTsn: 1 }
    const chunk = (type: number): sctp.Chunk => ({ type, flags: 0, value: new Uint8Array(4) })
    const to = (tag: number, body: sctp.Chunk): string => router.stateOf(sctpPacket(`${A}:1`, `${B}:2`, tag, body))
    const back = (tag: number, body: sctp.Chunk): string => router.stateOf(sctpPacket(`${B}:2`, `${A}:1`, tag, body))
    expect(to(0, sctp.initChunk(init))).toBe('NEW')
    expect(back(11, sctp.initChunk({ ...init, initiateTag: 22 }, sctp.CHUNK.INIT_ACK))).toBe('ESTABLISHED')
    expect(to(33, chunk(sctp.CHUNK.COOKIE_ECHO))).toBe('INVALID')
    expect(to(22, chunk(sctp.CHUNK.COOKIE_ECHO))).toBe('ESTABLISHED')
    expect(back(11, chunk(sctp.CHUNK.COOKIE_ACK))).toBe('ESTABLISHED')
    expect(router.entries()[0]).toMatchObject({ assured: true, sctp: { state: 'ESTABLISHED' } })
    expect(to(99, chunk(sctp.CHUNK.DATA))).toBe('INVALID')
  })
})

describe('the table', () => {
  it('keeps protocols apart and prints like conntrack -L', () => {
    const router = new NetfilterRouter()
    router.forward(tcpPacket(`${A}:1`, `${B}:2`, 'S'))
    router.forward(udpPacket(`${A}:1`, `${B}:2`))
    router.forward(icmpPacket(A, B, 8, 77))
    expect(router.netfilter.conntrack.print()).toEqual([
      `tcp      6 120 SYN_SENT src=${A} dst=${B} sport=1 dport=2 [UNREPLIED] src=${B} dst=${A} sport=2 dport=1 mark=0 use=1`,
      `udp      17 30 src=${A} dst=${B} sport=1 dport=2 [UNREPLIED] src=${B} dst=${A} sport=2 dport=1 mark=0 use=1`,
      `icmp     1 30 src=${A} dst=${B} type=8 code=0 id=77 [UNREPLIED] src=${B} dst=${A} type=0 code=0 id=77 mark=0 use=1`,
    ])
  })

  it('drops an entry that is not assured when full, and the packet when all are', () => {
    const router = new NetfilterRouter()
    router.netfilter.conntrack.sysctls.max = 4
    for (let port = 1; port <= 6; port++) router.forward(udpPacket(`${A}:${port}`, `${B}:2`))
    expect(router.entries()).toHaveLength(4)
    for (const entry of router.entries()) entry.assured = true
    expect(router.forward(udpPacket(`${A}:7`, `${B}:2`))).toBeNull()
    expect(router.dropReason).toBe('NETFILTER_DROP')
  })

  it('finds thousands of entries, forgets those deleted', () => {
    const router = new NetfilterRouter()
    for (let port = 1; port <= 2000; port++) router.forward(udpPacket(`${A}:${port}`, `${B}:53`))
    expect(router.entries()).toHaveLength(2000)
    expect(router.netfilter.conntrack.delete((entry) => entry.original.sourcePort % 2 === 0)).toBe(1000)
    expect(router.stateOf(udpPacket(`${B}:53`, `${A}:7`))).toBe('ESTABLISHED')
    expect(router.stateOf(udpPacket(`${B}:53`, `${A}:8`))).toBe('NEW')
    router.netfilter.conntrack.flush()
    expect(router.netfilter.conntrack.size).toBe(0)
  })

  it('is copied with the rest of the state', () => {
    const router = new NetfilterRouter()
    router.forward(udpPacket(`${A}:1`, `${B}:53`))
    const copy = cloneGraph(router)
    router.netfilter.conntrack.flush()
    expect(copy.stateOf(udpPacket(`${B}:53`, `${A}:1`))).toBe('ESTABLISHED')
  })
})

describe('zones', () => {
  /** Packets with this mark are tracked in the zone. */
  function zoned(template: ConntrackTemplate): NetfilterRouter {
    const router = new NetfilterRouter()
    router.netfilter.hooks.register('PREROUTING', {
      name: 'CT target',
      priority: HOOK_PRIORITY.RAW,
      run: (pkt) => {
        if (pkt.view.getUint16(20) < 100) pkt.nfct = template
        return 'accept'
      },
    })
    return router
  }

  it('are tables of their own', () => {
    const router = zoned(new ConntrackTemplate({ id: 5, direction: 'both' }, false))
    expect(router.stateOf(udpPacket(`${A}:1`, `${B}:200`))).toBe('NEW')
    expect(router.stateOf(udpPacket(`${B}:200`, `${A}:1`))).toBe('NEW')
    expect(router.entries().map((entry) => entry.zone.id)).toEqual([5, 0])
    expect(printConnection(router.entries()[0]!)).toContain('mark=0 zone=5')
  })

  it('of one direction leave the answers in the default zone', () => {
    const router = zoned(new ConntrackTemplate({ id: 5, direction: 'original' }, false))
    expect(router.stateOf(udpPacket(`${A}:1`, `${B}:200`))).toBe('NEW')
    expect(router.stateOf(udpPacket(`${B}:200`, `${A}:1`))).toBe('ESTABLISHED')
  })
})

describe('a packet made because of another', () => {
  it('is RELATED to its connection, confirmed or not', () => {
    const router = new NetfilterRouter()
    const cause = router.forward(udpPacket(`${A}:1`, `${B}:53`))!
    const made = new Packet(99, icmpErrorPacket(B, A, 3, cause.bytes), 0x0800)
    attachConntrack(made, cause)
    expect([made.ctInfo, ctStateOf(made), connectionOf(made)]).toEqual(['related-reply', 'RELATED', cause.nfct])
    const answer = new Packet(100, made.bytes, 0x0800)
    attachConntrack(answer, made)
    expect(answer.ctInfo).toBe('related')
  })
})

describe('two first packets of one flow', () => {
  const bytes = udpPacket(`${A}:1`, `${B}:53`)

  /** Tracks two packets before either is confirmed, as when they race on two CPUs. */
  function race(first: Uint8Array, second: Uint8Array): { router: NetfilterRouter; states: string[]; same: boolean } {
    const router = new NetfilterRouter()
    const { hooks } = router.netfilter
    const run = (pkt: Packet, hook: 'PREROUTING' | 'POSTROUTING'): string =>
      hooks.run(pkt, new HookState(hook, router.in0, router.out0, router.env))
    const packets = [new Packet(1, first.slice(), 0x0800), new Packet(2, second.slice(), 0x0800)]
    for (const pkt of packets) run(pkt, 'PREROUTING')
    const states = packets.map((pkt) => run(pkt, 'POSTROUTING'))
    return { router, states, same: packets[0]!.nfct === packets[1]!.nfct }
  }

  it('share an entry if they are datagrams', () => {
    const { router, states, same } = race(bytes, bytes)
    expect([states, same, router.entries().length]).toEqual([['accept', 'accept'], true, 1])
  })

  it('that were given different endpoints live beside each other for a second', () => {
    const router = new NetfilterRouter()
    const { hooks, conntrack } = router.netfilter
    const run = (pkt: Packet, hook: 'PREROUTING' | 'POSTROUTING'): string =>
      hooks.run(pkt, new HookState(hook, router.in0, router.out0, router.env))
    const packets = ['10.244.2.7', '10.244.2.8'].map((endpoint, at) => {
      router.rules.length = 0
      router.dnat(B, addresses(endpoint))
      const pkt = new Packet(at, bytes.slice(), 0x0800)
      run(pkt, 'PREROUTING')
      return pkt
    })
    expect(packets.map((pkt) => run(pkt, 'POSTROUTING'))).toEqual(['accept', 'accept'])
    expect(conntrack.size).toBe(2)
    const answer = udpPacket('10.244.2.8:53', `${A}:1`)
    expect(router.stateOf(answer)).toBe('ESTABLISHED')
    router.sleep(999)
    expect(router.stateOf(answer)).toBe('ESTABLISHED')
    router.sleep(1)
    expect(router.stateOf(answer)).toBe('NEW')
    expect(router.stateOf(bytes)).toBe('NEW')
  })

  it('lose the second if they are TCP', () => {
    const syn = tcpPacket(`${A}:1`, `${B}:53`, 'S')
    expect(race(syn, syn).states).toEqual(['accept', 'drop'])
  })
})

describe('tracking on demand', () => {
  it('sees nothing while nobody retains it', () => {
    const router = new NetfilterRouter()
    router.netfilter.releaseConntrack()
    router.forward(udpPacket(`${A}:1`, `${B}:53`))
    expect(router.entries()).toEqual([])
    expect(router.log.steps).toEqual([])
    router.netfilter.retainConntrack()
    router.forward(udpPacket(`${A}:1`, `${B}:53`))
    expect(router.entries()).toHaveLength(1)
  })

  it('says what it did', () => {
    const router = new NetfilterRouter()
    router.forward(udpPacket(`${A}:1`, `${B}:53`))
    expect(router.log.steps).toMatchObject([
      { kind: 'conntrack', action: 'created', state: 'NEW', original: `${A}:1 > ${B}:53`, reply: `${B}:53 > ${A}:1` },
      { kind: 'conntrack', action: 'confirmed' },
    ])
  })
})

describe('tuples', () => {
  it('the inverse of the inverse is the tuple', () => {
    const tuple = { source: 1, destination: 2, protocol: 6, sourcePort: 3, destinationPort: 4 }
    expect(invertTuple(invertTuple(tuple)!)).toEqual(tuple)
    const echo = { source: 1, destination: 2, protocol: 1, sourcePort: 7, destinationPort: 8 << 8 }
    expect(invertTuple(echo)).toMatchObject({ sourcePort: 7, destinationPort: 0 })
    expect(invertTuple(invertTuple(echo)!)).toEqual(echo)
    expect(invertTuple({ ...echo, destinationPort: 3 << 8 })).toBeNull()
  })

  it('prints ends', () => {
    expect(printTuple({ source: 1, destination: 2, protocol: 47, sourcePort: 0, destinationPort: 0 })).toBe(
      '0.0.0.1 > 0.0.0.2 47',
    )
  })
})
