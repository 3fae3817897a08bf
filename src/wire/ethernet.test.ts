import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BROADCAST_MAC } from '../addr/index.js'
import * as arp from './arp.js'
import { viewOf } from './bytes.js'
import * as ethernet from './ethernet.js'
import { Packet } from './packet.js'
import captures from './testdata/captures.json' with { type: 'json' }

const request = Uint8Array.from(Buffer.from(captures['arp-request'], 'hex'))
const reply = Uint8Array.from(Buffer.from(captures['arp-reply'], 'hex'))
const mac = fc.maxSafeNat().map((n) => n % 2 ** 48)
const address = fc.nat(0xffff_ffff)

describe('Ethernet', () => {
  test('reads fields', () => {
    const view = viewOf(request)
    expect(ethernet.destination(view, 0)).toBe(BROADCAST_MAC)
    expect(ethernet.source(view, 0)).toBe(0x020000000001)
    expect(ethernet.etherType(view, 0)).toBe(ethernet.ETHERTYPE.ARP)
  })

  test('writes fields', () => {
    const bytes = new Uint8Array(14).fill(0xa5)
    const view = viewOf(bytes)
    ethernet.setDestination(view, 0, BROADCAST_MAC)
    ethernet.setSource(view, 0, 0x020000000001)
    ethernet.setEtherType(view, 0, 0x0806)
    expect(bytes).toEqual(request.subarray(0, 14))
  })

  test('parses', () => {
    expect(ethernet.parse(reply)).toEqual({
      destination: 0x020000000001,
      source: 0x020000000002,
      etherType: 0x0806,
      payload: reply.subarray(14),
    })
  })

  test('emits every byte', () => {
    const into = new Uint8Array(50).fill(0xa5)
    const frame = {
      destination: 0x020000000001,
      source: 0x020000000002,
      etherType: 0x0806,
      payload: reply.subarray(14),
    }
    expect(ethernet.emit(frame, into)).toEqual(reply)
    expect(into.subarray(42)).toEqual(new Uint8Array(8).fill(0xa5))
  })

  test('a frame shorter than its header', () => {
    expect(ethernet.parse(reply.subarray(0, 13))).toEqual({ fault: 'PKT_TOO_SMALL' })
    expect(ethernet.parse(reply.subarray(0, 14))).toHaveProperty('payload.length', 0)
    expect(ethernet.parse(reply, 29)).toEqual({ fault: 'PKT_TOO_SMALL' })
  })

  test('what is emitted parses back', () => {
    fc.assert(
      fc.property(mac, mac, fc.nat(0xffff), fc.uint8Array(), (destination, source, etherType, payload) => {
        const frame = { destination, source, etherType, payload }
        expect(ethernet.parse(ethernet.emit(frame))).toEqual(frame)
      }),
    )
  })

  test('the frame of a packet', () => {
    const packet = new Packet(1, reply.slice(14), 0x0806)
    packet.macDst = 0x020000000001
    packet.macSrc = 0x020000000002
    expect(ethernet.frameOf(packet)).toEqual(reply)
  })
})

describe('ARP', () => {
  test('reads fields', () => {
    const view = viewOf(reply)
    expect([arp.op(view, 14), arp.sha(view, 14), arp.spa(view, 14), arp.tha(view, 14), arp.tpa(view, 14)]).toEqual([
      arp.REPLY,
      0x020000000002,
      0x0a000002,
      0x020000000001,
      0x0a000001,
    ])
  })

  test('writes fields', () => {
    const bytes = request.slice()
    const view = viewOf(bytes)
    arp.setOp(view, 14, arp.REPLY)
    arp.setSha(view, 14, 0x020000000002)
    arp.setSpa(view, 14, 0x0a000002)
    arp.setTha(view, 14, 0x020000000001)
    arp.setTpa(view, 14, 0x0a000001)
    expect(bytes.subarray(14)).toEqual(reply.subarray(14))
  })

  const message = { op: arp.REQUEST, sha: 0x020000000001, spa: 0x0a000001, tha: 0, tpa: 0x0a000002 }

  test('parses, padding ignored', () => {
    expect(arp.parse(request, 14)).toEqual(message)
    const padded = new Uint8Array(46)
    padded.set(request.subarray(14))
    expect(arp.parse(padded)).toEqual(message)
  })

  test('emits every byte', () => {
    expect(arp.emit(message, new Uint8Array(28).fill(0xa5))).toEqual(request.subarray(14))
  })

  test('truncated, or not IPv4 over Ethernet', () => {
    expect(arp.parse(request.subarray(0, 41), 14)).toEqual({ fault: 'PKT_TOO_SMALL' })
    for (const at of [1, 3, 4, 5]) {
      const wrong = request.slice(14)
      wrong[at]! ^= 1
      expect(arp.parse(wrong)).toEqual({ fault: 'UNHANDLED_PROTO' })
    }
  })

  test('what is emitted parses back', () => {
    fc.assert(
      fc.property(fc.nat(0xffff), mac, address, mac, address, (op, sha, spa, tha, tpa) => {
        expect(arp.parse(arp.emit({ op, sha, spa, tha, tpa }))).toEqual({ op, sha, spa, tha, tpa })
      }),
    )
  })
})
