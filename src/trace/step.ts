import type { DropReason } from './drop-reason.js'

/** The five netfilter hooks, by iptables' chain names (NF_INET_*). */
export type Hook = 'PREROUTING' | 'INPUT' | 'FORWARD' | 'OUTPUT' | 'POSTROUTING'

/** Addresses and ports of a packet as printed in a trace: `10.244.1.2:40000`; no port where there is none. */
export interface Endpoints {
  readonly source: string
  readonly destination: string
}

/** A device takes in or sends out a frame. */
export interface DeviceStep {
  readonly kind: 'device'
  readonly action: 'receive' | 'transmit'
  readonly device: string
  /** `veth`, `bridge`, `vxlan`, `loopback`, `physical`, `dummy`. */
  readonly deviceKind: string
  readonly macSource: string
  readonly macDestination: string
  /** Bytes from the network header on. */
  readonly length: number
  /** The packet at this point, as tcpdump would say it. */
  readonly packet: string
}

/** A bridge decides where a frame goes. */
export interface BridgeStep {
  readonly kind: 'bridge'
  readonly action: 'forward' | 'flood' | 'local'
  readonly bridge: string
  readonly inPort: string | null
  readonly outPorts: readonly string[]
  readonly why: string
}

/** A rule was tried. Rules that do not match are recorded only when every rule is asked for. */
export interface RuleStep {
  readonly kind: 'rule'
  readonly hook: Hook
  readonly table: string
  readonly chain: string
  /** From 1, as `iptables -L --line-numbers` counts. */
  readonly number: number
  /** The rule as `iptables-save` prints it, `-A CHAIN …`. */
  readonly rule: string
  readonly matched: boolean
  /** What a matching rule does: `jump`, `goto`, `return`, `accept`, `drop`, `continue`. */
  readonly action: 'jump' | 'goto' | 'return' | 'accept' | 'drop' | 'continue' | null
  /** For a rule that did not match: the first condition that failed, e.g. `-p tcp: packet is udp`. */
  readonly failed: string | null
  /** What changed, e.g. `mark 0x0 -> 0x4000`. */
  readonly effect: string | null
}

/** A chain was left without a decision: a user chain returned, or a built-in chain's policy decided. */
export interface ChainEndStep {
  readonly kind: 'chain-end'
  readonly hook: Hook
  readonly table: string
  readonly chain: string
  readonly action: 'return' | 'accept' | 'drop'
  /** Position behind the last rule, as the kernel's TRACE numbers it. */
  readonly number: number
}

/** Connection tracking looked the packet up. */
export interface ConntrackStep {
  readonly kind: 'conntrack'
  readonly action: 'created' | 'found' | 'confirmed' | 'related' | 'invalid' | 'untracked' | 'updated'
  /** State as `--ctstate` names it. */
  readonly state: 'NEW' | 'ESTABLISHED' | 'RELATED' | 'INVALID' | 'UNTRACKED'
  readonly direction: 'original' | 'reply' | null
  readonly original: string | null
  readonly reply: string | null
  /** Protocol state, e.g. `SYN_SENT`. */
  readonly protocolState: string | null
  readonly detail: string | null
}

/** Addresses or ports were rewritten. */
export interface NatStep {
  readonly kind: 'nat'
  readonly hook: Hook
  /** Which end changes. */
  readonly manip: 'source' | 'destination'
  readonly before: Endpoints
  readonly after: Endpoints
  /** `DNAT`, `SNAT`, `MASQUERADE`, … for the first packet; `reply of DNAT` and so on for a translation back. */
  readonly why: string
}

/** The FIB was asked. */
export interface RouteStep {
  readonly kind: 'route'
  /** `input` for received packets, `output` for locally made ones. */
  readonly action: 'input' | 'output' | 'reroute'
  readonly destination: string
  readonly source: string
  /** `32766: from all lookup main` */
  readonly rule: string | null
  readonly table: string | null
  /** The route as `ip route` prints it; null when there is none. */
  readonly route: string | null
  readonly result: 'local' | 'broadcast' | 'multicast' | 'unicast' | 'blackhole' | 'unreachable' | 'prohibit' | 'none'
  readonly device: string | null
  readonly gateway: string | null
  /** Source address chosen, for locally made packets that had none. */
  readonly chosenSource: string | null
}

/** The next hop's MAC address was looked up. */
export interface NeighbourStep {
  readonly kind: 'neighbour'
  readonly action: 'found' | 'queued' | 'resolved' | 'failed'
  readonly device: string
  readonly address: string
  readonly mac: string | null
  /** NUD state: `PERMANENT`, `REACHABLE`, `INCOMPLETE`, `FAILED`, … */
  readonly state: string
}

/** A packet was put into another (VXLAN). */
export interface EncapsulationStep {
  readonly kind: 'encapsulation'
  readonly action: 'encapsulate' | 'decapsulate'
  readonly device: string
  readonly vni: number
  readonly outer: Endpoints
  readonly inner: string
  readonly remote: string
  /** Which FDB entry named the remote. */
  readonly why: string
}

/** The packet passes from one device to another: TTL goes down. */
export interface ForwardStep {
  readonly kind: 'forward'
  readonly inDevice: string
  readonly outDevice: string
  readonly ttlBefore: number
  readonly ttlAfter: number
}

/** A datagram was cut into fragments or put together again. */
export interface FragmentStep {
  readonly kind: 'fragment'
  readonly action: 'fragment' | 'reassemble' | 'queue'
  readonly count: number
  readonly mtu: number | null
}

/** A socket took the packet, or sent it. */
export interface SocketStep {
  readonly kind: 'socket'
  readonly action: 'deliver' | 'send' | 'refuse' | 'error'
  readonly protocol: string
  readonly local: string
  readonly peer: string | null
  /** Name of the process or container port, e.g. `container redis, port 6379`. */
  readonly process: string | null
  readonly detail: string | null
}

/** This host made an ICMP error or a TCP reset because of the packet. */
export interface ReplyStep {
  readonly kind: 'reply'
  readonly action: 'icmp-error' | 'tcp-reset' | 'echo-reply'
  readonly detail: string
}

/** The packet's way ends here. */
export interface DropStep {
  readonly kind: 'drop'
  readonly reason: DropReason
  /** Table, chain or function in plain words, e.g. `filter FORWARD policy`. */
  readonly where: string
  /** The rule that dropped it, as iptables-save prints it. */
  readonly rule: string | null
}

/** A rule that is not modelled had to decide: the verdict is not known. */
export interface UnknownStep {
  readonly kind: 'unknown'
  readonly where: string
  readonly rule: string
  readonly extension: string
}

/** LOG, NFLOG, TRACE and other side effects worth showing. */
export interface NoteStep {
  readonly kind: 'note'
  readonly detail: string
}

/** One thing that happened to a packet, in the order it happened. */
export type Step =
  | DeviceStep
  | BridgeStep
  | RuleStep
  | ChainEndStep
  | ConntrackStep
  | NatStep
  | RouteStep
  | NeighbourStep
  | EncapsulationStep
  | ForwardStep
  | FragmentStep
  | SocketStep
  | ReplyStep
  | DropStep
  | UnknownStep
  | NoteStep
