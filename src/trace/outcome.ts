import {
  type ClientSees,
  type Disposition,
  SEES_SUCCESS,
  type TraceDelivery,
  type TraceDrop,
  type TraceHop,
  type TracePacket,
  type TraceUnknown,
} from './document.js'
import type { DropReason } from './drop-reason.js'
import type { SocketStep } from './step.js'

/** What a conversation says about its request: where it ended, who took it, what dropped it. */
export interface RequestFate {
  readonly disposition: Disposition
  readonly delivered: TraceDelivery | null
  readonly drop: TraceDrop | null
  readonly unknown: TraceUnknown | null
}

/**
 * Reads the fate of the first request packet off the steps of a conversation; its repetitions count as itself. When the
 * request was delivered and the client `sees` no success, the drop is the reply's.
 */
export function fateOf(conversation: readonly TracePacket[], sees: ClientSees): RequestFate {
  const first = conversation.find((packet) => packet.kind === 'request')
  const dns = conversation.some((packet) => packet.kind === 'dns')
  if (first === undefined) {
    const drop = dns ? dropAmong(conversation.filter((packet) => packet.kind === 'dns')) : null
    return { disposition: 'not-sent', delivered: null, drop, unknown: unknownAmong(conversation) }
  }
  const requests = conversation.filter((packet) => packet === first || packet.retransmissionOf === first.number)
  const delivered = firstOf(requests.map(deliveryOf))
  const requestDrop = delivered === null ? dropAmong(requests) : null
  const others = (['reply', 'request', 'icmp-error'] as const).flatMap((kind) =>
    conversation.filter((p) => p.kind === kind),
  )
  const unknown = unknownAmong(others)
  return {
    disposition: dispositionOf(requests, delivered, requestDrop, unknown),
    delivered,
    drop: requestDrop ?? (SEES_SUCCESS.has(sees) ? null : dropAmong(others)),
    unknown,
  }
}

function dispositionOf(
  requests: readonly TracePacket[],
  delivered: TraceDelivery | null,
  drop: TraceDrop | null,
  unknown: TraceUnknown | null,
): Disposition {
  if (unknown !== null && delivered === null) return 'unknown'
  if (delivered !== null) return delivered.netns === 'external' ? 'exits-network' : 'accepted'
  if (requests.some(isRefused)) return 'refused-no-listener'
  if (drop === null) return 'lost'
  const rejected =
    drop.reason === 'NETFILTER_DROP' && drop.rule !== null && / -j REJECT( --reject-with \S+)?$/.test(drop.rule)
  return rejected ? 'rejected-in-netfilter' : dispositionOfDrop(drop.reason)
}

/** The disposition that a drop reason stands for. */
export function dispositionOfDrop(reason: DropReason): Disposition {
  switch (reason) {
    case 'NO_SOCKET':
      return 'refused-no-listener'
    case 'NETFILTER_DROP':
      return 'denied-in-netfilter'
    case 'IP_INNOROUTES':
    case 'IP_OUTNOROUTES':
    case 'IP_ROUTE_BLACKHOLE':
    case 'IP_ROUTE_UNREACHABLE':
    case 'IP_ROUTE_PROHIBIT':
      return 'no-route'
    case 'NEIGH_FAILED':
    case 'NEIGH_QUEUEFULL':
      return 'neighbour-unreachable'
    case 'IP_RPFILTER':
    case 'IP_INADDRERRORS':
    case 'IP_LOCAL_SOURCE':
    case 'IP_INVALID_SOURCE':
    case 'IP_LOCALNET':
    case 'IP_INVALID_DEST':
      return 'martian'
    case 'BRIDGE_NON_FORWARDING_STATE':
    case 'BRIDGE_NO_EGRESS_PORT':
    case 'BRIDGE_MAC_LOCAL':
      return 'dropped-in-bridge'
    case 'IP_TTL_EXCEEDED':
      return 'ttl-exceeded'
    case 'PKT_TOO_BIG':
    case 'FULL_RING':
      return 'too-big'
    case 'UNKNOWN_EXTENSION':
      return 'unknown'
    case 'OUTSIDE':
      return 'exits-network'
    default:
      return 'dropped'
  }
}

function firstOf<T>(found: readonly (T | null)[]): T | null {
  return found.find((one) => one !== null) ?? null
}

/** The socket that took the packet at last, or the host that answers an echo itself; a tunnel's socket only unwraps it. */
function deliveryOf({ hops }: TracePacket): TraceDelivery | null {
  let delivery: TraceDelivery | null = null
  for (const hop of hops) {
    for (const step of hop.steps) {
      if (step.kind === 'socket' && step.action === 'deliver') delivery = bySocket(hop, step)
      else if (step.kind === 'reply' && step.action === 'echo-reply') delivery = byHost(hop)
      else if (step.kind === 'encapsulation' && step.action === 'decapsulate') delivery = null
    }
  }
  return delivery
}

function bySocket({ netns, node, pod }: TraceHop, step: SocketStep): TraceDelivery {
  const { address, port } = splitEndpoint(step.local)
  return { netns, node, pod, address, port, source: step.peer ?? '', process: step.process }
}

/** The host was addressed as it routed the packet to itself. */
function byHost({ netns, node, pod, steps }: TraceHop): TraceDelivery {
  const route = steps.findLast((step) => step.kind === 'route' && step.result === 'local')
  const [address, source] = route?.kind === 'route' ? [route.destination, route.chosenSource ?? route.source] : ['', '']
  return { netns, node, pod, address, port: null, source, process: null }
}

function isRefused({ hops }: TracePacket): boolean {
  return hops.some((hop) => hop.steps.some((step) => step.kind === 'socket' && step.action === 'refuse'))
}

/** The drop that ended the first of the packets that died; copies of a flooded frame die before its last one. */
function dropAmong(packets: readonly TracePacket[]): TraceDrop | null {
  for (const packet of packets) {
    const drop = packet.hops.flatMap((hop) => dropsIn(hop, packet.number)).at(-1)
    if (drop !== undefined) return drop
  }
  return null
}

function dropsIn({ netns, node, steps }: TraceHop, packet: number): TraceDrop[] {
  return steps.flatMap((step): TraceDrop[] => {
    if (step.kind !== 'drop' || step.reason === 'OTHERHOST') return []
    const { reason, where, rule } = step
    return [{ reason, where, rule, netns, node, packet }]
  })
}

function unknownAmong(packets: readonly TracePacket[]): TraceUnknown | null {
  for (const packet of packets) {
    for (const hop of packet.hops) {
      const step = hop.steps.find((s) => s.kind === 'unknown')
      if (step?.kind !== 'unknown') continue
      const { where, rule, extension } = step
      return { where, rule, extension, netns: hop.netns, packet: packet.number }
    }
  }
  return null
}

/** `10.244.1.2:80` as address and port; a text without port has none. */
function splitEndpoint(text: string): { address: string; port: number | null } {
  const colon = text.lastIndexOf(':')
  return colon < 0
    ? { address: text, port: null }
    : { address: text.slice(0, colon), port: Number(text.slice(colon + 1)) }
}
