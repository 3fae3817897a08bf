import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatIpv4 } from '../../addr/index.js'
import { checksum, icmpv4, ipv4, Packet, sctp, tcp, transportPorts, udp } from '../../wire/index.js'
import {
  addresses,
  icmpErrorPacket,
  icmpPacket,
  ip,
  NetfilterRouter,
  sctpPacket,
  tcpPacket,
  udpPacket,
} from '../../../test/helpers/netfilter-router.js'
import { printTuple } from '../conntrack/tuple.js'
import type { NatRange } from './range.js'

const NODE = '192.168.56.11'
const DNS = '8.8.8.8:53'

function ends(pkt: Packet | null): string {
  if (pkt === null) return 'dropped'
  const source = formatIpv4(ipv4.source(pkt.view, 0))
  const destination = formatIpv4(ipv4.destination(pkt.view, 0))
  const ports = transportPorts(pkt.view, 0)
  return ports === null
    ? `${source} > ${destination}`
    : `${source}:${ports.sourcePort} > ${destination}:${ports.destinationPort}`
}

/** Header and transport checksums are right. */
function isSound(pkt: Packet): boolean {
  if (ipv4.judge(pkt.bytes, pkt.view, 0) !== null) return false
  const at = ipv4.headerLength(pkt.view, 0)
  const [source, destination] = [ipv4.source(pkt.view, 0), ipv4.destination(pkt.view, 0)]
  const { bytes, view } = pkt
  switch (ipv4.protocol(view, 0)) {
    case ipv4.PROTOCOL.TCP:
      return tcp.judge(bytes, view, at, bytes.length, source, destination) === null
    case ipv4.PROTOCOL.UDP:
      return udp.judge(bytes, view, at, bytes.length, source, destination) === null
    case ipv4.PROTOCOL.ICMP:
      return icmpv4.judge(bytes, at, bytes.length) === null
    case ipv4.PROTOCOL.SCTP:
      return sctp.judge(bytes, at, bytes.length) === null
    default:
      return true
  }
}

function masquerading(seed = 1): NetfilterRouter {
  const router = new NetfilterRouter(seed)
  router.snat(addresses(NODE), (pkt) => ipv4.source(pkt.view, 0) >>> 8 === ip('10.244.1.0') >>> 8)
  return router
}

function sourcePortOf(router: NetfilterRouter, from: string, to: string): number {
  return transportPorts(router.forward(udpPacket(from, to))!.view, 0)!.sourcePort
}

