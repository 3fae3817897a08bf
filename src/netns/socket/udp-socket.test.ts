import { describe, expect, test } from 'vitest'
import { ip, pair, routed } from '../../../test/helpers/small-net.js'
import { ipv4, sctp, udp } from '../../wire/index.js'
import { sendRaw } from './raw.js'
import { SctpProbe } from './sctp-probe.js'
import { DEFAULT_OPTIONS } from './send.js'
import { errnoOf } from './types.js'
import { UdpSocket } from './udp-socket.js'

/** A UDP datagram from 10.0.0.2 to 10.0.0.1:53. */
function datagram(): Uint8Array {
  const [source, destination] = [ip('10.0.0.2'), ip('10.0.0.1')]
  const payload = udp.emit({ sourcePort: 9, destinationPort: 53, payload: new Uint8Array(80) }, source, destination)
  return ipv4.emit({ id: 1, ttl: 64, protocol: 17, source, destination, payload })
}

describe('which UDP socket', () => {
  test('the more it is bound the better; the first of equals; none that is bound elsewhere', () => {
    const { a } = pair()
    const nobody = { process: 'p', datagram: (): void => undefined, error: (): void => undefined }
    const made = (address: string): UdpSocket => {
      const socket = new UdpSocket(a.ns, nobody, ip(address), 53, DEFAULT_OPTIONS)
      a.ns.sockets.addUdp(socket)
      return socket
    }
    const find = (): UdpSocket | undefined => a.ns.sockets.findUdp(ip('10.0.0.1'), 53, ip('10.0.0.2'), 9)
    expect(find()).toBeUndefined()
    made('10.0.0.77')
    expect(find()).toBeUndefined()
    const any = made('0.0.0.0')
    made('0.0.0.0')
    expect(find() === any).toBe(true)
    const bound = made('10.0.0.1')
    expect(find() === bound).toBe(true)
    const connected = made('10.0.0.1')
    connected.connect(ip('10.0.0.2'), 9)
    expect(find() === connected).toBe(true)
    expect(a.ns.sockets.findUdp(ip('10.0.0.1'), 53, ip('10.0.0.2'), 10) === bound).toBe(true)
    a.ns.sockets.removeUdp(connected)
    expect(find() === bound).toBe(true)
  })

  test('a connected client refuses the answer of another address', () => {
    const { net, a, b } = pair()
    b.ip('addr add 10.0.0.3/24 dev eth0').serve('udp/53')
    expect(net.result(a.udp('10.0.0.3:53')).verdict).toBe('timeout')
    expect(a.dropped()).toEqual(['NO_SOCKET'])
    const server = b.serve('udp/54@10.0.0.3')
    expect(net.result(a.udp('10.0.0.3:54'))).toMatchObject({ verdict: 'answered', from: ip('10.0.0.3') })
    expect(server.received).toHaveLength(1)
  })
})

describe('nobody listens', () => {
  test('port unreachable', () => {
    const { net, a, b } = pair()
    expect(net.result(a.udp('10.0.0.2:53'))).toMatchObject({
      verdict: 'refused',
      errno: 'ECONNREFUSED',
      icmp: { type: 3, code: 3, from: ip('10.0.0.2') },
    })
    expect(b.dropped()).toEqual(['NO_SOCKET'])
  })

  test('after the server has closed', () => {
    const { net, a, b } = pair()
    const server = b.serve('udp/53')
    expect(net.result(a.udp('10.0.0.2:53')).verdict).toBe('answered')
    server.close()
    expect(net.result(a.udp('10.0.0.2:53')).verdict).toBe('refused')
  })

  test('port unreachables fall under the limit of all errors: fifty at once', () => {
    const { net, a, b } = pair()
    b.sysctl({ icmp_ratelimit: 0 })
    for (let n = 0; n < 70; n++) a.udp('10.0.0.2:53', { sourcePort: 1000 + n })
    net.run(1)
    expect(a.seen().filter((l) => l.includes('port unreachable'))).toHaveLength(50)
  })

  test('under the limit per destination: six at once, then one a second', () => {
    const { net, a, b } = pair()
    for (let n = 0; n < 10; n++) a.udp('10.0.0.2:53', { sourcePort: 1000 + n })
    net.run(1)
    const count = (): number => a.seen().filter((l) => l.includes('port unreachable')).length
    expect(count()).toBe(6)
    net.run(1000)
    for (let n = 0; n < 3; n++) a.udp('10.0.0.2:53', { sourcePort: 2000 + n })
    net.run(1)
    expect([count(), b.dropped().length]).toEqual([7, 13])
  })
})

