import type { Ipv4 } from '../addr/index.js'

/** Tables in the order of their hook priorities within a hook. */
export type TableName = 'raw' | 'mangle' | 'nat' | 'filter' | 'security'

/** `[!] -s ADDRESS/MASK`; any mask, not only prefixes, as iptables allows. `0.0.0.0/0` = not given. */
export interface AddressMatch {
  readonly address: Ipv4
  readonly mask: Ipv4
  readonly invert: boolean
}

/** `[!] -i NAME`, with `NAME+` as a prefix match (`name` then excludes the plus sign). */
export interface InterfaceMatch {
  readonly name: string
  readonly prefix: boolean
  readonly invert: boolean
}

/** `[!] -p PROTOCOL`, by number. */
export interface ProtocolMatch {
  readonly protocol: number
  readonly invert: boolean
}

/** An inclusive range, possibly inverted: ports, lengths, uids. */
export interface NumberRange {
  readonly min: number
  readonly max: number
  readonly invert: boolean
}

/** `value/mask`, possibly inverted. */
export interface MaskedValue {
  readonly value: number
  readonly mask: number
  readonly invert: boolean
}

export type CtState = 'INVALID' | 'NEW' | 'RELATED' | 'ESTABLISHED' | 'UNTRACKED' | 'SNAT' | 'DNAT'

/** Matches, tagged by the name behind `-m`. Absent options are null, in the order iptables-save prints them. */
export type Match =
  | {
      readonly kind: 'tcp'
      readonly sourcePorts: NumberRange | null
      readonly destinationPorts: NumberRange | null
      readonly flags: { readonly mask: number; readonly set: number; readonly invert: boolean } | null
      readonly option: { readonly number: number; readonly invert: boolean } | null
    }
  | { readonly kind: 'udp'; readonly sourcePorts: NumberRange | null; readonly destinationPorts: NumberRange | null }
  | {
      readonly kind: 'sctp'
      readonly sourcePorts: NumberRange | null
      readonly destinationPorts: NumberRange | null
      readonly chunks: {
        readonly mode: 'all' | 'any' | 'only'
        /** `ALL` prints so; flags as printed, `Be`. */
        readonly types: readonly { readonly type: number; readonly flags: string | null }[] | 'ALL'
        readonly invert: boolean
      } | null
    }
  | {
      readonly kind: 'icmp'
      readonly type: number
      readonly codeMin: number
      readonly codeMax: number
      readonly invert: boolean
    }
  | { readonly kind: 'comment'; readonly text: string }
  | { readonly kind: 'mark'; readonly mark: MaskedValue }
  | { readonly kind: 'connmark'; readonly mark: MaskedValue }
  | {
      readonly kind: 'conntrack'
      readonly states: readonly CtState[] | null
      readonly statesInvert: boolean
      readonly protocol: ProtocolMatch | null
      readonly origSource: AddressMatch | null
      readonly origDestination: AddressMatch | null
      readonly replySource: AddressMatch | null
      readonly replyDestination: AddressMatch | null
      readonly status: readonly string[] | null
      readonly statusInvert: boolean
      readonly expire: NumberRange | null
      readonly origSourcePorts: NumberRange | null
      readonly origDestinationPorts: NumberRange | null
      readonly replySourcePorts: NumberRange | null
      readonly replyDestinationPorts: NumberRange | null
      readonly direction: 'ORIGINAL' | 'REPLY' | null
    }
  | { readonly kind: 'state'; readonly states: readonly CtState[]; readonly invert: boolean }
  | {
      readonly kind: 'addrtype'
      readonly sourceTypes: readonly string[]
      readonly sourceInvert: boolean
      readonly destinationTypes: readonly string[]
      readonly destinationInvert: boolean
      readonly limitIn: boolean
      readonly limitOut: boolean
    }
  | {
      readonly kind: 'statistic'
      readonly mode: 'random'
      /** 0 … 2³¹ as the kernel stores it */ readonly probability: number
      readonly invert: boolean
    }
  | {
      readonly kind: 'statistic'
      readonly mode: 'nth'
      readonly every: number
      readonly packet: number
      readonly invert: boolean
    }
  | {
      readonly kind: 'multiport'
      readonly side: 'sports' | 'dports' | 'ports'
      readonly ranges: readonly { readonly min: number; readonly max: number }[]
      readonly invert: boolean
    }
  | {
      readonly kind: 'recent'
      readonly mode: 'set' | 'rcheck' | 'update' | 'remove'
      readonly invert: boolean
      readonly seconds: number
      readonly reap: boolean
      readonly hitcount: number
      readonly rttl: boolean
      readonly name: string
      readonly mask: Ipv4
      readonly side: 'rsource' | 'rdest'
    }
  | {
      readonly kind: 'set'
      readonly set: string
      readonly directions: readonly ('src' | 'dst')[]
      readonly invert: boolean
      readonly returnNomatch: boolean
      readonly updateCounters: boolean
      readonly updateSubcounters: boolean
      readonly packets: { readonly op: 'eq' | 'lt' | 'gt'; readonly value: number; readonly invert: boolean } | null
      readonly bytes: { readonly op: 'eq' | 'lt' | 'gt'; readonly value: number; readonly invert: boolean } | null
    }
  | {
      readonly kind: 'physdev'
      readonly in: InterfaceMatch | null
      readonly out: InterfaceMatch | null
      readonly isIn: boolean | null
      readonly isOut: boolean | null
      readonly isBridged: boolean | null
    }
  | { readonly kind: 'mac'; readonly mac: number; readonly invert: boolean }
  | { readonly kind: 'iprange'; readonly source: NumberRange | null; readonly destination: NumberRange | null }
  | {
      readonly kind: 'limit'
      /** average as the kernel keeps it: 10000 units per second, interval between packets */ readonly average: number
      readonly burst: number
    }
  | {
      readonly kind: 'owner'
      readonly uid: NumberRange | null
      readonly gid: NumberRange | null
      readonly socketExists: boolean | null
      readonly suppGroups: boolean
    }
  | { readonly kind: 'length'; readonly range: NumberRange }
  | { readonly kind: 'ttl'; readonly op: 'eq' | 'ne' | 'lt' | 'gt'; readonly ttl: number }
  | { readonly kind: 'pkttype'; readonly type: 'unicast' | 'broadcast' | 'multicast'; readonly invert: boolean }
  | {
      readonly kind: 'unknown'
      readonly name: string
      /** Arguments as written, `!` included, quoting undone. */ readonly args: readonly string[]
    }

