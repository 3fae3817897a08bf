import { describe, expect, test } from 'vitest'
import { ip, pair, routed, type SmallHost, type SmallNet } from '../../../test/helpers/small-net.js'
import { ipv4, tcp } from '../../wire/index.js'
import { sendRaw } from './raw.js'

/** TCP frames that `host` sent or got on eth0: `out SYN`. */
function segments(host: SmallHost): string[] {
  return host
    .seen('eth0')
    .filter((line) => line.includes(' tcp '))
    .map((line) => line.replace(/^eth0 (in|out) .* tcp \d+ (.*) ttl.*$/, '$1 $2'))
}

/** When `host` sent TCP frames, in seconds. */
function times(net: SmallNet, host: string): number[] {
  return net.recording.frames
    .filter((f) => f.netns === host && f.direction === 'out' && f.text.includes(' tcp '))
    .map((f) => f.at / 1000)
}

/** Payload sizes of what `host` sent. */
function sizes(net: SmallNet, host: string): number[] {
  return net.recording.frames
    .filter((f) => f.netns === host && f.device === 'eth0' && f.direction === 'out' && f.text.includes(' tcp '))
    .map((f) => f.bytes.length - 20 - tcp.dataOffset(f.packet.view, 20))
    .filter((size) => size > 0)
}

/** A segment from 10.0.0.2 to 10.0.0.1. */
function segment(fields: Partial<tcp.SegmentFields>): Uint8Array {
  const [source, destination] = [ip('10.0.0.2'), ip('10.0.0.1')]
  const all = {
    sourcePort: 80,
    destinationPort: 4000,
    seq: 0,
    ack: 0,
    flags: 0,
    window: 100,
    payload: new Uint8Array(0),
  }
  const payload = tcp.emit({ ...all, ...fields }, source, destination)
  return ipv4.emit({ id: 1, ttl: 64, protocol: 6, source, destination, payload })
}

/** a and b that know each other's MAC. */
function acquainted(): ReturnType<typeof pair> {
  const net = pair()
  net.a.ip('neigh replace 10.0.0.2 lladdr 02:00:00:00:00:02 dev eth0 nud permanent')
  net.b.ip('neigh replace 10.0.0.1 lladdr 02:00:00:00:00:01 dev eth0 nud permanent')
  return net
}

describe('a conversation', () => {
  test('handshake, request, answer, close', () => {
    const { net, a, b } = acquainted()
    const server = b.serve('tcp/80')
    const result = net.result(a.tcp('10.0.0.2:80', { sourcePort: 4000 }), 100)
    expect(result).toMatchObject({ verdict: 'answered', client: { address: ip('10.0.0.1'), port: 4000 } })
    expect(server.received).toMatchObject([{ localPort: 80, peer: ip('10.0.0.1'), peerPort: 4000 }])
    const all = segments(a)
    expect(all.slice(0, 4).map((s) => s.split(' ')[0])).toEqual(['out', 'in', 'out', 'out'])
    expect(all.filter((s) => s.includes('R'))).toEqual([])
    // SYN, SYN-ACK, ACK, request, ACK, answer, ACK, FIN, FIN-ACK, ACK
    expect(all).toHaveLength(10)
  })

  test('SYN and SYN-ACK announce the MSS of their device', () => {
    const { net, a, b } = routed(1400)
    b.serve('tcp/80')
    net.result(a.tcp('10.0.1.2:80'))
    const mss = net.recording.frames
      .filter((f) => f.netns === 'a' && f.text.includes(' tcp '))
      .map((f) => tcp.mss(f.packet.view, 20))
    expect(mss.slice(0, 2)).toEqual([1460, 1360])
  })

  test('data beyond the MSS goes in several segments', () => {
    const { net, a, b } = acquainted()
    b.serve('tcp/80')
    expect(net.result(a.tcp('10.0.0.2:80', { size: 4000 })).verdict).toBe('answered')
    expect(sizes(net, 'a')).toEqual([1448, 1448, 1104])
  })

  test('nothing to say: connected is enough', () => {
    const { net, a, b } = acquainted()
    b.serve('tcp/80')
    expect(net.result(a.tcp('10.0.0.2:80', { size: 0 })).verdict).toBe('connected')
  })
})