describe('source ports', () => {
  it('are kept while the answers are nobody else’s', () => {
    const router = masquerading()
    expect(ends(router.forward(udpPacket('10.244.1.2:5000', DNS)))).toBe(`${NODE}:5000 > ${DNS}`)
    expect(ends(router.forward(udpPacket('10.244.1.4:5000', '192.168.56.1:53')))).toBe(`${NODE}:5000 > 192.168.56.1:53`)
    expect(ends(router.forward(tcpPacket('10.244.1.3:5000', '8.8.8.8:53', 'S')))).toBe(`${NODE}:5000 > 8.8.8.8:53`)
  })

  it.each([
    [5000, 1024, 65535],
    [700, 600, 1023],
    [300, 1, 511],
  ])('a taken port %i is replaced in its class', (port, min, max) => {
    for (let seed = 1; seed <= 20; seed++) {
      const router = masquerading(seed)
      router.forward(udpPacket(`10.244.1.2:${port}`, DNS))
      const given = sourcePortOf(router, `10.244.1.3:${port}`, DNS)
      expect(given).not.toBe(port)
      expect(given).toBeGreaterThanOrEqual(min)
      expect(given).toBeLessThanOrEqual(max)
    }
  })

  it('a source keeps its replacement toward other destinations', () => {
    const router = masquerading()
    router.forward(udpPacket('10.244.1.2:5000', DNS))
    const given = sourcePortOf(router, '10.244.1.3:5000', DNS)
    expect(sourcePortOf(router, '10.244.1.3:5000', '8.8.8.8:54')).toBe(given)
    expect(sourcePortOf(router, '10.244.1.3:5000', '192.168.56.1:53')).toBe(given)
    expect(sourcePortOf(router, '10.244.1.2:5000', DNS)).toBe(5000)
  })

  it('the node’s own socket gives way to a masqueraded pod, without a rule', () => {
    const router = masquerading()
    router.forward(udpPacket('10.244.1.2:5000', DNS))
    const own = router.send(udpPacket(`${NODE}:5000`, DNS))!
    expect(transportPorts(own.view, 0)!.sourcePort).not.toBe(5000)
    const answer = router.deliver(udpPacket(DNS, `${NODE}:${transportPorts(own.view, 0)!.sourcePort}`))
    expect(ends(answer)).toBe(`${DNS} > ${NODE}:5000`)
  })

  it('echo ids clash like ports', () => {
    const router = masquerading()
    const first = router.forward(icmpPacket('10.244.1.2', '8.8.8.8', 8, 77))!
    const second = router.forward(icmpPacket('10.244.1.3', '8.8.8.8', 8, 77))!
    expect(icmpv4.id(first.view, 20)).toBe(77)
    const id = icmpv4.id(second.view, 20)
    expect(id).not.toBe(77)
    expect(isSound(second)).toBe(true)
    const answer = router.forward(icmpPacket('8.8.8.8', NODE, 0, id))!
    expect([ends(answer), icmpv4.id(answer.view, 20)]).toEqual(['8.8.8.8 > 10.244.1.3', 77])
  })

  it('are drawn with --random-fully, also when free', () => {
    const router = new NetfilterRouter()
    router.snat(addresses(NODE, NODE, { randomFully: true }))
    expect(sourcePortOf(router, '10.244.1.2:5000', DNS)).not.toBe(5000)
  })

  it('a single port that is taken drops the packet', () => {
    const router = new NetfilterRouter()
    router.snat(addresses('192.168.56.62', '192.168.56.62', { protoSpecified: true, minPort: 2000, maxPort: 2000 }))
    expect(sourcePortOf(router, '10.244.1.2:40004', '8.8.8.8:5302')).toBe(2000)
    expect(router.forward(udpPacket('10.244.1.3:40005', '8.8.8.8:5302'))).toBeNull()
    expect(router.dropReason).toBe('NAT_NO_TUPLE')
    expect(router.entries()).toHaveLength(1)
  })

  it('a connection in TIME_WAIT makes way when nothing else is free', () => {
    const router = new NetfilterRouter()
    router.snat(addresses(NODE, NODE, { protoSpecified: true, minPort: 2000, maxPort: 2000 }))
    const [client, server, mapped] = ['10.244.1.2:4000', '8.8.8.8:80', `${NODE}:2000`]
    router.forward(tcpPacket(client, server, 'S', { seq: 1 }))
    router.forward(tcpPacket(server, mapped, 'SA', { seq: 9, ack: 2 }))
    router.forward(tcpPacket(client, server, 'A', { seq: 2, ack: 10 }))
    const other = tcpPacket('10.244.1.3:4000', server, 'S', { seq: 1000 })
    expect(router.forward(other)).toBeNull()
    router.forward(tcpPacket(client, server, 'FA', { seq: 2, ack: 10 }))
    router.forward(tcpPacket(server, mapped, 'FA', { seq: 10, ack: 3 }))
    router.forward(tcpPacket(client, server, 'A', { seq: 3, ack: 11 }))
    expect(ends(router.forward(other))).toBe(`${mapped} > ${server}`)
  })
})

describe('address pools', () => {
  const pool = (persistent: boolean): NatRange => addresses('192.168.56.61', '192.168.56.62', { persistent })

  it.each([
    ['10.244.1.2', '192.168.56.62', '192.168.56.62'],
    ['10.244.1.3', '192.168.56.62', '192.168.56.61'],
    ['10.244.1.4', '192.168.56.61', '192.168.56.61'],
  ])('%s is mapped as a kernel maps it', (source, plain, persistent) => {
    const router = new NetfilterRouter()
    router.snat(pool(false))
    expect(ends(router.forward(udpPacket(`${source}:40010`, '8.8.8.8:5304')))).toBe(`${plain}:40010 > 8.8.8.8:5304`)
    const steady = new NetfilterRouter()
    steady.snat(pool(true))
    expect(ends(steady.forward(udpPacket(`${source}:40013`, '8.8.8.8:5305')))).toBe(
      `${persistent}:40013 > 8.8.8.8:5305`,
    )
  })
})

