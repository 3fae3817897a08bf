import fc from 'fast-check'
import { expect, test } from 'vitest'
import { viewOf } from './bytes.js'
import * as tcp from './tcp.js'
import captures from './testdata/captures.json' with { type: 'json' }

const segment = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex')).subarray(34)
const syn = segment(captures['tcp-syn'])
const data = segment(captures['tcp-data'])
const there = { source: 0x0a000001, destination: 0x0a000002 }

test('reads fields', () => {
  const view = viewOf(data)
  expect([tcp.sourcePort(view, 0), tcp.destinationPort(view, 0)]).toEqual([40000, 80])
  expect([tcp.seq(view, 0), tcp.ack(view, 0)]).toEqual([0x83be804c, 0x958263be])
  expect([tcp.dataOffset(view, 0), tcp.flags(view, 0), tcp.window(view, 0)]).toEqual([32, tcp.PSH | tcp.ACK, 63])
  expect([tcp.checksum(view, 0), tcp.urgentPointer(view, 0)]).toEqual([0xeda7, 0])
  expect([tcp.mss(viewOf(syn), 0), tcp.mss(view, 0)]).toEqual([1460, null])
})

test('reads options', () => {
  expect(tcp.parseOptions(syn, 20, 40)).toEqual({
    mss: 1460,
    sackPermitted: true,
    timestamps: { value: 0x600ebd39, echo: 0 },
    windowScale: 10,
  })
  expect(tcp.parseOptions(Uint8Array.of(2, 4, 5))).toEqual({})
  expect(tcp.parseOptions(Uint8Array.of(1, 0, 4, 2))).toEqual({})
  expect(tcp.parseOptions(Uint8Array.of(99, 0, 4, 2))).toEqual({})
  expect(tcp.parseOptions(Uint8Array.of(99, 3, 0, 4, 2))).toEqual({ sackPermitted: true })
})

test('writes fields and keeps the checksum right', () => {
  const bytes = syn.slice()
  const view = viewOf(bytes)
  tcp.setSourcePort(view, 0, 1024)
  tcp.setDestinationPort(view, 0, 8080)
  tcp.setSeq(view, 0, 1)
  tcp.setAck(view, 0, 0xffffffff)
  expect(tcp.setMss(view, 0, 1200)).toBe(true)
  expect(tcp.parse(bytes, 0, there)).toMatchObject({ sourcePort: 1024, destinationPort: 8080, seq: 1, ack: 0xffffffff })
  expect(tcp.mss(view, 0)).toBe(1200)
})

test('an MSS option at an odd byte', () => {
  const options = Uint8Array.of(1, 2, 4, 5, 0xb4, 1, 1, 1)
  const fields = {
    sourcePort: 1,
    destinationPort: 2,
    seq: 3,
    ack: 4,
    flags: tcp.SYN,
    window: 5,
    payload: new Uint8Array(0),
  }
  const bytes = tcp.emit({ ...fields, options }, there.source, there.destination)
  expect(tcp.setMss(viewOf(bytes), 0, 0x1234)).toBe(true)
  expect(tcp.parse(bytes, 0, there)).toMatchObject({ options: Uint8Array.of(1, 2, 4, 0x12, 0x34, 1, 1, 1) })
  expect(tcp.setMss(viewOf(data.slice()), 0, 1)).toBe(false)
})

test('follows a change of address', () => {
  const bytes = syn.slice()
  tcp.updateChecksum32(viewOf(bytes), 0, there.destination, 0x0a600001)
  expect(tcp.parse(bytes, 0, { ...there, destination: 0x0a600001 })).toHaveProperty('flags', tcp.SYN)
})

test('parses', () => {
  expect(tcp.parse(data, 0, there)).toEqual({
    sourcePort: 40000,
    destinationPort: 80,
    seq: 0x83be804c,
    ack: 0x958263be,
    flags: tcp.PSH | tcp.ACK,
    window: 63,
    urgentPointer: 0,
    options: data.subarray(20, 32),
    payload: Uint8Array.from(Buffer.from('hello')),
  })
})

test('emits every byte, typed options in the order Linux has them', () => {
  const fields = {
    sourcePort: 40000,
    destinationPort: 80,
    seq: 0x83be804b,
    ack: 0,
    flags: tcp.SYN,
    window: 64240,
    payload: new Uint8Array(0),
  }
  const prefilled = new Uint8Array(60).fill(0xa5)
  const bytes = tcp.emit({ ...fields, options: syn.subarray(20) }, there.source, there.destination, prefilled)
  expect(bytes).toEqual(syn)
  const options = {
    mss: 1460,
    sackPermitted: true,
    timestamps: { value: 0x600ebd39, echo: 0 },
    windowScale: 10,
  } as const
  expect(tcp.parseOptions(tcp.emitOptions(options))).toEqual(options)
  expect(tcp.emit({ ...fields, options }, there.source, there.destination).length).toBe(syn.length)
  const odd = tcp.emit({ ...fields, options: Uint8Array.of(3, 3, 7) }, there.source, there.destination, prefilled)
  expect(tcp.parse(odd, 0, there)).toMatchObject({ options: Uint8Array.of(3, 3, 7, 0) })
})

test('truncated, lying data offset, wrong checksum', () => {
  expect(tcp.parse(syn.subarray(0, 19), 0, there)).toEqual({ fault: 'PKT_TOO_SMALL' })
  expect(tcp.parse(syn.subarray(0, 39), 0, there)).toEqual({ fault: 'PKT_TOO_SMALL' })
  const short = syn.slice()
  short[12] = 0x40
  expect(tcp.parse(short, 0, there)).toEqual({ fault: 'PKT_TOO_SMALL' })
  expect(tcp.parse(syn, 0, { ...there, source: 0x0a000003 })).toEqual({ fault: 'TCP_CSUM' })
  const lying = syn.slice()
  lying[12] = 0xf0
  expect(tcp.mss(viewOf(lying), 0)).toBe(1460)
})

test('what is emitted parses back', () => {
  const port = fc.nat(0xffff)
  const value = fc.record({
    sourcePort: port,
    destinationPort: port,
    seq: fc.nat(0xffff_ffff),
    ack: fc.nat(0xffff_ffff),
    flags: fc.nat(255),
    window: port,
    urgentPointer: port,
    options: fc.uint8Array({ maxLength: 40 }).map((o) => o.subarray(0, o.length & ~3)),
    payload: fc.uint8Array(),
  })
  fc.assert(
    fc.property(value, fc.nat(0xffff_ffff), fc.nat(0xffff_ffff), (given, source, destination) => {
      expect(tcp.parse(tcp.emit(given, source, destination), 0, { source, destination })).toEqual(given)
    }),
  )
})

test('flags as letters', () => {
  expect(tcp.flagText(tcp.SYN | tcp.ACK)).toBe('SA')
  expect(tcp.flagText(63)).toBe('SFRPAU')
  expect(tcp.flagText(0)).toBe('-')
})
