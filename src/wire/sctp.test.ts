import fc from 'fast-check'
import { expect, test } from 'vitest'
import { viewOf } from './bytes.js'
import * as sctp from './sctp.js'

const init = {
  initiateTag: 0x11223344,
  receiverWindow: 65536,
  outboundStreams: 10,
  inboundStreams: 2048,
  initialTsn: 7,
}

// Composed by the tables of RFC 9260 sections 3.1 and 3.3.2; the checksum as tshark computes it.
const packet = Uint8Array.from(
  Buffer.from('9c42138900000000' + 'ede38c11' + '01000014' + '11223344' + '00010000' + '000a0800' + '00000007', 'hex'),
)

test('reads fields', () => {
  const view = viewOf(packet)
  expect([sctp.sourcePort(view, 0), sctp.destinationPort(view, 0), sctp.verificationTag(view, 0)]).toEqual([
    40002, 5001, 0,
  ])
  expect(sctp.checksum(view, 0)).toBe(view.getUint32(8, true))
  expect(sctp.firstChunkType(view, 0)).toBe(sctp.CHUNK.INIT)
  expect(sctp.firstChunkType(viewOf(packet.subarray(0, 15)), 0)).toBe(-1)
})

test('writes fields; the checksum is filled afterwards', () => {
  const bytes = packet.slice()
  const view = viewOf(bytes)
  sctp.setSourcePort(view, 0, 1)
  sctp.setDestinationPort(view, 0, 2)
  expect(sctp.parse(bytes)).toEqual({ fault: 'SCTP_CSUM' })
  sctp.fillChecksum(bytes, view, 0, bytes.length)
  expect(sctp.parse(bytes)).toMatchObject({ sourcePort: 1, destinationPort: 2 })
})

test('parses', () => {
  const chunk = { type: sctp.CHUNK.INIT, flags: 0, value: packet.subarray(16) }
  expect(sctp.parse(packet)).toEqual({ sourcePort: 40002, destinationPort: 5001, verificationTag: 0, chunks: [chunk] })
  expect(sctp.parseInit(chunk)).toEqual(init)
  expect(sctp.parseInit({ ...chunk, type: sctp.CHUNK.ABORT })).toBeUndefined()
  expect(sctp.parseInit({ ...chunk, value: chunk.value.subarray(1) })).toBeUndefined()
  expect(sctp.parseInit(sctp.initChunk(init, sctp.CHUNK.INIT_ACK))).toEqual(init)
})

test('emits every byte', () => {
  const value = { sourcePort: 40002, destinationPort: 5001, verificationTag: 0, chunks: [sctp.initChunk(init)] }
  expect(sctp.emit(value, new Uint8Array(60).fill(0xa5))).toEqual(packet)
})

test('truncated, wrong checksum, lying chunk length', () => {
  expect(sctp.parse(packet.subarray(0, 11))).toEqual({ fault: 'PKT_TOO_SMALL' })
  expect(sctp.parse(packet.subarray(0, 20))).toEqual({ fault: 'SCTP_CSUM' })
  for (const length of [0, 3, 21, 0xffff]) {
    const lying = packet.slice()
    viewOf(lying).setUint16(14, length)
    sctp.fillChecksum(lying, viewOf(lying), 0, lying.length)
    expect(sctp.parse(lying)).toEqual({ fault: 'PKT_TOO_SMALL' })
  }
})

test('what is emitted parses back', () => {
  const chunk = fc.record({ type: fc.nat(255), flags: fc.nat(255), value: fc.uint8Array({ maxLength: 40 }) })
  fc.assert(
    fc.property(
      fc.nat(0xffff),
      fc.nat(0xffff_ffff),
      fc.array(chunk, { maxLength: 4 }),
      (port, verificationTag, chunks) => {
        const value = { sourcePort: port, destinationPort: 9, verificationTag, chunks }
        expect(sctp.parse(sctp.emit(value, new Uint8Array(400).fill(0xa5)))).toEqual(value)
      },
    ),
  )
})

test('names of chunks', () => {
  expect([1, 2, 6, 10, 14, 99].map(sctp.chunkName)).toEqual([
    'INIT',
    'INIT-ACK',
    'ABORT',
    'COOKIE-ECHO',
    'SHUTDOWN-COMPLETE',
    'chunk 99',
  ])
})