describe('nobody listens', () => {
  test('RST: refused at once', () => {
    const { net, a, b } = acquainted()
    expect(net.result(a.tcp('10.0.0.2:80'), 1)).toMatchObject({ verdict: 'refused', errno: 'ECONNREFUSED' })
    expect(b.dropped()).toEqual(['NO_SOCKET'])
  })

  test('the listener of another address does not count', () => {
    const { net, a, b } = acquainted()
    b.ip('addr add 10.0.0.3/24 dev eth0').serve('tcp/80@10.0.0.3')
    expect(net.result(a.tcp('10.0.0.2:80')).verdict).toBe('refused')
    expect(net.result(a.tcp('10.0.0.3:80')).verdict).toBe('answered')
  })

  test('a RST answers an ACK with its number, a SYN with the next; never a RST', () => {
    const { net, a, b } = acquainted()
    for (const fields of [{ flags: tcp.SYN, seq: 99 }, { flags: tcp.ACK, seq: 5, ack: 777 }, { flags: tcp.RST }]) {
      sendRaw(b.ns, segment(fields))
    }
    net.run(10)
    const resets = net.recording.frames.filter((f) => f.netns === 'a' && f.direction === 'out')
    expect(resets.map(({ packet: { view } }) => [tcp.flags(view, 20), tcp.seq(view, 20), tcp.ack(view, 20)])).toEqual([
      [tcp.RST | tcp.ACK, 0, 100],
      [tcp.RST, 777, 0],
    ])
    expect(a.dropped()).toEqual(['NO_SOCKET', 'NO_SOCKET', 'NO_SOCKET'])
  })
})

describe('a SYN without an answer', () => {
  function silent(sysctls: Readonly<Record<string, number>> = {}): ReturnType<typeof pair> {
    const net = acquainted()
    net.b.rules('filter', '-A INPUT -j DROP')
    net.a.sysctl(sysctls)
    return net
  }

  test('six times with doubled time-outs, then ETIMEDOUT', () => {
    const { net, a } = silent({ tcp_syn_linear_timeouts: 0 })
    const probe = a.tcp('10.0.0.2:80', { timeoutMs: 1_000_000 })
    net.run(126_999)
    expect([times(net, 'a'), probe.result]).toEqual([[0, 1, 3, 7, 15, 31, 63], null])
    net.run(1)
    expect(probe.result).toMatchObject({ verdict: 'timeout', errno: 'ETIMEDOUT' })
  })

  test('by default the first four again after a second each', () => {
    const { net, a } = silent()
    const probe = a.tcp('10.0.0.2:80', { timeoutMs: 1_000_000 })
    net.run(131_000)
    expect(times(net, 'a')).toEqual([0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67])
    expect(probe.result?.errno).toBe('ETIMEDOUT')
  })

  test('tcp_syn_retries', () => {
    const { net, a } = silent({ tcp_syn_linear_timeouts: 0, tcp_syn_retries: 2 })
    const probe = a.tcp('10.0.0.2:80', { timeoutMs: 1_000_000 })
    net.run(7000)
    expect([times(net, 'a'), probe.result?.errno]).toEqual([[0, 1, 3], 'ETIMEDOUT'])
  })

  test('the client may give up first', () => {
    const { net, a } = silent()
    const probe = a.tcp('10.0.0.2:80', { timeoutMs: 1500 })
    net.run(200_000)
    expect([times(net, 'a'), probe.result]).toMatchObject([[0, 1], { verdict: 'timeout', errno: null }])
  })

  test('a SYN-ACK that is not answered comes five times more', () => {
    const { net, a, b } = acquainted()
    b.serve('tcp/80')
    a.rules('filter', '-A INPUT -j DROP')
    a.tcp('10.0.0.2:80', { timeoutMs: 500 })
    net.run(100_000)
    expect(times(net, 'b')).toEqual([0, 1, 3, 7, 15, 31])
  })
})