describe('sending', () => {
  test.each([
    ['no route', '192.0.2.1:9', 'ENETUNREACH'],
    ['a broadcast address without SO_BROADCAST', '10.0.0.255:9', 'EACCES'],
  ])('%s', (_, to, errno) => {
    expect(pair().a.udp(to).result).toMatchObject({ verdict: 'local error', errno })
  })

  test('a rule of the own OUTPUT: EPERM', () => {
    const { net, a } = pair()
    a.rules('filter', '-A OUTPUT -p udp -j DROP')
    expect(net.result(a.udp('10.0.0.2:9'))).toMatchObject({ verdict: 'local error', errno: 'EPERM' })
  })

  test('TTL and mark are the socket’s', () => {
    const { net, a } = pair()
    a.rules('filter', '-A OUTPUT -m mark --mark 0x5 -j ACCEPT', '-A OUTPUT -j DROP')
    expect(net.result(a.udp('10.0.0.2:9', { mark: 5, ttl: 9 })).verdict).toBe('refused')
    expect(a.seen()).toContain('eth0 out 10.0.0.1 > 10.0.0.2 udp 9 ttl 9')
    expect(a.udp('10.0.0.2:9', { mark: 4 }).result?.errno).toBe('EPERM')
  })
})

describe('path MTU discovery of a socket', () => {
  // 1500 on the link; 1473 bytes of payload are one too many.
  test.each([
    ['want', 1472, ['udp 53 ttl'], true],
    ['want', 1473, ['udp 53 frag 0+', 'udp frag 1480'], false],
    ['dont', 1472, ['udp 53 ttl'], false],
    ['do', 1472, ['udp 53 ttl'], true],
    ['do', 1473, [], null],
    ['probe', 1473, [], null],
  ] as const)('%s with %d bytes', (pmtu, size, texts, df) => {
    const { net, a, b } = pair()
    b.serve('udp/53')
    const result = net.result(a.udp('10.0.0.2:53', { size, pmtu }))
    const sent = net.recording.frames.filter((f) => f.netns === 'a' && f.direction === 'out' && f.text.includes('udp'))
    expect(sent).toHaveLength(texts.length)
    sent.forEach((f, i) => expect(f.text).toContain(texts[i]))
    if (df === null) expect(result).toMatchObject({ verdict: 'local error', errno: 'EMSGSIZE' })
    else expect([result.verdict, ipv4.df(sent[0]!.packet.view, 0)]).toEqual(['answered', df])
  })
})

describe('fragments at the receiver', () => {
  const pieces = (): Uint8Array[] => ipv4.fragment(datagram(), 68, { df: false })

  test('in any order, and nothing while one is missing', () => {
    const { net, a, b } = pair()
    const server = a.serve('udp/53')
    const [first, second] = pieces()
    sendRaw(b.ns, second!)
    net.run(10)
    expect(server.received).toHaveLength(0)
    sendRaw(b.ns, first!)
    net.run(10)
    expect(server.received).toHaveLength(1)
  })

  test('are given up after thirty seconds', () => {
    const { net, a, b } = pair()
    const server = a.serve('udp/53')
    const [first, second] = pieces()
    sendRaw(b.ns, first!)
    net.run(30_000)
    sendRaw(b.ns, second!)
    net.run(10)
    expect(server.received).toHaveLength(0)
  })
})

