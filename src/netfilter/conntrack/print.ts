import { formatIpv4 } from '../../addr/index.js'
import { ipv4 } from '../../wire/index.js'
import type { Connection } from './connection.js'
import type { Tuple } from './tuple.js'

/** An entry as `conntrack -L` prints it: one line. */
export function printConnection(connection: Connection): string {
  const { original, reply, table, zone } = connection
  const seconds = Math.max(0, Math.floor((connection.expires - table.now) / 1000))
  const state = connection.tcp?.state ?? connection.sctp?.state
  const parts = [nameOf(original.protocol).padEnd(8), String(original.protocol), String(seconds)]
  if (state !== undefined) parts.push(state)
  parts.push(printDirection(original))
  if (zone.direction === 'original') parts.push(`zone-orig=${zone.id}`)
  if (table.sysctls.accounting) parts.push(printCounters(connection.originalPackets, connection.originalBytes))
  if (!connection.seenReply) parts.push('[UNREPLIED]')
  parts.push(printDirection(reply))
  if (zone.direction === 'reply') parts.push(`zone-reply=${zone.id}`)
  if (table.sysctls.accounting) parts.push(printCounters(connection.replyPackets, connection.replyBytes))
  if (connection.assured) parts.push('[ASSURED]')
  parts.push(`mark=${connection.mark}`)
  if (zone.direction === 'both' && zone.id !== 0) parts.push(`zone=${zone.id}`)
  parts.push('use=1')
  return parts.join(' ')
}

function nameOf(protocol: number): string {
  const name = ipv4.protocolName(protocol)
  return name === String(protocol) ? 'unknown' : name
}

function printDirection(tuple: Tuple): string {
  const ends = `src=${formatIpv4(tuple.source)} dst=${formatIpv4(tuple.destination)}`
  switch (tuple.protocol) {
    case ipv4.PROTOCOL.ICMP:
      return `${ends} type=${tuple.destinationPort >>> 8} code=${tuple.destinationPort & 0xff} id=${tuple.sourcePort}`
    case ipv4.PROTOCOL.TCP:
    case ipv4.PROTOCOL.UDP:
    case ipv4.PROTOCOL.SCTP:
      return `${ends} sport=${tuple.sourcePort} dport=${tuple.destinationPort}`
    default:
      return ends
  }
}

function printCounters(packets: number, bytes: number): string {
  return `packets=${packets} bytes=${bytes}`
}
