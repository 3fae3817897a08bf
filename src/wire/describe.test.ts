import fc from 'fast-check'
import { describe as group, expect, test } from 'vitest'
import * as arp from './arp.js'
import { viewOf } from './bytes.js'
import { describe } from './describe.js'
import * as dns from './dns.js'
import * as ethernet from './ethernet.js'
import { isFault } from './fault.js'
import * as icmpv4 from './icmpv4.js'
import * as ipv4 from './ipv4.js'
import * as sctp from './sctp.js'
import * as tcp from './tcp.js'
import captures from './testdata/captures.json' with { type: 'json' }
import { transportPorts } from './transport-ports.js'
import * as udp from './udp.js'
import * as vxlan from './vxlan.js'

const frame = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))
const packet = (hex: string): Uint8Array => frame(hex).subarray(14)
const source = 0x0a000001
const destination = 0x0a000002
const ip = (protocol: number, payload: Uint8Array): Uint8Array =>
  ipv4.emit({ id: 1, ttl: 64, protocol, source, destination, payload })
const dnsPacket = (message: dns.MessageFields): Uint8Array =>
  ip(17, udp.emit({ sourcePort: 53, destinationPort: 40000, payload: dns.emit(message) }, source, destination))

group('describe', () => {
  test.each([
    ['tcp-syn', '10.0.0.1:40000 > 10.0.0.2:80 tcp SYN'],
    ['tcp-syn-ack', '10.0.0.2:80 > 10.0.0.1:40000 tcp SYN-ACK'],
    ['tcp-data', '10.0.0.1:40000 > 10.0.0.2:80 tcp PSH-ACK length 5'],
    ['tcp-fin', '10.0.0.1:40000 > 10.0.0.2:80 tcp FIN-ACK'],
    ['udp', '10.0.0.1:40001 > 10.0.0.2:5000 udp length 3'],
    ['echo-request', '10.0.0.1 > 10.0.0.2 icmp echo request id 4660 seq 1'],
    ['port-unreachable', '10.0.0.2 > 10.0.0.1 icmp port unreachable [10.0.0.1:40001 > 10.0.0.2:5999 udp length 1]'],
    [
      'vxlan-echo',
      '10.0.0.1:39225 > 10.0.0.2:8472 udp vxlan vni 1 [10.9.0.1 > 10.9.0.2 icmp echo request id 4662 seq 1]',
    ],
    ['vxlan-arp', '10.0.0.2:48883 > 10.0.0.1:8472 udp vxlan vni 1 [arp who-has 10.9.0.1 tell 10.9.0.2]'],
  ] as const)('%s', (name, line) => {
    expect(describe(packet(captures[name]))).toBe(line)
  })

  test('ARP', () => {
    expect(describe(packet(captures['arp-request']), ethernet.ETHERTYPE.ARP)).toBe('arp who-has 10.0.0.2 tell 10.0.0.1')
    expect(describe(packet(captures['arp-reply']), ethernet.ETHERTYPE.ARP)).toBe('arp 10.0.0.2 is-at 02:00:00:00:00:02')
    expect(describe(new Uint8Array(3), ethernet.ETHERTYPE.ARP)).toBe('arp length 3 (PKT_TOO_SMALL)')
  })

  test('fragments', () => {
    expect(captures['echo-fragments'].map((hex) => describe(packet(hex)))).toEqual([
      '10.0.0.1 > 10.0.0.2 icmp echo request id 4661 seq 1 frag 26397 0+',
      '10.0.0.1 > 10.0.0.2 icmp frag 26397 1480+',
      '10.0.0.1 > 10.0.0.2 icmp frag 26397 2960',
    ])
  })

  test('ICMP errors with a number', () => {
    const quote = packet(captures.udp).subarray(0, 28)
    expect(describe(ip(1, icmpv4.emitError({ type: 3, code: 4, rest: 1450, quote })))).toBe(
      '10.0.0.1 > 10.0.0.2 icmp fragmentation needed mtu 1450 [10.0.0.1:40001 > 10.0.0.2:5000 udp length 3]',
    )
    expect(describe(ip(1, icmpv4.emitError({ type: 5, code: 1, rest: 0x0a0000fe, quote: new Uint8Array(0) })))).toBe(
      '10.0.0.1 > 10.0.0.2 icmp redirect host to 10.0.0.254 [ip? length 0]',
    )
  })

  test('DNS', () => {
    const questions = [{ name: 'web.shop.svc.cluster.local', type: 'A', class: 'IN' }]
    const head = { name: 'web.shop.svc.cluster.local', class: 'IN', ttl: 5 }
    const data = { priority: 0, weight: 1, port: 80, target: 'w.x' }
    expect(describe(dnsPacket({ id: 1, questions }))).toBe(
      '10.0.0.1:53 > 10.0.0.2:40000 udp dns A? web.shop.svc.cluster.local',
    )
    expect(describe(dnsPacket({ id: 1, response: true, rcode: 3, questions }))).toMatch(
      /A\? web\.shop\.svc\.cluster\.local NXDOMAIN$/,
    )
    const answers = [
      { ...head, type: 'CNAME', data: 'a.b' },
      { ...head, type: 'A', data: '10.96.0.10' },
      { ...head, type: 'SRV', data },
    ] as const
    expect(describe(dnsPacket({ id: 1, response: true, questions, answers }))).toMatch(
      / = CNAME a\.b, 10\.96\.0\.10, SRV w\.x:80$/,
    )
  })

  test('SCTP, IP in IP, others', () => {
    const init = sctp.initChunk({
      initiateTag: 1,
      receiverWindow: 1,
      outboundStreams: 1,
      inboundStreams: 1,
      initialTsn: 1,
    })
    const association = sctp.emit({ sourcePort: 1, destinationPort: 2, verificationTag: 0, chunks: [init] })
    expect(describe(ip(132, association))).toBe('10.0.0.1:1 > 10.0.0.2:2 sctp INIT')
    expect(describe(ip(4, packet(captures.udp)))).toBe(
      '10.0.0.1 > 10.0.0.2 ipip [10.0.0.1:40001 > 10.0.0.2:5000 udp length 3]',
    )
    expect(describe(ip(47, new Uint8Array(9)))).toBe('10.0.0.1 > 10.0.0.2 47 length 9')
    expect(describe(new Uint8Array(5), 0x86dd)).toBe('ethertype 0x86dd length 5')
  })
})

