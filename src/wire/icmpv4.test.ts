import fc from 'fast-check'
import { expect, test } from 'vitest'
import { viewOf } from './bytes.js'
import * as icmpv4 from './icmpv4.js'
import captures from './testdata/captures.json' with { type: 'json' }

const message = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex')).subarray(34)
const request = message(captures['echo-request'])
const reply = message(captures['echo-reply'])
const unreachable = message(captures['port-unreachable'])

test('reads fields', () => {
  const view = viewOf(request)
  expect([icmpv4.type(view, 0), icmpv4.code(view, 0), icmpv4.checksum(view, 0)]).toEqual([8, 0, 0xad8a])
  expect([icmpv4.id(view, 0), icmpv4.sequence(view, 0)]).toEqual([0x1234, 1])
  const frag = icmpv4.emitError({ type: 3, code: 4, rest: 1450, quote: new Uint8Array(28) })
  expect(icmpv4.mtu(viewOf(frag), 0)).toBe(1450)
  const redirect = icmpv4.emitError({ type: 5, code: 1, rest: 0xc0a80001, quote: new Uint8Array(28) })
  expect(icmpv4.gateway(viewOf(redirect), 0)).toBe(0xc0a80001)
})

test('writes fields and keeps the checksum right', () => {
  const bytes = request.slice()
  icmpv4.setId(viewOf(bytes), 0, 0xfedc)
  icmpv4.setSequence(viewOf(bytes), 0, 7)
  expect(icmpv4.parse(bytes)).toMatchObject({ type: 8, code: 0, rest: 0xfedc0007 })
})

test('parses', () => {
  expect(icmpv4.parse(unreachable)).toEqual({ type: 3, code: 3, rest: 0, payload: unreachable.subarray(8) })
})

test('emits every byte', () => {
  const payload = request.subarray(8)
  const prefilled = (): Uint8Array => new Uint8Array(80).fill(0xa5)
  expect(icmpv4.emitEcho({ type: 8, id: 0x1234, sequence: 1, payload }, prefilled())).toEqual(request)
  expect(icmpv4.emitEcho({ type: 0, id: 0x1234, sequence: 1, payload }, prefilled())).toEqual(reply)
  expect(icmpv4.emitError({ type: 3, code: 3, quote: unreachable.subarray(8) }, prefilled())).toEqual(unreachable)
})

test('truncated, or a wrong checksum', () => {
  expect(icmpv4.parse(request.subarray(0, 7))).toEqual({ fault: 'PKT_TOO_SMALL' })
  expect(icmpv4.parse(request.subarray(0, 20))).toEqual({ fault: 'ICMP_CSUM' })
  expect(icmpv4.judge(request, 0, request.length + 1)).toBe('PKT_TOO_SMALL')
})

test('what is emitted parses back', () => {
  fc.assert(
    fc.property(fc.nat(255), fc.nat(255), fc.nat(0xffff_ffff), fc.uint8Array(), (type, code, rest, payload) => {
      expect(icmpv4.parse(icmpv4.emit({ type, code, rest, payload }))).toEqual({ type, code, rest, payload })
    }),
  )
})

test('errors and their words', () => {
  expect([0, 3, 4, 5, 8, 11, 12, 13].filter(icmpv4.isError)).toEqual([3, 4, 5, 11, 12])
  expect(icmpv4.describe(3, 3)).toBe('port unreachable')
  expect(icmpv4.describe(3, 13)).toBe('admin prohibited')
  expect(icmpv4.describe(3, 99)).toBe('destination unreachable code 99')
  expect(icmpv4.describe(11, 0)).toBe('time exceeded in transit')
  expect(icmpv4.describe(8, 0)).toBe('echo request')
  expect(icmpv4.describe(8, 1)).toBe('echo request code 1')
  expect(icmpv4.describe(200, 1)).toBe('type 200 code 1')
})
