import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { viewOf } from './bytes.js'
import { isFault } from './fault.js'
import * as ipv4 from './ipv4.js'
import captures from './testdata/captures.json' with { type: 'json' }

const packet = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex')).subarray(14)
const syn = packet(captures['tcp-syn'])
const rightChecksum = (bytes: Uint8Array): boolean => ipv4.judge(bytes, viewOf(bytes), 0) === null
const octets = fc.uint8Array({ maxLength: 40 })
const fields = fc
  .record({
    tos: fc.nat(255),
    id: fc.nat(0xffff),
    df: fc.boolean(),
    mf: fc.boolean(),
    fragmentOffset: fc.nat(0x1fff).map((n) => n * 8),
    ttl: fc.nat(255),
    protocol: fc.nat(255),
    source: fc.nat(0xffff_ffff),
    destination: fc.nat(0xffff_ffff),
    options: octets.map((o) => o.subarray(0, o.length & ~3)),
    payload: fc.uint8Array({ maxLength: 100 }),
  })
  .filter((value) => value.source !== 0 || value.destination !== 0)

describe('IPv4', () => {
  test('reads fields', () => {
    const view = viewOf(syn)
    expect(ipv4.version(view, 0)).toBe(4)
    expect(ipv4.headerLength(view, 0)).toBe(20)
    expect(ipv4.tos(view, 0)).toBe(0)
    expect(ipv4.totalLength(view, 0)).toBe(60)
    expect(ipv4.id(view, 0)).toBe(0x69ec)
    expect([ipv4.df(view, 0), ipv4.mf(view, 0), ipv4.isFragment(view, 0)]).toEqual([true, false, false])
    expect(ipv4.fragmentOffset(view, 0)).toBe(0)
    expect(ipv4.ttl(view, 0)).toBe(64)
    expect(ipv4.protocol(view, 0)).toBe(ipv4.PROTOCOL.TCP)
    expect(ipv4.headerChecksum(view, 0)).toBe(0xbccd)
    expect(ipv4.source(view, 0)).toBe(0x0a000001)
    expect(ipv4.destination(view, 0)).toBe(0x0a000002)
  })

  test('reads fragment fields', () => {
    const read = captures['echo-fragments'].map((hex) => {
      const view = viewOf(packet(hex))
      return [ipv4.isFragment(view, 0), ipv4.mf(view, 0), ipv4.fragmentOffset(view, 0)]
    })
    expect(read).toEqual([
      [true, true, 0],
      [true, true, 1480],
      [true, false, 2960],
    ])
  })

  test('writes fields and keeps the checksum right', () => {
    const bytes = syn.slice()
    const view = viewOf(bytes)
    ipv4.setTos(view, 0, 0x2e)
    ipv4.setId(view, 0, 0xfffe)
    ipv4.setDf(view, 0, false)
    ipv4.setTtl(view, 0, 2)
    ipv4.decrementTtl(view, 0)
    ipv4.setSource(view, 0, 0xc0a80001)
    ipv4.setDestination(view, 0, 0xffffffff)
    ipv4.setTotalLength(view, 0, 59)
    expect(ipv4.parse(bytes)).toMatchObject({
      tos: 0x2e,
      id: 0xfffe,
      df: false,
      ttl: 1,
      protocol: 6,
      source: 0xc0a80001,
      destination: 0xffffffff,
      payload: { length: 39 },
    })
    expect(ipv4.version(view, 0)).toBe(4)
    ipv4.setDf(view, 0, true)
    expect(ipv4.df(view, 0)).toBe(true)
    expect(rightChecksum(bytes)).toBe(true)
  })

  test('parses', () => {
    expect(ipv4.parse(syn)).toEqual({
      tos: 0,
      id: 0x69ec,
      df: true,
      mf: false,
      fragmentOffset: 0,
      ttl: 64,
      protocol: 6,
      source: 0x0a000001,
      destination: 0x0a000002,
      options: new Uint8Array(0),
      payload: syn.subarray(20),
    })
  })

  test('emits every byte', () => {
    const given = { id: 0x69ec, df: true, ttl: 64, protocol: 6, source: 0x0a000001, destination: 0x0a000002 }
    expect(ipv4.emit({ ...given, payload: syn.subarray(20) }, new Uint8Array(100).fill(0xa5))).toEqual(syn)
  })

  test('options are kept, padded with end marks', () => {
    const options = Uint8Array.of(7, 7, 4, 0, 0, 0, 0)
    const into = new Uint8Array(100).fill(0xa5)
    const bytes = ipv4.emit(
      { id: 1, ttl: 1, protocol: 17, source: 1, destination: 2, options, payload: Uint8Array.of(9) },
      into,
    )
    expect(bytes.length).toBe(29)
    expect(ipv4.parse(bytes)).toMatchObject({
      options: Uint8Array.of(7, 7, 4, 0, 0, 0, 0, 0),
      payload: Uint8Array.of(9),
    })
  })

  const broken = (change: (bytes: Uint8Array, view: DataView) => void): Uint8Array => {
    const bytes = syn.slice()
    change(bytes, viewOf(bytes))
    return bytes
  }

  test.each([
    ['no header', syn.subarray(0, 19), 'PKT_TOO_SMALL'],
    ['version 6', broken((b) => (b[0] = 0x65)), 'IP_INHDR'],
    ['ihl 4', broken((b) => (b[0] = 0x44)), 'IP_INHDR'],
    ['options beyond the end', broken((b) => (b[0] = 0x4f)).subarray(0, 59), 'PKT_TOO_SMALL'],
    ['checksum', broken((b) => (b[8] = 63)), 'IP_CSUM'],
    ['less than the total length', syn.subarray(0, 59), 'PKT_TOO_SMALL'],
    ['total length below the header', broken((_, view) => ipv4.setTotalLength(view, 0, 19)), 'IP_INHDR'],
  ])('fault: %s', (_, bytes, fault) => {
    expect(ipv4.parse(bytes)).toEqual({ fault })
  })

  test('bytes behind the total length are no payload', () => {
    const padded = new Uint8Array(70)
    padded.set(syn)
    expect(ipv4.parse(padded)).toEqual(ipv4.parse(syn))
  })

  test('what is emitted parses back', () => {
    fc.assert(
      fc.property(fields, (value) => {
        expect(ipv4.parse(ipv4.emit(value))).toEqual(value)
      }),
    )
  })

  test('setters leave the checksum as computed anew', () => {
    fc.assert(
      fc.property(fields, fc.nat(0xffff_ffff), fc.nat(255), (value, address, small) => {
        const bytes = ipv4.emit(value)
        const view = viewOf(bytes)
        ipv4.setSource(view, 0, address)
        ipv4.setDestination(view, 0, value.source)
        ipv4.setTtl(view, 0, small)
        ipv4.setTos(view, 0, small)
        const updated = ipv4.headerChecksum(view, 0)
        ipv4.fillHeaderChecksum(bytes, view, 0)
        expect(updated).toBe(ipv4.headerChecksum(view, 0))
      }),
    )
  })

  test('names of protocols', () => {
    expect([1, 4, 6, 17, 132, 47].map(ipv4.protocolName)).toEqual(['icmp', 'ipip', 'tcp', 'udp', 'sctp', '47'])
  })
})