/** Address and port range of SNAT, DNAT, MASQUERADE, REDIRECT (struct nf_nat_range2). */
export interface NatTo {
  readonly addresses: { readonly min: Ipv4; readonly max: Ipv4 } | null
  readonly ports: { readonly min: number; readonly max: number; readonly base: number | null } | null
  readonly random: boolean
  readonly randomFully: boolean
  readonly persistent: boolean
}

export type RejectType =
  | 'icmp-net-unreachable'
  | 'icmp-host-unreachable'
  | 'icmp-proto-unreachable'
  | 'icmp-port-unreachable'
  | 'icmp-net-prohibited'
  | 'icmp-host-prohibited'
  | 'icmp-admin-prohibited'
  | 'tcp-reset'

/** An ipset with the packet's fields that are looked up in it, dimension by dimension. */
export interface SetReference {
  readonly set: string
  readonly directions: readonly ('src' | 'dst')[]
}

/** Targets, tagged by the name behind `-j` (or `-g`). */
export type Target =
  | { readonly kind: 'jump'; readonly chain: string }
  | { readonly kind: 'goto'; readonly chain: string }
  | { readonly kind: 'ACCEPT' }
  | { readonly kind: 'DROP' }
  | { readonly kind: 'RETURN' }
  | { readonly kind: 'REJECT'; readonly with: RejectType }
  | { readonly kind: 'DNAT'; readonly to: NatTo }
  | { readonly kind: 'SNAT'; readonly to: NatTo }
  | { readonly kind: 'MASQUERADE'; readonly to: NatTo }
  | { readonly kind: 'REDIRECT'; readonly to: NatTo }
  /** Maps the network `address`/`mask` one to one. */
  | { readonly kind: 'NETMAP'; readonly address: Ipv4; readonly mask: Ipv4 }
  | { readonly kind: 'MARK'; /** mark = (mark & ~mask) ^ value */ readonly value: number; readonly mask: number }
  | {
      readonly kind: 'CONNMARK'
      readonly mode: 'set' | 'save' | 'restore'
      readonly value: number
      readonly ctMask: number
      readonly nfMask: number
    }
  | { readonly kind: 'NOTRACK' }
  | {
      readonly kind: 'CT'
      readonly notrack: boolean
      /** Zones, `mark` = the zone is the packet's mark. */ readonly zone: number | 'mark' | null
      readonly zoneOrig: number | 'mark' | null
      readonly zoneReply: number | 'mark' | null
      readonly helper: string | null
      readonly timeout: string | null
      readonly ctevents: readonly string[] | null
      readonly expevents: readonly string[] | null
    }
  | {
      readonly kind: 'SET'
      readonly add: SetReference | null
      readonly del: SetReference | null
      readonly map: SetReference | null
      readonly exist: boolean
      /** Seconds; null = the set's own. */ readonly timeout: number | null
      readonly mapMark: boolean
      readonly mapPrio: boolean
      readonly mapQueue: boolean
    }
  | {
      readonly kind: 'LOG'
      readonly prefix: string | null
      /** syslog level 0 … 7; 4 (warning) is the default. */ readonly level: number
      /** Any of `tcp-sequence`, `tcp-options`, `ip-options`, `uid`, `macdecode`. */ readonly flags: readonly string[]
    }
  | {
      readonly kind: 'NFLOG'
      readonly prefix: string | null
      readonly group: number
      readonly size: number | null
      readonly range: number | null
      readonly threshold: number
    }
  | { readonly kind: 'TCPMSS'; readonly mss: number | 'clamp-to-pmtu' }
  | { readonly kind: 'TRACE' }
  | { readonly kind: 'CHECKSUM' }
  | { readonly kind: 'unknown'; readonly name: string; readonly args: readonly string[] }

/** One rule. Frozen: rules are replaced, never edited. */
export interface Rule {
  readonly source: AddressMatch
  readonly destination: AddressMatch
  readonly inInterface: InterfaceMatch | null
  readonly outInterface: InterfaceMatch | null
  readonly protocol: ProtocolMatch | null
  /** `[!] -f`: second and further fragments only. */
  readonly fragment: { readonly invert: boolean } | null
  readonly matches: readonly Match[]
  readonly target: Target | null
}

/** A chain as configured. Built-in chains have a policy, user chains have null. */
export interface Chain {
  readonly name: string
  readonly policy: 'ACCEPT' | 'DROP' | null
  readonly rules: readonly Rule[]
}

/** One table as configured. */
export interface Table {
  readonly name: TableName
  readonly chains: readonly Chain[]
}

/** All tables of one namespace as configured: what `iptables-save` would print, as values. */
export interface RuleSet {
  readonly tables: readonly Table[]
}