describe('DNAT', () => {
  it('keeps the port, sets one, or takes the first of a range it is not in', () => {
    const to = (range: NatRange): string => {
      const router = new NetfilterRouter()
      router.dnat('198.51.100.1', range)
      return ends(router.forward(udpPacket('10.244.1.2:40001', '198.51.100.1:53')))
    }
    const range = (minPort: number, maxPort: number): NatRange =>
      addresses('10.244.2.2', '10.244.2.2', { protoSpecified: true, minPort, maxPort })
    expect(to(addresses('10.244.2.2'))).toBe('10.244.1.2:40001 > 10.244.2.2:53')
    expect(to(range(54, 54))).toBe('10.244.1.2:40001 > 10.244.2.2:54')
    expect(to(range(5400, 5410))).toBe('10.244.1.2:40001 > 10.244.2.2:5400')
    expect(to(range(50, 60))).toBe('10.244.1.2:40001 > 10.244.2.2:53')
    const shifted = { ...range(6000, 6100), protoOffset: true, basePort: 50 }
    expect(to(shifted)).toBe('10.244.1.2:40001 > 10.244.2.2:6003')
  })

  it('asks no rule about a flow that began before it', () => {
    const router = new NetfilterRouter()
    router.forward(udpPacket('10.244.1.2:1', '198.51.100.1:53'))
    router.dnat('198.51.100.1', addresses('10.244.2.2'))
    expect(ends(router.forward(udpPacket('10.244.1.2:1', '198.51.100.1:53')))).toBe('10.244.1.2:1 > 198.51.100.1:53')
    expect(ends(router.forward(udpPacket('10.244.1.2:2', '198.51.100.1:53')))).toBe('10.244.1.2:2 > 10.244.2.2:53')
  })

  it('translates a packet that is sent locally, and its answer', () => {
    const router = new NetfilterRouter()
    router.dnat('198.51.100.1', addresses('10.244.2.2'))
    expect(ends(router.send(tcpPacket('10.244.2.1:40006', '198.51.100.1:80', 'S')))).toBe(
      '10.244.2.1:40006 > 10.244.2.2:80',
    )
    expect(ends(router.deliver(tcpPacket('10.244.2.2:80', '10.244.2.1:40006', 'SA', { ack: 1 })))).toBe(
      '198.51.100.1:80 > 10.244.2.1:40006',
    )
  })

  it('says before, after and why', () => {
    const router = new NetfilterRouter()
    router.dnat('198.51.100.1', addresses('10.244.2.2'))
    router.forward(udpPacket('10.244.1.2:1', '198.51.100.1:53'))
    router.forward(udpPacket('10.244.2.2:53', '10.244.1.2:1'))
    const steps = router.log.steps.filter((step) => step.kind === 'nat')
    expect(steps).toEqual([
      {
        kind: 'nat',
        hook: 'PREROUTING',
        manip: 'destination',
        before: { source: '10.244.1.2:1', destination: '198.51.100.1:53' },
        after: { source: '10.244.1.2:1', destination: '10.244.2.2:53' },
        why: 'DNAT',
      },
      {
        kind: 'nat',
        hook: 'POSTROUTING',
        manip: 'source',
        before: { source: '10.244.2.2:53', destination: '10.244.1.2:1' },
        after: { source: '198.51.100.1:53', destination: '10.244.1.2:1' },
        why: 'reply of DNAT',
      },
    ])
  })
})

describe('MASQUERADE', () => {
  it('kills a connection that is routed out of another device', () => {
    const router = new NetfilterRouter()
    router.rules.push({ hook: 'POSTROUTING', matches: () => true, range: addresses(NODE), by: 'M', masquerade: true })
    router.forward(udpPacket('10.244.1.2:1', DNS))
    router.out0 = { name: 'wlan0', ifindex: 9 }
    expect(router.forward(udpPacket('10.244.1.2:1', DNS))).toBeNull()
    expect(router.entries()).toEqual([])
    expect(ends(router.forward(udpPacket('10.244.1.2:1', DNS)))).toBe(`${NODE}:1 > ${DNS}`)
  })
})

describe('ICMP errors about translated connections', () => {
  function service(): NetfilterRouter {
    const router = new NetfilterRouter()
    router.dnat('10.96.0.10', addresses('10.244.2.2'))
    router.snat(addresses(NODE), (pkt) => ipv4.destination(pkt.view, 0) === ip('10.244.2.2'))
    return router
  }

  it.each([
    ['udp', udpPacket('10.244.1.2:4000', '10.96.0.10:53')],
    ['tcp', tcpPacket('10.244.1.2:4000', '10.96.0.10:53', 'S')],
    ['sctp', sctpPacket('10.244.1.2:4000', '10.96.0.10:53', 0, sctp.initChunk(initFields()))],
  ])('are translated outside and in the quote (%s)', (_name, bytes) => {
    const router = service()
    const out = router.forward(bytes)!
    expect(ends(out)).toBe(`${NODE}:4000 > 10.244.2.2:53`)
    const error = router.forward(icmpErrorPacket('10.244.2.2', NODE, 3, out.bytes))!
    expect(ends(error)).toBe('10.96.0.10 > 10.244.1.2')
    expect(isSound(error)).toBe(true)
    const quote = new Packet(0, error.bytes.slice(28), 0x0800)
    expect(ends(quote)).toBe('10.244.1.2:4000 > 10.96.0.10:53')
    expect(checksum.isValidIpv4Header(quote.bytes, 0, 20)).toBe(true)
  })

  it('from a router on the way take the service’s address too', () => {
    const router = service()
    const out = router.forward(udpPacket('10.244.1.2:4000', '10.96.0.10:53'))!
    const error = router.forward(icmpErrorPacket('10.244.2.1', NODE, 11, out.bytes))
    expect(ends(error)).toBe('10.96.0.10 > 10.244.1.2')
  })

  it('that are redirects are dropped, unless nothing is translated', () => {
    const router = service()
    const out = router.forward(udpPacket('10.244.1.2:4000', '10.96.0.10:53'))!
    expect(router.forward(icmpErrorPacket('10.244.2.1', NODE, 5, out.bytes))).toBeNull()
    const plain = udpPacket('10.244.1.2:4000', '10.244.7.7:53')
    router.forward(plain)
    expect(ends(router.forward(icmpErrorPacket('10.244.2.1', '10.244.1.2', 5, plain)))).toBe('10.244.2.1 > 10.244.1.2')
  })
})

