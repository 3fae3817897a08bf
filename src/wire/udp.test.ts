import fc from 'fast-check'
import { expect, test } from 'vitest'
import { viewOf } from './bytes.js'
import captures from './testdata/captures.json' with { type: 'json' }
import * as udp from './udp.js'

const datagram = Uint8Array.from(Buffer.from(captures.udp, 'hex')).subarray(34)
const there = { source: 0x0a000001, destination: 0x0a000002 }
const abc = Uint8Array.from(Buffer.from('abc'))

test('reads fields', () => {
  const view = viewOf(datagram)
  expect([udp.sourcePort(view, 0), udp.destinationPort(view, 0)]).toEqual([40001, 5000])
  expect([udp.length(view, 0), udp.checksum(view, 0)]).toEqual([11, 0x77a9])
})

test('writes fields and keeps the checksum right', () => {
  const bytes = datagram.slice()
  const view = viewOf(bytes)
  udp.setSourcePort(view, 0, 1)
  udp.setDestinationPort(view, 0, 53)
  udp.updateChecksum32(view, 0, there.source, 0xc0a80001)
  expect(udp.parse(bytes, 0, { ...there, source: 0xc0a80001 })).toEqual({
    sourcePort: 1,
    destinationPort: 53,
    payload: abc,
  })
})

test('no checksum stays none', () => {
  const fields = { sourcePort: 1, destinationPort: 2, payload: abc }
  const bytes = udp.emit(
    { ...fields, noChecksum: true },
    there.source,
    there.destination,
    new Uint8Array(11).fill(0xa5),
  )
  udp.setSourcePort(viewOf(bytes), 0, 9)
  udp.updateChecksum32(viewOf(bytes), 0, 1, 2)
  expect(udp.checksum(viewOf(bytes), 0)).toBe(0)
  expect(udp.parse(bytes, 0, there)).toEqual({ ...fields, sourcePort: 9 })
})

test('a checksum of 0 is sent as 0xffff', () => {
  const fields = { sourcePort: 0, destinationPort: 2, payload: new Uint8Array(0) }
  const before = udp.emit(fields, there.source, there.destination)
  const bytes = udp.emit({ ...fields, sourcePort: udp.checksum(viewOf(before), 0) }, there.source, there.destination)
  expect(udp.checksum(viewOf(bytes), 0)).toBe(0xffff)
  expect(udp.parse(bytes, 0, there)).not.toHaveProperty('fault')
  udp.setSourcePort(viewOf(before), 0, udp.checksum(viewOf(before), 0))
  expect(before).toEqual(bytes)
})

test('parses, trailing bytes left out', () => {
  const expected = { sourcePort: 40001, destinationPort: 5000, payload: abc }
  expect(udp.parse(datagram, 0, there)).toEqual(expected)
  const longer = new Uint8Array(20).fill(0xa5)
  longer.set(datagram)
  expect(udp.parse(longer, 0, there)).toEqual(expected)
})

test('emits every byte', () => {
  const fields = { sourcePort: 40001, destinationPort: 5000, payload: abc }
  expect(udp.emit(fields, there.source, there.destination, new Uint8Array(30).fill(0xa5))).toEqual(datagram)
})

test('truncated, lying length, wrong checksum', () => {
  expect(udp.parse(datagram.subarray(0, 7), 0, there)).toEqual({ fault: 'PKT_TOO_SMALL' })
  expect(udp.parse(datagram.subarray(0, 10), 0, there)).toEqual({ fault: 'PKT_TOO_SMALL' })
  const short = datagram.slice()
  short[5] = 7
  expect(udp.parse(short, 0, there)).toEqual({ fault: 'PKT_TOO_SMALL' })
  expect(udp.parse(datagram, 0, { ...there, source: 1 })).toEqual({ fault: 'UDP_CSUM' })
})

test('what is emitted parses back', () => {
  fc.assert(
    fc.property(
      fc.nat(0xffff),
      fc.nat(0xffff),
      fc.uint8Array(),
      fc.nat(0xffff_ffff),
      (sourcePort, destinationPort, payload, source) => {
        const value = { sourcePort, destinationPort, payload }
        expect(udp.parse(udp.emit(value, source, 5), 0, { source, destination: 5 })).toEqual(value)
      },
    ),
  )
})