group('transportPorts', () => {
  test('of TCP, UDP and SCTP, behind options too', () => {
    expect(transportPorts(viewOf(packet(captures['tcp-syn'])), 0)).toEqual({ sourcePort: 40000, destinationPort: 80 })
    expect(transportPorts(viewOf(frame(captures.udp)), 14)).toEqual({ sourcePort: 40001, destinationPort: 5000 })
    const [first, second] = captures['option-fragments'].map(packet)
    expect(transportPorts(viewOf(first!), 0)).toEqual({ sourcePort: 40001, destinationPort: 5000 })
    expect(transportPorts(viewOf(second!), 0)).toBeNull()
  })

  test('null without ports', () => {
    expect(transportPorts(viewOf(packet(captures['echo-request'])), 0)).toBeNull()
    expect(transportPorts(viewOf(packet(captures.udp).subarray(0, 23)), 0)).toBeNull()
    expect(transportPorts(viewOf(new Uint8Array(19)), 0)).toBeNull()
  })
})

group('any bytes', () => {
  const names = ['tcp-syn', 'udp', 'port-unreachable', 'vxlan-echo', 'vxlan-arp', 'arp-reply'] as const
  const start = fc.constantFrom(...names.map((name) => packet(captures[name])), new Uint8Array(0))
  const mangled = fc
    .tuple(start, fc.uint8Array({ maxLength: 60 }), fc.nat(120), fc.nat(200))
    .map(([given, noise, at, keep]) => {
      const bytes = Uint8Array.from([...given, ...noise])
      bytes.set(noise, Math.min(at, given.length))
      return bytes.subarray(0, keep)
    })

  test('are described, never refused', () => {
    fc.assert(
      fc.property(fc.oneof(mangled, fc.uint8Array()), fc.constantFrom(0x0800, 0x0806), (bytes, etherType) => {
        expect(describe(bytes, etherType)).not.toBe('')
      }),
      { numRuns: 1000 },
    )
  })

  test('parse to a value or a fault', () => {
    const addresses = { source, destination }
    const parsers: ((bytes: Uint8Array, at: number) => object)[] = [
      ethernet.parse,
      arp.parse,
      ipv4.parse,
      icmpv4.parse,
      sctp.parse,
      vxlan.parse,
      (bytes, at) => tcp.parse(bytes, at, addresses),
      (bytes, at) => udp.parse(bytes, at, addresses),
    ]
    fc.assert(
      fc.property(mangled, fc.nat(80), (bytes, at) => {
        for (const parse of parsers) {
          const parsed = parse(bytes, at)
          if (isFault(parsed)) expect(parsed.fault).toMatch(/^[A-Z_]+$/)
          else expect(Object.keys(parsed).length).toBeGreaterThan(1)
        }
      }),
      { numRuns: 500 },
    )
  })

  test('fragment, have options and ports or have none', () => {
    fc.assert(
      fc.property(mangled, fc.nat(100), (bytes, mtu) => {
        for (const part of ipv4.fragment(bytes, mtu))
          expect(part.length).toBeLessThanOrEqual(Math.max(bytes.length, 68))
        expect(tcp.parseOptions(bytes)).toBeTypeOf('object')
        const ports = transportPorts(viewOf(bytes), 0)
        if (ports !== null) expect(ports.sourcePort).toBeLessThanOrEqual(0xffff)
      }),
      { numRuns: 500 },
    )
  })
})