describe('data without an answer', () => {
  test('a loss probe, then fifteen times from 0.2 s to 120 s, ETIMEDOUT (tcp_retries2)', () => {
    const { net, a, b } = acquainted()
    b.serve('tcp/80')
    const probe = a.tcp('10.0.0.2:80', { hold: true, timeoutMs: 10_000_000 })
    net.run(1000)
    b.rules('filter', '-A INPUT -j DROP')
    net.restart()
    const failed: string[] = []
    probe.failed = (_, errno): void => void failed.push(`${errno} ${net.sim.queue.now - 1000}`)
    probe.send()
    net.run(2_000_000)
    expect(times(net, 'a')).toHaveLength(17)
    expect(
      times(net, 'a')
        .slice(0, 5)
        .map((t) => Math.round((t - 1) * 10) / 10),
    ).toEqual([0, 0.2, 0.4, 0.8, 1.6])
    expect(failed).toEqual(['ETIMEDOUT 924800'])
  })
})

describe('reset', () => {
  test('by the peer: ECONNRESET', () => {
    const { net, a, b } = acquainted()
    b.serve('tcp/80')
    const probe = a.tcp('10.0.0.2:80', { hold: true })
    net.run(100)
    b.rules('filter', '-A INPUT -p tcp -m tcp --dport 80 -j REJECT --reject-with tcp-reset')
    probe.send()
    expect(net.result(probe)).toMatchObject({ verdict: 'reset', errno: 'ECONNRESET' })
    probe.send()
    expect(net.result(probe)).toMatchObject({ verdict: 'closed', errno: 'EPIPE' })
  })

  test('with another sequence number is not believed', () => {
    const { net, a, b } = acquainted()
    b.serve('tcp/80')
    const probe = a.tcp('10.0.0.2:80', { hold: true, sourcePort: 4000 })
    net.run(100)
    sendRaw(b.ns, segment({ flags: tcp.RST, seq: 12345 }))
    net.run(100)
    probe.send()
    expect(net.result(probe).verdict).toBe('answered')
    expect(a.dropped()).toContain('TCP_ABORT_ON_DATA')
  })
})

test('a listener takes only a SYN', () => {
  const { net, a, b } = acquainted()
  a.serve('tcp/4000')
  for (const flags of [tcp.ACK, tcp.RST, tcp.FIN, tcp.SYN | tcp.FIN, 0]) sendRaw(b.ns, segment({ flags }))
  net.run(10)
  expect(a.dropped()).toEqual(Array(5).fill('TCP_INVALID_SYN'))
  expect(segments(a).filter((s) => s.startsWith('out'))).toHaveLength(1)
})

test('bad checksums are dropped', () => {
  const { net, a, b } = acquainted()
  const bytes = segment({ flags: tcp.SYN })
  bytes[36]! ^= 0xff
  sendRaw(b.ns, bytes)
  net.run(10)
  expect(a.dropped()).toEqual(['TCP_CSUM'])
})

