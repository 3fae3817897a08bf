import { type Ipv4, parseInterfaceAddress, parseIpv4, prefixMask } from '../../addr/index.js'
import type { Protocol } from '../../api/index.js'
import { invariant } from '../../base/index.js'
import type {
  AddressMatch,
  CtState,
  InterfaceMatch,
  Match,
  NatTo,
  NumberRange,
  ProtocolMatch,
  Rule,
  Target,
} from '../../iptables/index.js'

/** What of a rule is not the default. */
export interface RuleParts {
  readonly source?: AddressMatch
  readonly destination?: AddressMatch
  readonly inInterface?: InterfaceMatch | null
  readonly protocol?: Protocol
  readonly matches?: readonly (Match | null)[]
  readonly target?: Target
}

const ANY: AddressMatch = Object.freeze({ address: 0, mask: 0, invert: false })
const PROTOCOLS: Readonly<Record<Protocol, ProtocolMatch>> = Object.freeze({
  TCP: Object.freeze({ protocol: 6, invert: false }),
  UDP: Object.freeze({ protocol: 17, invert: false }),
  SCTP: Object.freeze({ protocol: 132, invert: false }),
})

/** A rule from its parts, matches in the order given; null matches are left out. */
export function rule(parts: RuleParts): Rule {
  return Object.freeze({
    source: parts.source ?? ANY,
    destination: parts.destination ?? ANY,
    inInterface: parts.inInterface ?? null,
    outInterface: null,
    protocol: parts.protocol === undefined ? null : PROTOCOLS[parts.protocol],
    fragment: null,
    matches: Object.freeze((parts.matches ?? []).filter((match) => match !== null)),
    target: parts.target ?? null,
  })
}

/** `-s IP` or `-s CIDR` of canonical IPv4 text. */
export function address(text: string): AddressMatch {
  const network = parseInterfaceAddress(text.includes('/') ? text : `${text}/32`)
  invariant(network !== undefined, `${text} reached a rule but is no IPv4 address`)
  return Object.freeze({ address: network.address, mask: prefixMask(network.prefix), invert: false })
}

/** `! -s …` */
export function not(match: AddressMatch): AddressMatch {
  return Object.freeze({ ...match, invert: !match.invert })
}

export function comment(text: string): Match {
  return Object.freeze({ kind: 'comment', text })
}

/** `-m tcp [--dport PORT]` and its like. */
export function transport(protocol: Protocol, destinationPort: number | null = null): Match {
  const destinationPorts = destinationPort === null ? null : onePort(destinationPort)
  switch (protocol) {
    case 'TCP':
      return Object.freeze({ kind: 'tcp', sourcePorts: null, destinationPorts, flags: null, option: null })
    case 'UDP':
      return Object.freeze({ kind: 'udp', sourcePorts: null, destinationPorts })
    case 'SCTP':
      return Object.freeze({ kind: 'sctp', sourcePorts: null, destinationPorts, chunks: null })
  }
}

/** `-m conntrack [!] --ctstate STATES`, states in the order iptables-save prints them. */
export function ctstate(states: readonly CtState[], invert: 'is' | 'is not' = 'is'): Match {
  return Object.freeze({
    kind: 'conntrack',
    states: Object.freeze([...states]),
    statesInvert: invert === 'is not',
    protocol: null,
    origSource: null,
    origDestination: null,
    replySource: null,
    replyDestination: null,
    status: null,
    statusInvert: false,
    expire: null,
    origSourcePorts: null,
    origDestinationPorts: null,
    replySourcePorts: null,
    replyDestinationPorts: null,
    direction: null,
  })
}

/** `-m addrtype --src-type LOCAL` or `--dst-type LOCAL`. */
export function localAddress(side: 'source' | 'destination'): Match {
  return Object.freeze({
    kind: 'addrtype',
    sourceTypes: Object.freeze(side === 'source' ? ['LOCAL'] : []),
    sourceInvert: false,
    destinationTypes: Object.freeze(side === 'destination' ? ['LOCAL'] : []),
    destinationInvert: false,
    limitIn: false,
    limitOut: false,
  })
}

/** `-m mark [!] --mark BIT/BIT`. */
export function markBit(bit: number, invert: 'is' | 'is not' = 'is'): Match {
  return Object.freeze({ kind: 'mark', mark: Object.freeze({ value: bit, mask: bit, invert: invert === 'is not' }) })
}

/**
 * `-m statistic --mode random --probability 1/n` as it comes out of text with ten decimals: the kernel keeps
 * round(p × 2³¹).
 */
export function oneIn(n: number): Match {
  const probability = Math.round(Number((1 / n).toFixed(10)) * 2 ** 31)
  return Object.freeze({ kind: 'statistic', mode: 'random', probability, invert: false })
}

/** `-m recent --name NAME --set`, or `--rcheck --seconds S --reap` when `seconds` are given. */
export function recent(name: string, seconds: number | null): Match {
  return Object.freeze({
    kind: 'recent',
    mode: seconds === null ? 'set' : 'rcheck',
    invert: false,
    seconds: seconds ?? 0,
    reap: seconds !== null,
    hitcount: 0,
    rttl: false,
    name,
    mask: 0xffff_ffff,
    side: 'rsource',
  })
}

/** `-m nfacct --nfacct-name NAME`: counts packets, matches always; not modelled, so kept as text. */
export function nfacct(name: string): Match {
  return Object.freeze({ kind: 'unknown', name: 'nfacct', args: Object.freeze(['--nfacct-name', name]) })
}

export function jump(chain: string): Target {
  return Object.freeze({ kind: 'jump', chain })
}

export const ACCEPT: Target = Object.freeze({ kind: 'ACCEPT' })
export const DROP: Target = Object.freeze({ kind: 'DROP' })
export const RETURN: Target = Object.freeze({ kind: 'RETURN' })
/** Plain `-j REJECT`: port unreachable, for TCP too. */
export const REJECT: Target = Object.freeze({ kind: 'REJECT', with: 'icmp-port-unreachable' })

/** `-j MARK --or-mark BIT`. */
export function orMark(bit: number): Target {
  return Object.freeze({ kind: 'MARK', value: bit, mask: bit })
}

/** `-j MARK --xor-mark BIT`. */
export function xorMark(bit: number): Target {
  return Object.freeze({ kind: 'MARK', value: bit, mask: 0 })
}

export function masquerade(options: { readonly randomFully: boolean }): Target {
  return Object.freeze({ kind: 'MASQUERADE', to: natTo(null, null, options.randomFully) })
}

/** `-j DNAT --to-destination IP:PORT`. */
export function dnat(ip: string, port: number): Target {
  const to = parseIpv4(ip)
  invariant(to !== undefined, `${ip} reached a rule but is no IPv4 address`)
  return Object.freeze({ kind: 'DNAT', to: natTo(to, port, false) })
}

function natTo(to: Ipv4 | null, port: number | null, randomFully: boolean): NatTo {
  return Object.freeze({
    addresses: to === null ? null : Object.freeze({ min: to, max: to }),
    ports: port === null ? null : Object.freeze({ min: port, max: port, base: null }),
    random: false,
    randomFully,
    persistent: false,
  })
}

function onePort(port: number): NumberRange {
  return Object.freeze({ min: port, max: port, invert: false })
}
