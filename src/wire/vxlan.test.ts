import fc from 'fast-check'
import { expect, test } from 'vitest'
import { viewOf } from './bytes.js'
import captures from './testdata/captures.json' with { type: 'json' }
import * as vxlan from './vxlan.js'

const message = Uint8Array.from(Buffer.from(captures['vxlan-echo'], 'hex')).subarray(42)

test('reads fields', () => {
  expect([vxlan.flags(viewOf(message), 0), vxlan.vni(viewOf(message), 0)]).toEqual([vxlan.FLAG_VNI, 1])
})

test('writes fields', () => {
  const bytes = message.slice()
  vxlan.setVni(viewOf(bytes), 0, 0xfffffe)
  expect(vxlan.vni(viewOf(bytes), 0)).toBe(0xfffffe)
  vxlan.setFlags(viewOf(bytes), 0, 0)
  expect(vxlan.flags(viewOf(bytes), 0)).toBe(0)
})

test('parses', () => {
  expect(vxlan.parse(message)).toEqual({ vni: 1, payload: message.subarray(8) })
})

test('emits every byte', () => {
  const into = new Uint8Array(100).fill(0xa5)
  expect(vxlan.emit({ vni: 1, payload: message.subarray(8) }, into)).toEqual(message)
})

test('truncated, without VNI, with reserved bits', () => {
  expect(vxlan.parse(message.subarray(0, 7))).toEqual({ fault: 'PKT_TOO_SMALL' })
  for (const [at, value] of [
    [0, 0],
    [0, 0x88],
    [1, 1],
    [3, 1],
    [7, 1],
  ] as const) {
    const wrong = message.slice()
    wrong[at] = value
    expect(vxlan.parse(wrong)).toEqual({ fault: 'VXLAN_INVALID_HDR' })
  }
})

test('what is emitted parses back', () => {
  fc.assert(
    fc.property(fc.nat(0xffffff), fc.uint8Array(), (vni, payload) => {
      expect(vxlan.parse(vxlan.emit({ vni, payload }))).toEqual({ vni, payload })
    }),
  )
})