describe('raw sockets', () => {
  test.each([
    ['too short', new Uint8Array(10), 'EINVAL'],
    [
      'no route',
      ipv4.emit({ id: 1, ttl: 64, protocol: 17, source: 1, destination: ip('192.0.2.1'), payload: new Uint8Array(8) }),
      'ENETUNREACH',
    ],
    [
      'a broadcast',
      ipv4.emit({ id: 1, ttl: 64, protocol: 17, source: 1, destination: ip('10.0.0.255'), payload: new Uint8Array(8) }),
      'EACCES',
    ],
  ])('%s', (_, bytes, errno) => {
    expect(sendRaw(pair().a.ns, bytes)).toBe(errno)
  })

  test('send any source', () => {
    const { net, a, b } = pair()
    const bytes = ipv4.emit({
      id: 1,
      ttl: 3,
      protocol: 17,
      source: ip('192.0.2.9'),
      destination: ip('10.0.0.2'),
      payload: new Uint8Array(8),
    })
    expect(sendRaw(a.ns, bytes)).toBeNull()
    net.run(10)
    expect(b.seen().at(-1)).toMatch(/^eth0 in 192\.0\.2\.9 > 10\.0\.0\.2 .* ttl 3$/)
  })
})

describe('faulty and foreign packets', () => {
  const spoilt = (at: number): Uint8Array => {
    const bytes = datagram()
    bytes[at]! ^= 1
    return bytes
  }

  test.each([
    ['UDP checksum', spoilt(35), 'UDP_CSUM'],
    ['header checksum', spoilt(10), 'IP_CSUM'],
    ['version', spoilt(0), 'IP_INHDR'],
  ])('%s', (_, bytes, reason) => {
    const { net, a, b } = pair()
    a.serve('udp/53')
    sendRaw(b.ns, datagram())
    net.run(10)
    const frame = net.recording.frames.find((f) => f.netns === 'b' && f.text.includes('udp 53'))!.packet
    frame.setBytes(bytes)
    net.restart()
    b.device('eth0').transmit(frame)
    net.run(10)
    expect(a.dropped()).toEqual([reason])
  })

  test('an IP protocol without a handler: protocol unreachable', () => {
    const { net, a, b } = pair()
    const payload = new Uint8Array(8)
    sendRaw(
      b.ns,
      ipv4.emit({ id: 1, ttl: 64, protocol: 47, source: ip('10.0.0.2'), destination: ip('10.0.0.1'), payload }),
    )
    net.run(10)
    expect([a.dropped(), b.seen().at(-1)]).toEqual([
      ['IP_NOPROTO'],
      'eth0 in 10.0.0.1 > 10.0.0.2 protocol unreachable ttl 64',
    ])
  })

  test('an EtherType without a handler', () => {
    const { net, a, b } = pair()
    sendRaw(b.ns, datagram())
    net.run(10)
    const frame = net.recording.frames.find((f) => f.netns === 'b' && f.text.includes('udp 53'))!.packet
    frame.etherType = 0x86dd
    net.restart()
    b.device('eth0').transmit(frame)
    net.run(10)
    expect(a.dropped()).toEqual(['UNHANDLED_PROTO'])
  })
})