describe('fragment', () => {
  test('as the kernel did: an echo of 3008 bytes at MTU 1500', () => {
    const kernel = captures['echo-fragments'].map(packet)
    const payload = Uint8Array.from(kernel.flatMap((f) => [...f.subarray(20)]))
    const whole = ipv4.emit({ id: 0x671d, ttl: 64, protocol: 1, source: 0x0a000001, destination: 0x0a000002, payload })
    expect(ipv4.fragment(whole, 1500)).toEqual(kernel)
  })

  test('as the kernel did: record-route and router-alert options at MTU 300', () => {
    const kernel = captures['option-fragments'].map(packet)
    const options = kernel[0]!.subarray(20, 32)
    const payload = Uint8Array.from(kernel.flatMap((f) => [...f.subarray(32)]))
    const whole = ipv4.emit({
      id: 0x9fcc,
      ttl: 64,
      protocol: 17,
      source: 0x0a000001,
      destination: 0x0a000002,
      options,
      payload,
    })
    expect(ipv4.fragment(whole, 300)).toEqual(kernel)
  })

  test('what fits stays whole', () => {
    expect(ipv4.fragment(syn, 60)).toEqual([syn])
    expect(ipv4.fragment(syn, 60)[0]).not.toBe(syn)
  })

  test('DF on the fragments only where asked for', () => {
    const whole = ipv4.emit({
      id: 1,
      df: true,
      ttl: 1,
      protocol: 17,
      source: 1,
      destination: 2,
      payload: new Uint8Array(200),
    })
    expect(ipv4.fragment(whole, 100).map((f) => ipv4.df(viewOf(f), 0))).toEqual([false, false, false])
    expect(ipv4.fragment(whole, 100, { df: true }).map((f) => ipv4.df(viewOf(f), 0))).toEqual([true, true, true])
  })

  test('fragments put back by their offsets are the payload', () => {
    const cases = fc.record({
      value: fields,
      payload: fc.uint8Array({ minLength: 1, maxLength: 1500 }),
      offset: fc.nat(100).map((n) => n * 8),
      mtu: fc.integer({ min: 0, max: 600 }),
    })
    fc.assert(
      fc.property(cases, ({ value, payload, offset, mtu }) => {
        const fragments = ipv4.fragment(ipv4.emit({ ...value, payload, fragmentOffset: offset }), mtu)
        const whole = new Uint8Array(payload.length).fill(0xa5)
        fragments.forEach((bytes, i) => {
          const part = ipv4.parse(bytes)
          if (isFault(part)) throw new Error(part.fault)
          expect(bytes.length).toBeLessThanOrEqual(Math.max(mtu, ipv4.MIN_MTU))
          expect(part.mf).toBe(i < fragments.length - 1 || value.mf)
          expect(part.options.length).toBe(value.options.length)
          whole.set(part.payload, part.fragmentOffset - offset)
        })
        expect(whole).toEqual(payload)
      }),
    )
  })
})
