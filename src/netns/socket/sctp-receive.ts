import { formatIpv4, type Ipv4 } from '../../addr/index.js'
import { ipv4, type Packet, sctp } from '../../wire/index.js'
import type { Namespace } from '../namespace.js'
import { DEFAULT_OPTIONS, socketSend } from './send.js'
import type { Received } from './types.js'

/** Who waits for the answer to an INIT. */
export interface SctpClient {
  answered(accepted: boolean): void
}

/**
 * An SCTP endpoint, as much as an association's first exchange needs: a server answers INIT with INIT-ACK, a client
 * is told of INIT-ACK or ABORT (RFC 9260 5.1, 8.4).
 */
export class SctpEndpoint {
  readonly ns: Namespace
  readonly address: Ipv4
  readonly port: number
  readonly process: string
  readonly received: Received[]
  /** Set by a client: the peer, and who waits for its answer. */
  peer: { readonly address: Ipv4; readonly port: number; readonly probe: SctpClient } | null = null

  constructor(ns: Namespace, address: Ipv4, port: number, process: string, received: Received[]) {
    this.ns = ns
    this.address = address
    this.port = port
    this.process = process
    this.received = received
  }
}

/** sctp_rcv */
export function sctpReceive(ns: Namespace, pkt: Packet): void {
  const at = ipv4.headerLength(pkt.view, 0)
  const fault = sctp.judge(pkt.bytes, at, pkt.bytes.length)
  if (fault !== null) {
    ns.drop(pkt, fault, 'sctp_rcv')
    return
  }
  const parsed = sctp.parse(pkt.bytes.subarray(at))
  const destination = ipv4.destination(pkt.view, 0)
  if ('fault' in parsed) {
    ns.drop(pkt, 'PKT_TOO_SMALL', 'sctp_rcv')
    return
  }
  const type = parsed.chunks[0]?.type
  const endpoint = ns.sockets.findSctp(destination, parsed.destinationPort)
  if (endpoint === undefined) {
    if (type !== sctp.CHUNK.ABORT) sendChunk(ns, pkt, parsed, tagFor(parsed), sctp.CHUNK.ABORT)
    ns.drop(pkt, 'NO_SOCKET', `no SCTP endpoint on ${formatIpv4(destination)}:${parsed.destinationPort}`)
    return
  }
  deliver(ns, pkt, endpoint, parsed, type ?? -1)
}

function deliver(ns: Namespace, pkt: Packet, endpoint: SctpEndpoint, parsed: sctp.SctpPacket, type: number): void {
  const peer = ipv4.source(pkt.view, 0)
  const destination = ipv4.destination(pkt.view, 0)
  ns.sim.trace?.step(pkt.id, ns.name, {
    kind: 'socket',
    action: 'deliver',
    protocol: 'sctp',
    local: `${formatIpv4(destination)}:${parsed.destinationPort}`,
    peer: `${formatIpv4(peer)}:${parsed.sourcePort}`,
    process: endpoint.process,
    detail: sctp.chunkName(type),
  })
  if (endpoint.peer !== null) {
    if (type === sctp.CHUNK.INIT_ACK) endpoint.peer.probe.answered(true)
    if (type === sctp.CHUNK.ABORT) endpoint.peer.probe.answered(false)
    return
  }
  if (type !== sctp.CHUNK.INIT) return
  endpoint.received.push({
    local: destination,
    localPort: parsed.destinationPort,
    peer,
    peerPort: parsed.sourcePort,
    replyError: null,
  })
  sendChunk(ns, pkt, parsed, tagFor(parsed), sctp.CHUNK.INIT_ACK)
}

/** An answer to INIT carries the tag that the INIT announced. */
function tagFor(parsed: sctp.SctpPacket): number {
  const first = parsed.chunks[0]
  const init = first === undefined ? undefined : sctp.parseInit(first)
  return init?.initiateTag ?? parsed.verificationTag
}

function sendChunk(ns: Namespace, pkt: Packet, parsed: sctp.SctpPacket, tag: number, type: number): void {
  const chunk =
    type === sctp.CHUNK.INIT_ACK
      ? sctp.initChunk(initOf(ns), sctp.CHUNK.INIT_ACK)
      : { type, flags: 0, value: new Uint8Array(0) }
  const payload = sctp.emit({
    sourcePort: parsed.destinationPort,
    destinationPort: parsed.sourcePort,
    verificationTag: tag,
    chunks: [chunk],
  })
  socketSend(ns, {
    source: ipv4.destination(pkt.view, 0),
    destination: ipv4.source(pkt.view, 0),
    protocol: ipv4.PROTOCOL.SCTP,
    payload: () => payload,
    pmtu: 'want',
    options: DEFAULT_OPTIONS,
    maker: `kernel, SCTP ${sctp.chunkName(type)}`,
    because: pkt.id,
  })
}

/** A fresh INIT or INIT-ACK body. */
export function initOf(ns: Namespace): sctp.Init {
  return {
    initiateTag: 1 + ns.sim.choices.sample(0xfffffffe),
    receiverWindow: 106496,
    outboundStreams: 10,
    inboundStreams: 65535,
    initialTsn: ns.sim.choices.sample(0x1_0000_0000),
  }
}
