import {
  Connection,
  ConntrackTable,
  DEFAULT_ZONE,
  invertTuple,
  rangeOf,
  type Tuple,
} from '../../src/netfilter/index.js'
import { ipv4 } from '../../src/wire/index.js'
import { ip, NetfilterRouter, tcpPacket } from '../../test/helpers/netfilter-router.js'
import { check, suite } from '../helpers/suite.js'

const ENTRIES = 10_000
const CLOCK = { now: 0 }

/** The connection table with many entries, and the packets of one connection through it. */
export default function conntrack(): Promise<void> {
  return suite(`conntrack, ${ENTRIES} entries`, 'conntrack', [
    ['insert and remove', insertAndRemove],
    ['look up', lookUp],
    ['look up what is not there', lookUpMissing],
    ['established packet, three hooks, DNAT and SNAT', established],
  ])
}

function tupleOf(i: number): Tuple {
  return {
    source: 0x0a00_0000 + (i >>> 4),
    destination: 0x0a60_0001,
    protocol: ipv4.PROTOCOL.TCP,
    sourcePort: 32768 + (i & 15),
    destinationPort: 80,
  }
}

function connectionOf(table: ConntrackTable, i: number): Connection {
  const tuple = tupleOf(i)
  const connection = new Connection(table.newId(), table, tuple, invertTuple(tuple)!, DEFAULT_ZONE)
  connection.timeoutMs = 1000
  return connection
}

function filledTable(): ConntrackTable {
  const table = new ConntrackTable(CLOCK)
  for (let i = 0; i < ENTRIES; i++) table.insert(connectionOf(table, i))
  check(table.size === ENTRIES, 'the table has other entries')
  return table
}

function insertAndRemove(): () => unknown {
  const table = filledTable()
  return () => {
    const connection = connectionOf(table, ENTRIES)
    table.insert(connection)
    return table.remove(connection)
  }
}

function lookUp(): () => unknown {
  const table = filledTable()
  const tuples = Array.from({ length: 1024 }, (_, i) => tupleOf((i * 7919) % ENTRIES))
  let i = 0
  return () => check(table.lookup(tuples[i++ & 1023]!) !== null, 'an entry is missing')
}

function lookUpMissing(): () => unknown {
  const table = filledTable()
  const tuples = Array.from({ length: 1024 }, (_, i) => tupleOf(ENTRIES + i))
  let i = 0
  return () => check(table.lookup(tuples[i++ & 1023]!) === null, 'an entry is there')
}

/** A packet of a connection in ESTABLISHED through PREROUTING, FORWARD and POSTROUTING of a router that translates. */
function established(): () => unknown {
  const router = new NetfilterRouter()
  router.sim.trace = null
  router.dnat('10.96.0.1', { ...rangeOf(ip('10.0.0.5')), minPort: 8080, maxPort: 8080, protoSpecified: true })
  router.snat(rangeOf(ip('192.168.0.2')))
  const client = '10.1.0.9:40000'
  const packets = ['S', 'SA', 'A'] as const
  const [syn, synAck, ack] = packets.map((flags) =>
    flags === 'SA'
      ? tcpPacket('10.0.0.5:8080', '192.168.0.2:40000', flags, { seq: 9, ack: 1 })
      : tcpPacket(client, '10.96.0.1:80', flags, flags === 'A' ? { seq: 1, ack: 10 } : {}),
  )
  for (const bytes of [syn, synAck, ack]) router.forward(bytes!)
  check(router.entries()[0]?.tcp?.state === 'ESTABLISHED', 'the connection is not established')
  const last = router.forward(ack!)!
  check(ipv4.destination(last.view, 0) === ip('10.0.0.5'), 'the packet is not translated')
  return () => router.forward(ack!)
}
