import type { DropReason } from './drop-reason.js'
import type { Step } from './step.js'

/** Version of the JSON form of a trace. Fields are only ever added within a version. */
export const TRACE_API_VERSION = 'kubehop.dev/v1'

/** Protocols a question may ask about. */
export type TraceProtocol = 'tcp' | 'udp' | 'sctp' | 'icmp'

/** The answer to one question: every way it can go (or the one that was sampled). */
export interface TraceDocument {
  readonly apiVersion: typeof TRACE_API_VERSION
  readonly kind: 'Trace'
  readonly request: TraceRequest
  /** Most probable first; probabilities sum to 1, except when one outcome was sampled. */
  readonly outcomes: readonly TraceOutcome[]
}

/** The question, with everything that was left open filled in. */
export interface TraceRequest {
  readonly from: string
  readonly to: string
  readonly protocol: TraceProtocol
  /** Null where the protocol has no ports. */
  readonly sourcePort: number | null
  readonly destinationPort: number | null
  /** Payload bytes. */
  readonly size: number
  /** Do not fragment. */
  readonly df: boolean
  /** Null: the sender's own default. */
  readonly ttl: number | null
  /** Namespace of names that give none. */
  readonly namespace: string
  /** One outcome was drawn from the seed instead of all being listed. */
  readonly sampled: boolean
  /** Where the question is asked from. */
  readonly client: TracePlace
}

/** A network namespace and whose it is. */
export interface TracePlace {
  /** `node-1`, `pod/NAMESPACE/NAME`, `external`, `gateway`, `underlay`. */
  readonly netns: string
  /** The node it is on; null outside of the nodes. */
  readonly node: string | null
  /** `NAMESPACE/NAME` of the pod; null when the namespace is not a pod's own. */
  readonly pod: string | null
}

/**
 * What the client's program experiences. Success is {@link SEES_SUCCESS}.
 *
 * `connected`: the handshake (TCP, SCTP) completed. `answered`: a reply came back (UDP, ICMP echo). `refused`: TCP
 * reset, SCTP abort or ICMP port unreachable. `reset`: the connection was made, then broken. `timeout`: nothing came.
 * `name-not-found`: the name does not exist. `name-without-address`: it exists and has no IPv4 address.
 * `name-resolution-failed`: no DNS server answered. `send-error`: the local kernel refused to send.
 * `unknown`: something that is not modelled had to decide.
 */
export type ClientSees =
  | 'connected'
  | 'answered'
  | 'refused'
  | 'reset'
  | 'timeout'
  | 'host-unreachable'
  | 'net-unreachable'
  | 'protocol-unreachable'
  | 'admin-prohibited'
  | 'ttl-exceeded'
  | 'frag-needed'
  | 'send-error'
  | 'name-not-found'
  | 'name-without-address'
  | 'name-resolution-failed'
  | 'unknown'

/** The client got its answer. */
export const SEES_SUCCESS: ReadonlySet<ClientSees> = new Set<ClientSees>(['connected', 'answered'])

/**
 * What became of the request packet on its way to its destination. `accepted` and `exits-network` are the success
 * set ({@link DISPOSITION_SUCCESS}); whether the answer found its way back is told by `client.sees`.
 *
 * `accepted`: a socket or the addressed host itself took it. `exits-network`: it left the cluster for the outside.
 * `refused-no-listener`: it arrived and nothing listens. `denied-in-netfilter`: a rule or policy dropped it.
 * `rejected-in-netfilter`: a REJECT rule answered. `no-route`: no route, or one of type blackhole, unreachable,
 * prohibit. `neighbour-unreachable`: nobody answered ARP for the next hop. `martian`: the kernel refuses the
 * addresses (rp_filter, loopback, own source). `dropped-in-bridge`: no port to send it to. `ttl-exceeded`, `too-big`.
 * `dropped`: any other drop. `lost`: the model saw no end of it. `not-sent`: no packet was made, since the name has no
 * address or the client's own kernel refused. `unknown`: something that is not modelled had to decide.
 */