describe('path MTU', () => {
  test('smaller segments after "fragmentation needed", and all data arrives', () => {
    const { net, a, r, b } = routed()
    net.cable('r:eth2 10.0.2.1/24', 'c:eth0 10.0.2.2/24', 1500)
    b.serve('tcp/80')
    r.device('eth1').mtu = 1300
    expect(net.result(a.tcp('10.0.1.2:80', { size: 3000 }), 2000).verdict).toBe('answered')
    expect(r.dropped().filter((d) => d === 'PKT_TOO_BIG').length).toBeGreaterThan(0)
    expect(sizes(net, 'a').slice(-3)).toEqual([1248, 1248, 504])
  })

  test('an ICMP error about what is not in flight is ignored', () => {
    const { net, a, b } = acquainted()
    b.serve('tcp/80')
    a.tcp('10.0.0.2:80', { hold: true, sourcePort: 4000 })
    net.run(1000)
    const [source, destination] = [ip('10.0.0.1'), ip('10.0.0.2')]
    const quoted = tcp.emit(
      { sourcePort: 4000, destinationPort: 80, seq: 1, ack: 0, flags: tcp.ACK, window: 0, payload: new Uint8Array(0) },
      source,
      destination,
    )
    const quote = ipv4.emit({ id: 1, ttl: 64, protocol: 6, source, destination, payload: quoted })
    const error = Uint8Array.from([3, 4, 0, 0, 0, 0, 2, 0x58, ...quote])
    const sum = error.reduce((s, byte, i) => s + (i % 2 === 0 ? byte << 8 : byte), 0)
    const folded = ~((sum & 0xffff) + (sum >>> 16)) & 0xffff
    error[2] = folded >>> 8
    error[3] = folded & 0xff
    sendRaw(b.ns, ipv4.emit({ id: 2, ttl: 64, protocol: 1, source: destination, destination: source, payload: error }))
    net.run(10)
    expect([a.dropped(), a.ns.exceptions.list(0)]).toEqual([['NO_SOCKET'], []])
  })
})

describe('ICMP errors', () => {
  test('end a connection attempt', () => {
    const { net, a, r } = routed()
    r.ip('route add unreachable 192.0.2.0/24')
    expect(net.result(a.tcp('192.0.2.1:80'))).toMatchObject({ verdict: 'unreachable', errno: 'EHOSTUNREACH' })
  })

  test('do not end a connection that stands', () => {
    const { net, a, r, b } = routed()
    b.serve('tcp/80')
    const probe = a.tcp('10.0.1.2:80', { hold: true, timeoutMs: 5000 })
    net.run(100)
    r.rules('filter', '-A FORWARD -j REJECT')
    probe.send()
    net.run(100)
    r.rules('filter', '-D FORWARD -j REJECT')
    expect(net.result(probe, 2000).verdict).toBe('answered')
  })
})

describe('TIME-WAIT', () => {
  /** a closed first, 4000 → 80. */
  function closed(): ReturnType<typeof pair> {
    const net = acquainted()
    net.b.serve('tcp/80')
    net.net.result(net.a.tcp('10.0.0.2:80', { sourcePort: 4000 }), 1000)
    return net
  }

  test('lasts a minute and acknowledges a repeated FIN', () => {
    const { net, a } = closed()
    expect(a.ns.sockets.portInUse('tcp', 4000)).toBe(true)
    net.run(58_000)
    expect(a.ns.sockets.portInUse('tcp', 4000)).toBe(true)
    net.run(2_000)
    expect(a.ns.sockets.portInUse('tcp', 4000)).toBe(false)
  })

  test('the same four numbers cannot be had again meanwhile: EADDRNOTAVAIL', () => {
    const { net, a } = closed()
    expect(a.tcp('10.0.0.2:80', { sourcePort: 4000 }).result).toMatchObject({
      verdict: 'local error',
      errno: 'EADDRNOTAVAIL',
    })
    net.run(60_000)
    expect(net.result(a.tcp('10.0.0.2:80', { sourcePort: 4000 })).verdict).toBe('answered')
  })
})

test('an ephemeral port is free and within ip_local_port_range', () => {
  const { net, a, b } = acquainted()
  b.serve('tcp/80')
  a.sysctl({ ip_local_port_range_min: 40_000, ip_local_port_range_max: 40_002 })
  const ports = [1, 2, 3].map(() => net.result(a.tcp('10.0.0.2:80', { hold: true })).client!.port)
  expect([...ports].sort()).toEqual([40_000, 40_001, 40_002])
})
