import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { viewOf } from './bytes.js'
import * as dns from './dns.js'
import * as ethernet from './ethernet.js'
import * as ipv4 from './ipv4.js'
import * as pcapng from './pcapng.js'
import * as sctp from './sctp.js'
import captures from './testdata/captures.json' with { type: 'json' }
import * as udp from './udp.js'

const frame = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))

function ip(protocol: number, payload: Uint8Array): Uint8Array {
  const packet = ipv4.emit({ id: 1, ttl: 64, protocol, source: 0x0a000001, destination: 0x0a000002, payload })
  return ethernet.emit({ destination: 2, source: 1, etherType: ethernet.ETHERTYPE.IPV4, payload: packet })
}

test('one packet, byte for byte', () => {
  const written = pcapng.write({
    interfaces: [{ name: 'v0', description: 'node é' }],
    packets: [
      { interface: 0, timeMs: 4294967.297, bytes: Uint8Array.of(1, 2, 3), comment: 'hi', direction: 'outbound' },
    ],
  })
  const expected =
    '0a0d0d0a 2c000000 4d3c2b1a 0100 0000 ffffffffffffffff 0400 0700 6b756265686f7000 0000 0000 2c000000' +
    '01000000 2c000000 0100 0000 00000000 0200 0200 76300000 0300 0700 6e6f646520c3a900 0000 0000 2c000000' +
    '06000000 38000000 00000000 01000000 01000000 03000000 03000000 01020300' +
    '0100 0200 68690000 0200 0400 02000000 0000 0000 38000000'
  expect(Buffer.from(written).toString('hex')).toBe(expected.replaceAll(' ', ''))
})

test('a packet of an interface that is not there is our bug', () => {
  const packet = { interface: 0, timeMs: 0, bytes: new Uint8Array(0) }
  expect(() => pcapng.write({ interfaces: [], packets: [packet] })).toThrow('no interface 0')
})

test('a comment longer than the format allows is cut between characters', () => {
  const packet = { interface: 0, timeMs: 0, bytes: new Uint8Array(0), comment: '€'.repeat(30_000) }
  const written = pcapng.write({ interfaces: [{ name: 'a', description: 'b' }], packets: [packet] })
  const view = viewOf(written)
  const at = view.getUint32(4, true) + view.getUint32(view.getUint32(4, true) + 4, true) + 28
  expect([view.getUint16(at, true), view.getUint16(at + 2, true)]).toEqual([1, 65535])
})

const hasTshark = spawnSync('tshark', ['--version']).status === 0

// tshark is a Debian package that a reader of the tests may not have; CI installs it and test/kernel/pcap.test.ts fails without it.
describe.skipIf(!hasTshark)('tshark reads it', () => {
  const checks = ['ip.check_checksum', 'tcp.check_checksum', 'udp.check_checksum'].flatMap((key) => [
    '-o',
    `${key}:TRUE`,
  ])
  const options = [
    ...checks,
    '-o',
    'sctp.checksum:CRC-32C',
    '-d',
    'udp.port==8472,vxlan',
    '-T',
    'fields',
    '-E',
    'separator=;',
  ]

  function read(capture: pcapng.Capture, fields: readonly string[]): string[] {
    const folder = mkdtempSync(join(tmpdir(), 'pcapng-'))
    try {
      const file = join(folder, 'a.pcapng')
      writeFileSync(file, pcapng.write(capture))
      const wanted = fields.flatMap((field) => ['-e', field])
      const text = execFileSync('tshark', ['-r', file, ...options, ...wanted], {
        stdio: ['ignore', 'pipe', 'ignore'],
      }).toString()
      return text.trimEnd().split('\n')
    } finally {
      rmSync(folder, { recursive: true })
    }
  }

  test('interfaces, times, comments, directions', () => {
    const interfaces = [
      { name: 'eth0', description: 'pod web' },
      { name: 'vethab', description: 'node-1' },
    ]
    const bytes = frame(captures['arp-request'])
    const packets = [
      { interface: 0, timeMs: 1_700_000_000_000.25, bytes, direction: 'outbound', comment: 'asks for 10.0.0.2' },
      { interface: 1, timeMs: 1_700_000_000_001, bytes, direction: 'inbound' },
      { interface: 1, timeMs: 1_700_000_000_002, bytes },
    ] as const
    const fields = [
      'frame.interface_name',
      'frame.interface_description',
      'frame.time_epoch',
      'frame.packet_flags_direction',
      'frame.comment',
    ]
    const rows = read({ interfaces, packets }, fields).map((row) => row.split(';'))
    expect(rows.map((row) => row.slice(0, 2))).toEqual([
      ['eth0', 'pod web'],
      ['vethab', 'node-1'],
      ['vethab', 'node-1'],
    ])
    expect(rows.map((row) => Number(row[2]))).toEqual([1_700_000_000.00025, 1_700_000_000.001, 1_700_000_000.002])
    expect(rows.map((row) => Number(row[3]))).toEqual([2, 1, 0])
    expect(rows.map((row) => row[4])).toEqual(['asks for 10.0.0.2', '', ''])
  })

  test('what is emitted is well-formed, with right checksums', () => {
    const chunks = [
      sctp.initChunk({
        initiateTag: 0x11223344,
        receiverWindow: 65536,
        outboundStreams: 10,
        inboundStreams: 2048,
        initialTsn: 7,
      }),
    ]
    const association = sctp.emit({ sourcePort: 40002, destinationPort: 5001, verificationTag: 0, chunks })
    const question = { name: 'web.shop.svc.cluster.local', type: 'SRV', class: 'IN' }
    const answer = {
      name: question.name,
      type: 'SRV',
      class: 'IN',
      ttl: 5,
      data: { priority: 0, weight: 100, port: 80, target: 'a.b' },
    } as const
    const message = dns.emit({ id: 1, response: true, questions: [question], answers: [answer] })
    const datagram = udp.emit({ sourcePort: 53, destinationPort: 40000, payload: message }, 0x0a000001, 0x0a000002)
    const frames = [
      captures['tcp-syn'],
      captures['tcp-data'],
      captures.udp,
      captures['vxlan-echo'],
      captures['vxlan-arp'],
    ].map(frame)
    frames.push(ip(ipv4.PROTOCOL.SCTP, association), ip(ipv4.PROTOCOL.UDP, datagram))
    const packets = frames.map((bytes, i) => ({ interface: 0, timeMs: i, bytes }))
    const rows = read({ interfaces: [{ name: 'v0', description: '' }], packets }, [
      'frame.protocols',
      'ip.checksum.status',
      'tcp.checksum.status',
      'udp.checksum.status',
      'sctp.checksum.status',
      '_ws.malformed',
    ])
    expect(rows).toEqual([
      'eth:ethertype:ip:tcp;1;1;;;',
      'eth:ethertype:ip:tcp;1;1;;;',
      'eth:ethertype:ip:udp:data;1;;1;;',
      'eth:ethertype:ip:udp:vxlan:eth:ethertype:ip:icmp:data;1,1;;1;;',
      'eth:ethertype:ip:udp:vxlan:eth:ethertype:arp;1;;1;;',
      'eth:ethertype:ip:sctp;1;;;1;',
      'eth:ethertype:ip:udp:dns;1;;1;;',
    ])
  })
})