export type Disposition =
  | 'accepted'
  | 'exits-network'
  | 'refused-no-listener'
  | 'denied-in-netfilter'
  | 'rejected-in-netfilter'
  | 'no-route'
  | 'neighbour-unreachable'
  | 'martian'
  | 'dropped-in-bridge'
  | 'ttl-exceeded'
  | 'too-big'
  | 'dropped'
  | 'lost'
  | 'not-sent'
  | 'unknown'

/** The request reached somebody. */
export const DISPOSITION_SUCCESS: ReadonlySet<Disposition> = new Set<Disposition>(['accepted', 'exits-network'])

/** One way it can go. */
export interface TraceOutcome {
  /** Exact probability, 0 … 1. */
  readonly probability: number
  /** The random decisions that lead here, in order. */
  readonly choices: readonly TraceChoice[]
  readonly disposition: Disposition
  readonly client: {
    readonly sees: ClientSees
    /** One sentence more, where there is one: who sent the error, which name was asked for. */
    readonly detail: string | null
  }
  /** Address and port the client sent to; null when its name had no address. */
  readonly destination: { readonly address: string; readonly port: number | null } | null
  readonly delivered: TraceDelivery | null
  readonly drop: TraceDrop | null
  readonly unknown: TraceUnknown | null
  /** Every packet in the order they were made. */
  readonly conversation: readonly TracePacket[]
}

/** A random decision: `statistic KUBE-SVC-X rule 2` took alternative `index`. */
export interface TraceChoice {
  readonly label: string
  readonly index: number
  readonly probability: number
}

/** Who took the request. */
export interface TraceDelivery extends TracePlace {
  /** Destination address and port as the receiver sees them. */
  readonly address: string
  readonly port: number | null
  /** Source as the receiver sees it: `10.244.1.2:40000`, without port where there is none. */
  readonly source: string
  /** Process or container that listens; null when the host itself answers. */
  readonly process: string | null
}

/** Where and why the packet that mattered died: the request, or else the reply. */
export interface TraceDrop {
  readonly reason: DropReason
  /** Table, chain or function in plain words. */
  readonly where: string
  /** As `iptables-save` prints it. */
  readonly rule: string | null
  readonly netns: string
  readonly node: string | null
  /** Number of the packet in the conversation. */
  readonly packet: number
}

/** A rule that is not modelled had to decide. */
export interface TraceUnknown {
  readonly where: string
  readonly rule: string
  readonly extension: string
  readonly netns: string
  readonly packet: number
}

/** What a packet is to the conversation. */
export type TracePacketKind = 'request' | 'reply' | 'arp' | 'icmp-error' | 'dns'

/** One packet from its making to its end. Forwarding, NAT and encapsulation do not make a new one. */
export interface TracePacket {
  /** From 1, in the order they were made. */
  readonly number: number
  /** `tcp`, `udp`, `icmp`, `sctp`, `arp`, or the IP protocol's number. */
  readonly protocol: string
  readonly kind: TracePacketKind
  /** As made, before any translation. */
  readonly from: string
  readonly to: string
  /** The packet as tcpdump would say it. */
  readonly text: string
  /** The namespace that made it. */
  readonly netns: string
  /** The part of that namespace that made it. */
  readonly madeBy: string
  /** Number of the packet that was its cause. */
  readonly because: number | null
  /** Number of the packet that this one repeats. */
  readonly retransmissionOf: number | null
  /** Milliseconds of virtual time since the first packet. */
  readonly at: number
  readonly hops: readonly TraceHop[]
}

/** A stay of a packet in one namespace. */
export interface TraceHop extends TracePlace {
  /** Milliseconds of virtual time since the first packet. */
  readonly at: number
  readonly steps: readonly Step[]
}
