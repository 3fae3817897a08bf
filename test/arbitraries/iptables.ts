import fc from 'fast-check'
import type {
  AddressMatch,
  Chain,
  InterfaceMatch,
  Match,
  NatTo,
  NumberRange,
  Rule,
  RuleSet,
  Target,
} from '../../src/iptables/index.js'

const u32 = fc.integer({ min: 0, max: 0xffff_ffff })
const prefix = fc.integer({ min: 1, max: 32 })
const maskOf = (length: number): number => (0xffff_ffff << (32 - length)) >>> 0
const option = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary, { nil: null })

const anyAddress: AddressMatch = { address: 0, mask: 0, invert: false }
const address: fc.Arbitrary<AddressMatch> = fc.oneof(
  fc.constant(anyAddress),
  fc.record({ address: u32, length: prefix, invert: fc.boolean() }).map(({ address: bits, length, invert }) => ({
    address: (bits & maskOf(length)) >>> 0,
    mask: maskOf(length),
    invert,
  })),
)

const device: fc.Arbitrary<InterfaceMatch> = fc.record({
  name: fc.stringMatching(/^[a-z][a-z0-9.]{0,12}$/),
  prefix: fc.boolean(),
  invert: fc.boolean(),
})

function range(max: number): fc.Arbitrary<NumberRange> {
  return fc
    .tuple(fc.integer({ min: 0, max }), fc.integer({ min: 0, max }), fc.boolean())
    .map(([a, b, invert]) => ({ min: Math.min(a, b), max: Math.max(a, b), invert }))
    .filter(({ min, max: high }) => min !== 0 || high !== max)
}

const ports = option(range(0xffff))
const markMask = fc.record({ value: u32, mask: u32, invert: fc.boolean() })
const word = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,10}$/)
const text = fc
  .string({ unit: fc.constantFrom(...' abcXYZ09"\\\'$#!:;/-_[]'), maxLength: 30 })
  .filter((value) => !value.startsWith('-'))
const subset = <T>(all: readonly T[]): fc.Arbitrary<T[]> => fc.subarray([...all], { minLength: 1 })

const states = subset(['INVALID', 'NEW', 'RELATED', 'ESTABLISHED', 'UNTRACKED'] as const)
const directions = fc.array(fc.constantFrom('src', 'dst'), { minLength: 1, maxLength: 3 })
const types = subset(['UNICAST', 'LOCAL', 'BROADCAST', 'MULTICAST'])

const tcp: fc.Arbitrary<Match> = fc.record({
  kind: fc.constant('tcp'),
  sourcePorts: ports,
  destinationPorts: ports,
  flags: option(
    fc.record({ mask: fc.integer({ min: 1, max: 63 }), set: fc.integer({ min: 0, max: 63 }), invert: fc.boolean() }),
  ),
  option: option(fc.record({ number: fc.integer({ min: 1, max: 255 }), invert: fc.boolean() })),
})
const udp: fc.Arbitrary<Match> = fc.record({ kind: fc.constant('udp'), sourcePorts: ports, destinationPorts: ports })

const multiport: fc.Arbitrary<Match> = fc.record({
  kind: fc.constant('multiport'),
  side: fc.constantFrom('sports', 'dports', 'ports'),
  ranges: fc.array(
    range(0xffff).map(({ min, max }) => ({ min, max })),
    { minLength: 1, maxLength: 7 },
  ),
  invert: fc.boolean(),
})

/** Matches that stand in any chain, whatever the protocol. */
const anywhere: fc.Arbitrary<Match> = fc.oneof(
  fc.record({ kind: fc.constant('comment'), text }),
  fc.record({ kind: fc.constant('mark'), mark: markMask }),
  fc.record({ kind: fc.constant('connmark'), mark: markMask }),
  fc.record({ kind: fc.constant('state'), states, invert: fc.boolean() }),
  fc.record({
    kind: fc.constant('conntrack'),
    states: states,
    statesInvert: fc.boolean(),
    protocol: option(fc.record({ protocol: fc.integer({ min: 1, max: 255 }), invert: fc.boolean() })),
    origSource: option(address.filter(({ mask }) => mask !== 0)),
    origDestination: fc.constant(null),
    replySource: fc.constant(null),
    replyDestination: option(address.filter(({ mask }) => mask !== 0)),
    status: option(subset(['EXPECTED', 'SEEN_REPLY', 'ASSURED', 'CONFIRMED'])),
    statusInvert: fc.constant(false),
    expire: option(range(0xffff_ffff)),
    origSourcePorts: ports,
    origDestinationPorts: ports,
    replySourcePorts: ports,
    replyDestinationPorts: ports,
    direction: option(fc.constantFrom('ORIGINAL', 'REPLY')),
  }),
  fc.record({
    kind: fc.constant('addrtype'),
    sourceTypes: fc.constant<string[]>([]),
    sourceInvert: fc.constant(false),
    destinationTypes: types,
    destinationInvert: fc.boolean(),
    limitIn: fc.constant(false),
    limitOut: fc.constant(false),
  }),
  fc.record({
    kind: fc.constant('statistic'),
    mode: fc.constant('random'),
    probability: fc.integer({ min: 0, max: 2 ** 31 }),
    invert: fc.boolean(),
  }),
  fc
    .tuple(fc.integer({ min: 1, max: 1000 }), fc.nat(), fc.boolean())
    .map(([every, n, invert]) => ({ kind: 'statistic', mode: 'nth', every, packet: n % every, invert }) as const),
  fc.record({
    kind: fc.constant('recent'),
    mode: fc.constantFrom('rcheck', 'update'),
    invert: fc.boolean(),
    seconds: fc.integer({ min: 1, max: 99999 }),
    reap: fc.boolean(),
    hitcount: fc.integer({ min: 0, max: 65534 }),
    rttl: fc.boolean(),
    name: word,
    mask: u32,
    side: fc.constantFrom('rsource', 'rdest'),
  }),
  fc.record({
    kind: fc.constant('set'),
    set: word,
    directions: directions,
    invert: fc.boolean(),
    returnNomatch: fc.boolean(),
    updateCounters: fc.boolean(),
    updateSubcounters: fc.boolean(),
    packets: option(fc.record({ op: fc.constantFrom('lt', 'gt'), value: u32, invert: fc.constant(false) })),
    bytes: option(fc.record({ op: fc.constant('eq'), value: u32, invert: fc.boolean() })),
  }),
  fc.record({ kind: fc.constant('length'), range: range(0xffff) }),
  fc.record({
    kind: fc.constant('ttl'),
    op: fc.constantFrom('eq', 'ne', 'lt', 'gt'),
    ttl: fc.integer({ min: 0, max: 255 }),
  }),
  fc.record({
    kind: fc.constant('pkttype'),
    type: fc.constantFrom('unicast', 'broadcast', 'multicast'),
    invert: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('iprange'), source: option(range(0xffff_ffff)), destination: range(0xffff_ffff) }),
  fc.record({
    kind: fc.constant('unknown'),
    name: word.map((name) => `x${name}`),
    args: fc.array(
      word.map((name) => `--${name}`),
      { maxLength: 3 },
    ),
  }),
)