function initFields(): sctp.Init {
  return { initiateTag: 1, receiverWindow: 1, outboundStreams: 1, inboundStreams: 1, initialTsn: 1 }
}

describe('properties', () => {
  const port = fc.integer({ min: 1, max: 65535 })
  const payload = fc.uint8Array({ maxLength: 40 })

  it('a translated packet is sound, and the answer to it arrives as the answer to the original', () => {
    fc.assert(
      fc.property(port, port, port, payload, fc.integer({ min: 1, max: 1000 }), (sport, dport, target, data, seed) => {
        const router = new NetfilterRouter(seed)
        const one = { protoSpecified: true, minPort: target, maxPort: target }
        router.dnat('10.96.0.10', addresses('10.244.2.2', '10.244.2.9', one))
        router.snat(addresses('192.168.56.11', '192.168.56.14', { randomFully: seed % 2 === 0 }))
        const out = router.forward(udpPacket(`10.244.1.2:${sport}`, `10.96.0.10:${dport}`, data))!
        expect(isSound(out)).toBe(true)
        const ports = transportPorts(out.view, 0)!
        expect(ports.destinationPort).toBe(target)
        const peer = `${formatIpv4(ipv4.destination(out.view, 0))}:${ports.destinationPort}`
        const self = `${formatIpv4(ipv4.source(out.view, 0))}:${ports.sourcePort}`
        const back = router.forward(udpPacket(peer, self, data))!
        expect(back.bytes).toEqual(udpPacket(`10.96.0.10:${dport}`, `10.244.1.2:${sport}`, data))
      }),
    )
  })

  it('no two connections have the same answers', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 2, max: 5 }), fc.integer({ min: 1000, max: 1003 }))), (flows) => {
        const router = masquerading()
        for (const [pod, sport] of flows) router.forward(udpPacket(`10.244.1.${pod}:${sport}`, DNS))
        const replies = router.entries().map((entry) => printTuple(entry.reply))
        expect(new Set(replies).size).toBe(replies.length)
        expect(router.entries().length).toBe(new Set(flows.map(String)).size)
      }),
    )
  })

  it('no bytes make it throw', () => {
    const router = masquerading()
    router.dnat('8.8.8.8', addresses('10.244.2.2'))
    const samples = [
      udpPacket('10.244.1.2:1', DNS),
      tcpPacket('10.244.1.2:1', DNS, 'S', { options: { windowScale: 3, sackPermitted: true } }),
      icmpPacket('10.244.1.2', '8.8.8.8', 8, 1),
      icmpErrorPacket('10.244.2.2', NODE, 3, udpPacket(`${NODE}:1`, '10.244.2.2:53')),
      sctpPacket('10.244.1.2:1', DNS, 0, sctp.initChunk(initFields())),
    ]
    const edit = fc.tuple(fc.nat(80), fc.nat(255))
    fc.assert(
      fc.property(fc.constantFrom(...samples), fc.array(edit, { maxLength: 6 }), fc.nat(80), (bytes, edits, cut) => {
        const broken = bytes.slice()
        for (const [at, value] of edits) if (at > 9 && at < broken.length) broken[at] = value
        const sized = broken.subarray(0, Math.max(20, broken.length - cut))
        new DataView(sized.buffer, sized.byteOffset).setUint16(2, sized.length)
        ipv4.fillHeaderChecksum(sized, new DataView(sized.buffer, sized.byteOffset), 0)
        router.send(sized)
        router.forward(sized)
      }),
      { numRuns: 1000 },
    )
  })
})