describe('SCTP', () => {
  const probe = (host: ReturnType<typeof pair>['a'], port: number): SctpProbe => {
    const made = new SctpProbe(host.ns, { destination: ip('10.0.0.2'), destinationPort: port, timeoutMs: 400 })
    made.start()
    return made
  }

  test('INIT is answered by INIT-ACK, without a listener by ABORT', () => {
    const { net, a, b } = pair()
    const server = b.serve('sctp/36412')
    expect(net.result(probe(a, 36412)).verdict).toBe('connected')
    expect(server.received).toMatchObject([{ localPort: 36412, peer: ip('10.0.0.1') }])
    expect(net.result(probe(a, 36413))).toMatchObject({ verdict: 'refused', errno: 'ECONNREFUSED' })
  })

  test('ABORT is never answered; a bad checksum is dropped', () => {
    const { net, a, b } = pair()
    const [source, destination] = [ip('10.0.0.2'), ip('10.0.0.1')]
    const chunk = { type: sctp.CHUNK.ABORT, flags: 0, value: new Uint8Array(0) }
    const payload = sctp.emit({ sourcePort: 1, destinationPort: 2, verificationTag: 3, chunks: [chunk] })
    const whole = ipv4.emit({ id: 1, ttl: 64, protocol: 132, source, destination, payload })
    sendRaw(b.ns, whole)
    net.run(10)
    expect([a.dropped(), a.seen().filter((l) => l.startsWith('eth0 out 10'))]).toEqual([['NO_SOCKET'], []])
    const bad = whole.slice()
    bad[30]! ^= 1
    sendRaw(b.ns, bad)
    net.run(10)
    expect(a.dropped()).toEqual(['NO_SOCKET', 'SCTP_CSUM'])
  })
})

// icmp_err_convert of net/ipv4/icmp.c
test.each([
  [3, 0, 'ENETUNREACH'],
  [3, 1, 'EHOSTUNREACH'],
  [3, 2, 'ENOPROTOOPT'],
  [3, 3, 'ECONNREFUSED'],
  [3, 4, 'EMSGSIZE'],
  [3, 9, 'ENETUNREACH'],
  [3, 10, 'EHOSTUNREACH'],
  [3, 13, 'EHOSTUNREACH'],
  [11, 0, 'EHOSTUNREACH'],
  [12, 0, 'EPROTO'],
])('ICMP %d/%d is %s', (type, code, errno) => {
  expect(errnoOf({ type, code, from: 0, mtu: 0 })).toBe(errno)
})

describe('echo', () => {
  test('answers from the address asked, with the default TTL', () => {
    const { net, a } = routed()
    expect(net.result(a.ping('10.0.1.1'))).toMatchObject({ verdict: 'answered', from: ip('10.0.1.1'), ttl: 64 })
    expect(net.result(a.ping('10.0.1.2'))).toMatchObject({ verdict: 'answered', from: ip('10.0.1.2'), ttl: 63 })
  })

  test('icmp_echo_ignore_all', () => {
    const { net, a, b } = pair()
    b.sysctl({ icmp_echo_ignore_all: 1 })
    expect(net.result(a.ping('10.0.0.2')).verdict).toBe('timeout')
  })

  test('fwmark_reflect gives the reply the mark of the request', () => {
    const { net, a, b } = pair()
    b.rules('mangle', '-A PREROUTING -p icmp -j MARK --set-xmark 0x7/0xffffffff')
    b.rules('filter', '-A OUTPUT -m mark --mark 0x7 -j DROP')
    expect(net.result(a.ping('10.0.0.2')).verdict).toBe('answered')
    b.sysctl({ fwmark_reflect: 1 })
    expect(net.result(a.ping('10.0.0.2')).verdict).toBe('timeout')
  })
})

test('loopback keeps route and conntrack entry: one entry, PREROUTING of nat not asked', () => {
  const { net, a } = pair()
  a.serve('udp/53')
  a.rules('nat', '-A PREROUTING -p udp -j DNAT --to-destination 10.0.0.2', '-A OUTPUT -p tcp -j ACCEPT')
  expect(net.result(a.udp('127.0.0.1:53'))).toMatchObject({ verdict: 'answered', from: ip('127.0.0.1') })
  expect(net.result(a.udp('10.0.0.1:53'))).toMatchObject({ verdict: 'answered', from: ip('10.0.0.1') })
  expect([...a.netfilter.conntrack.entries()]).toHaveLength(2)
  expect(a.seen('eth0')).toEqual([])
})