const natTo: fc.Arbitrary<NatTo> = fc.record({
  addresses: fc.tuple(u32, u32).map(([min, max]) => ({ min, max })),
  ports: fc.constant(null),
  random: fc.boolean(),
  randomFully: fc.constant(false),
  persistent: fc.boolean(),
})

const filterTarget: fc.Arbitrary<Target> = fc.oneof(
  fc.constantFrom<Target>({ kind: 'ACCEPT' }, { kind: 'DROP' }, { kind: 'RETURN' }),
  fc.constantFrom<Target>({ kind: 'jump', chain: 'USER' }, { kind: 'goto', chain: 'USER' }),
  fc.record({
    kind: fc.constant('REJECT'),
    with: fc.constantFrom('icmp-net-unreachable', 'icmp-port-unreachable', 'icmp-admin-prohibited'),
  }),
  fc.record({ kind: fc.constant('MARK'), value: u32, mask: u32 }),
  fc.record({
    kind: fc.constant('CONNMARK'),
    mode: fc.constantFrom('save', 'restore'),
    value: fc.constant(0),
    ctMask: u32,
    nfMask: u32,
  }),
  fc.record({
    kind: fc.constant('LOG'),
    prefix: option(text.map((value) => value.slice(0, 29)).filter((value) => value !== '')),
    level: fc.integer({ min: 0, max: 7 }),
    flags: subset(['tcp-sequence', 'tcp-options', 'ip-options', 'uid', 'macdecode']),
  }),
)

function rule(target: fc.Arbitrary<Target>): fc.Arbitrary<Rule> {
  const protocol = fc.constantFrom(null, 6, 17)
  return protocol.chain((number) =>
    fc.record({
      source: address,
      destination: address,
      inInterface: fc.constant(null),
      outInterface: fc.constant(null),
      protocol: fc.constant(number === null ? null : { protocol: number, invert: false }),
      fragment: option(fc.record({ invert: fc.boolean() })),
      matches: fc.array(number === null ? anywhere : fc.oneof(anywhere, multiport, number === 6 ? tcp : udp), {
        maxLength: 4,
      }),
      target: option(target),
    }),
  )
}

const policy = fc.constantFrom<'ACCEPT' | 'DROP'>('ACCEPT', 'DROP')

function chain(
  name: string,
  chainPolicy: fc.Arbitrary<Chain['policy']>,
  rules: fc.Arbitrary<Rule>,
): fc.Arbitrary<Chain> {
  return fc.record({ name: fc.constant(name), policy: chainPolicy, rules: fc.array(rules, { maxLength: 5 }) })
}

/** Forwarding rules may name devices. */
const forwardRule: fc.Arbitrary<Rule> = fc
  .tuple(rule(filterTarget), option(device), option(device))
  .map(([one, inInterface, outInterface]) => ({ ...one, inInterface, outInterface }))

const userRule: fc.Arbitrary<Rule> = rule(filterTarget).filter(
  ({ target }) => target?.kind !== 'jump' && target?.kind !== 'goto',
)
const natRule: fc.Arbitrary<Rule> = rule(fc.record({ kind: fc.constant('DNAT'), to: natTo }))

/** Rule sets that the kernel takes: tables nat and filter, with a user chain, in iptables-save's order. */
export const ruleSets: fc.Arbitrary<RuleSet> = fc
  .tuple(
    chain('PREROUTING', fc.constant('ACCEPT'), natRule),
    chain('INPUT', policy, rule(filterTarget)),
    chain('FORWARD', policy, forwardRule),
    chain('USER', fc.constant(null), userRule),
  )
  .map(([prerouting, input, forward, user]) => {
    const empty = (name: string): Chain => ({ name, policy: 'ACCEPT', rules: [] })
    return {
      tables: [
        { name: 'nat', chains: [prerouting, empty('INPUT'), empty('OUTPUT'), empty('POSTROUTING')] },
        { name: 'filter', chains: [input, forward, empty('OUTPUT'), user] },
      ],
    }
  })
