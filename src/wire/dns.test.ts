import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as dns from './dns.js'
import { isFault } from './fault.js'

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))

// Composed by RFC 1035 section 4.1, name compression included.
const query = bytes('abcd 0100 0001 0000 0000 0000 03776562 0473686f70 00 0001 0001')
const answer = bytes(
  'abcd 8580 0001 0001 0000 0000 03776562 0473686f70 00 0001 0001 c00c 0001 0001 0000001e 0004 0a600010',
)

test('parses a query', () => {
  expect(dns.parse(query)).toEqual({
    id: 0xabcd,
    response: false,
    opcode: 0,
    authoritative: false,
    truncated: false,
    recursionDesired: true,
    recursionAvailable: false,
    authenticData: false,
    checkingDisabled: false,
    rcode: 0,
    questions: [{ name: 'web.shop', type: 'A', class: 'IN' }],
    answers: [],
    authorities: [],
    additionals: [],
  })
})

test('parses a compressed answer', () => {
  expect(dns.parse(answer)).toMatchObject({
    response: true,
    authoritative: true,
    recursionAvailable: true,
    answers: [{ name: 'web.shop', type: 'A', class: 'IN', ttl: 30, data: '10.96.0.16' }],
  })
})

test('emits', () => {
  const made = dns.emit({
    id: 0xabcd,
    recursionDesired: true,
    questions: [{ name: 'web.shop', type: 'A', class: 'IN' }],
  })
  expect(made).toEqual(query)
  expect(Object.getPrototypeOf(made)).toBe(Uint8Array.prototype)
})

const head = { name: 'a.svc.cluster.local', class: 'IN', ttl: 5 }
const message: dns.Message = {
  id: 7,
  response: true,
  opcode: 2,
  authoritative: false,
  truncated: true,
  recursionDesired: false,
  recursionAvailable: false,
  authenticData: true,
  checkingDisabled: true,
  rcode: dns.RCODE.NXDOMAIN,
  questions: [{ name: '.', type: 'NS', class: 'CH' }],
  answers: [
    { ...head, type: 'A', data: '10.0.0.1' },
    { ...head, type: 'AAAA', data: 'fd00::1' },
    { ...head, type: 'CNAME', data: 'b.example' },
    { ...head, type: 'PTR', data: 'c.example' },
    { ...head, type: 'SRV', data: { priority: 0, weight: 33, port: 80, target: 'd.example' } },
    { ...head, type: 'MX', data: { preference: 10, exchange: 'e.example' } },
    { ...head, type: 'TXT', data: [Uint8Array.of(0xff, 0), Uint8Array.of()] },
    { ...head, type: 'OTHER', typeName: 'UNKNOWN_999', data: Uint8Array.of(1, 2, 3) },
  ],
  authorities: [
    {
      ...head,
      type: 'SOA',
      data: { mname: 'ns.dns', rname: 'hostmaster', serial: 1, refresh: 7200, retry: 1800, expire: 86400, minimum: 30 },
    },
  ],
  additionals: [
    {
      type: 'OPT',
      name: '.',
      udpPayloadSize: 1232,
      extendedRcode: 0,
      ednsVersion: 0,
      dnssecOk: true,
      options: [{ code: 10, data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) }],
    },
  ],
}

test('what is emitted parses back, every kind of record', () => {
  const parsed = dns.parse(dns.emit(message))
  expect(parsed).toEqual(message)
  if (isFault(parsed)) throw new Error(parsed.fault)
  const text = parsed.answers.find((record) => record.type === 'TXT')
  expect(text?.data.every((part) => Object.getPrototypeOf(part) === Uint8Array.prototype)).toBe(true)
})

test('emit leaves its argument alone', () => {
  const before = structuredClone(message)
  dns.emit(message)
  expect(message).toEqual(before)
})

test('truncated anywhere', () => {
  const whole = dns.emit(message)
  for (let length = 0; length < whole.length; length++)
    expect(dns.parse(whole.subarray(0, length))).toEqual({ fault: 'FORMERR' })
})

test('counts and pointers that lie', () => {
  const counts = query.slice()
  counts[5] = 2
  expect(dns.parse(counts)).toEqual({ fault: 'FORMERR' })
  expect(dns.parse(bytes('abcd 0100 0001 0000 0000 0000 c00c 0001 0001'))).toEqual({ fault: 'FORMERR' })
})

test('any bytes give a message or FORMERR', () => {
  const start = fc.constantFrom(query, answer, dns.emit(message))
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 40 }), fc.nat(300), (given, noise, at) => {
      const mangled = Uint8Array.from([...given, ...noise])
      mangled.set(noise, Math.min(at, given.length))
      const parsed = dns.parse(mangled)
      return isFault(parsed) ? parsed.fault === 'FORMERR' : parsed.id >= 0
    }),
  )
})
