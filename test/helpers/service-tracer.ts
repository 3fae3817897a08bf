import { formatIpv4, parseIpv4 } from '../../src/addr/index.js'
import { assertNever } from '../../src/base/index.js'
import type { AddressMatch, Chain, Match, Rule, RuleSet, TableName } from '../../src/iptables/index.js'

/** A new flow as one node first sees it. */
export interface Flow {
  readonly sourceIP: string
  /** Device it comes in by; nothing for what the node itself sends. */
  readonly inInterface?: string
  readonly protocol?: 'tcp' | 'udp' | 'sctp'
  readonly destIP: string
  readonly destPort: number
}

/** What the rules make of it. */
export interface Traced {
  /** Backends in rule order joined by `, `; `REJECT`, `DROP` or `ACCEPT`; empty when it passes unmodified. */
  readonly output: string
  /** It passed KUBE-MARK-MASQ. */
  readonly masq: boolean
}

const PROTOCOLS = { tcp: 6, udp: 17, sctp: 132 } as const
const FILTER_CHAINS = ['KUBE-SERVICES', 'KUBE-EXTERNAL-SERVICES', 'KUBE-NODEPORTS', 'KUBE-PROXY-FIREWALL']

/**
 * Follows a flow through nat KUBE-SERVICES and then through the filter chains that judge services. Every backend is
 * collected: a rule with a probability does not end the walk. Rules that look a client up, or look at mark or state, never
 * match.
 */
export function traceFlow(rules: RuleSet, localAddresses: readonly string[], flow: Flow): Traced {
  const nat = new Walk(chainsOf(rules, 'nat'), localAddresses, flow)
  nat.run('KUBE-SERVICES')
  const first = nat.backends[0]
  const [ip, port] = first === undefined ? [flow.destIP, flow.destPort] : (first.split(':') as [string, string])
  for (const chain of FILTER_CHAINS) {
    const filter = new Walk(chainsOf(rules, 'filter'), localAddresses, { ...flow, destIP: ip, destPort: Number(port) })
    filter.run(chain)
    if (filter.verdict !== null) return { output: filter.verdict, masq: nat.masq }
  }
  return { output: nat.backends.join(', '), masq: nat.masq }
}

function chainsOf(rules: RuleSet, table: TableName): ReadonlyMap<string, Chain> {
  const chains = rules.tables.find(({ name }) => name === table)?.chains ?? []
  return new Map(chains.map((chain) => [chain.name, chain]))
}

class Walk {
  readonly backends: string[] = []
  masq = false
  verdict: string | null = null
  private readonly chains: ReadonlyMap<string, Chain>
  private readonly localAddresses: readonly string[]
  private readonly flow: Flow

  constructor(chains: ReadonlyMap<string, Chain>, localAddresses: readonly string[], flow: Flow) {
    this.chains = chains
    this.localAddresses = localAddresses
    this.flow = flow
  }

  /** True when the walk is over. */
  run(name: string): boolean {
    const chain = this.chains.get(name)
    if (chain === undefined) throw new Error(`a rule jumps to ${name}, which does not exist`)
    if (name === 'KUBE-MARK-MASQ') this.masq = true
    for (const rule of chain.rules) if (this.matches(rule) && this.take(rule)) return true
    return false
  }

  private take(rule: Rule): boolean {
    const { target } = rule
    if (target === null) return false
    switch (target.kind) {
      case 'jump':
        return this.run(target.chain) && !rule.matches.some((match) => match.kind === 'statistic')
      case 'DNAT':
        this.backends.push(`${formatIpv4(target.to.addresses!.min)}:${target.to.ports!.min}`)
        return true
      case 'REJECT':
      case 'DROP':
      case 'ACCEPT':
        this.verdict = target.kind
        return true
      case 'MARK':
        return false
      default:
        throw new Error(`a service rule has target ${target.kind}`)
    }
  }

  private matches(rule: Rule): boolean {
    const { flow } = this
    const { inInterface, protocol } = rule
    if (!addressMatches(rule.source, flow.sourceIP) || !addressMatches(rule.destination, flow.destIP)) return false
    if (protocol !== null && (protocol.protocol === PROTOCOLS[flow.protocol ?? 'tcp']) === protocol.invert) return false
    if (inInterface !== null) {
      const { name, prefix, invert } = inInterface
      const given = flow.inInterface ?? ''
      if ((prefix ? given.startsWith(name) : given === name) === invert) return false
    }
    return rule.matches.every((match) => this.matchHolds(match))
  }

  private matchHolds(match: Match): boolean {
    switch (match.kind) {
      case 'comment':
      case 'statistic':
        return true
      case 'tcp':
      case 'udp':
      case 'sctp': {
        if (match.kind !== (this.flow.protocol ?? 'tcp')) return false
        const ports = match.destinationPorts
        return ports === null || (this.flow.destPort >= ports.min && this.flow.destPort <= ports.max)
      }
      case 'addrtype': {
        const ip = match.sourceTypes.length > 0 ? this.flow.sourceIP : this.flow.destIP
        return ip.startsWith('127.') || this.localAddresses.includes(ip)
      }
      case 'recent':
        return match.mode === 'set'
      case 'mark':
      case 'conntrack':
      case 'unknown':
        return false
      default:
        return assertNever(match as never)
    }
  }
}

function addressMatches(match: AddressMatch, ip: string): boolean {
  const same = (parseIpv4(ip)! & match.mask) >>> 0 === match.address
  return same !== match.invert
}
