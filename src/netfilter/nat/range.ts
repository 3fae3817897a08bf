import type { Ipv4 } from '../../addr/index.js'

/** Where NAT may map to (struct nf_nat_range2). Ports also stand for ICMP ids. */
export interface NatRange {
  readonly minAddress: Ipv4
  readonly maxAddress: Ipv4
  readonly minPort: number
  readonly maxPort: number
  /** With `protoOffset`: the port that maps to `minPort`. */
  readonly basePort: number
  /** The addresses count (NF_NAT_RANGE_MAP_IPS). */
  readonly mapIps: boolean
  /** The ports count (NF_NAT_RANGE_PROTO_SPECIFIED). */
  readonly protoSpecified: boolean
  /** `--random`. */
  readonly random: boolean
  /** `--random-fully`. */
  readonly randomFully: boolean
  /** `--persistent`: the destination has no say in which address a source gets. */
  readonly persistent: boolean
  /** DNAT with a base port: ports keep their distance (NF_NAT_RANGE_PROTO_OFFSET). */
  readonly protoOffset: boolean
  /** NETMAP: the target has put the one address that keeps the host part into `minAddress` and `maxAddress`. */
  readonly netmap: boolean
}

/** Which end NAT changes (enum nf_nat_manip_type). */
export type NatManip = 'source' | 'destination'

/** A range of exactly this address, any port: what a flow gets that no rule wants (nf_nat_alloc_null_binding). */
export function rangeOf(address: Ipv4): NatRange {
  return {
    minAddress: address,
    maxAddress: address,
    minPort: 0,
    maxPort: 0,
    basePort: 0,
    mapIps: true,
    protoSpecified: false,
    random: false,
    randomFully: false,
    persistent: false,
    protoOffset: false,
    netmap: false,
  }
}
