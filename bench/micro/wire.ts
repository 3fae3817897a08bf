import { dns, ipv4, isFault, tcp, viewOf } from '../../src/wire/index.js'
import { ip, tcpPacket } from '../../test/helpers/netfilter-router.js'
import { check, suite } from '../helpers/suite.js'

const CLIENT = ip('10.1.0.9')
const CLUSTER_IP = ip('10.96.0.1')
const POD = ip('10.0.0.5')
const SIZE = 512

/** Bytes of packets: reading, writing, and rewriting as NAT does. */
export default function wire(): Promise<void> {
  return suite(`wire, TCP with ${SIZE} bytes`, 'wire', [
    ['parse IPv4 and TCP, checksums verified', parse],
    ['emit IPv4 and TCP, checksums computed', emit],
    ['read five header fields', readFields],
    ['rewrite destination and port, checksums updated', rewrite],
    ['parse a DNS reply', parseDns],
  ])
}

function segment(): Uint8Array {
  return tcpPacket('10.1.0.9:40000', '10.96.0.1:80', 'PA', { payload: SIZE })
}

function parse(): () => unknown {
  const bytes = segment()
  return () => {
    const packet = ipv4.parse(bytes)
    if (isFault(packet)) throw new Error(packet.fault)
    const parsed = tcp.parse(packet.payload, 0, packet)
    return check(!isFault(parsed), 'the segment is damaged')
  }
}

function emit(): () => unknown {
  const payload = new Uint8Array(SIZE)
  return () => {
    const fields = { sourcePort: 40000, destinationPort: 80, seq: 1, ack: 1, flags: tcp.PSH | tcp.ACK, window: 502 }
    const body = tcp.emit({ ...fields, payload }, CLIENT, CLUSTER_IP)
    const { TCP } = ipv4.PROTOCOL
    return ipv4.emit({ id: 1, ttl: 64, protocol: TCP, source: CLIENT, destination: CLUSTER_IP, payload: body })
  }
}

function readFields(): () => unknown {
  const view = viewOf(segment())
  return () => {
    const at = ipv4.headerLength(view, 0)
    const ports = tcp.sourcePort(view, at) + tcp.destinationPort(view, at)
    return ipv4.source(view, 0) + ipv4.destination(view, 0) + ipv4.protocol(view, 0) + ports
  }
}

/** There and back, so that every run finds the same packet. */
function rewrite(): () => unknown {
  const bytes = segment()
  const view = viewOf(bytes)
  const set = (old: number, now: number, port: number): void => {
    tcp.setDestinationPort(view, ipv4.HEADER_LEN, port)
    tcp.updateChecksum32(view, ipv4.HEADER_LEN, old, now)
    ipv4.setDestination(view, 0, now)
  }
  set(CLUSTER_IP, POD, 8080)
  check(!isFault(tcp.parse(bytes, ipv4.HEADER_LEN, { source: CLIENT, destination: POD })), 'the checksum is wrong')
  set(POD, CLUSTER_IP, 80)
  return () => {
    set(CLUSTER_IP, POD, 8080)
    set(POD, CLUSTER_IP, 80)
  }
}

function parseDns(): () => unknown {
  const name = 'web.shop.svc.cluster.local'
  const bytes = dns.emit({
    id: 1,
    response: true,
    questions: [{ name, type: 'A', class: 'IN' }],
    answers: [{ name, type: 'A', class: 'IN', ttl: 5, data: '10.96.0.1' }],
  })
  return () => check(!isFault(dns.parse(bytes)), 'the reply is damaged')
}
