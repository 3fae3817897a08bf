import { describe, expect, it } from 'vitest'
import { EventQueue } from '../base/index.js'
import { icmpv4, ipv4, Packet, tcp, udp } from '../wire/index.js'
import { IpsetRegistry, type SetTestRequest } from './index.js'

const packet = (bytes: Uint8Array): Packet => new Packet(1, bytes, 0x0800)

class Bench {
  readonly queue: EventQueue = new EventQueue()
  readonly sets: IpsetRegistry

  constructor(text: string) {
    this.sets = new IpsetRegistry(this.queue)
    this.sets.restore(text)
  }

  has(set: string, directions: string, bytes: Uint8Array, more: Partial<SetTestRequest> = {}): boolean {
    return this.sets.test(set, packet(bytes), {
      directions: directions.split(',') as ('src' | 'dst')[],
      in: 'eth0',
      out: 'eth1',
      now: this.queue.now,
      returnNomatch: false,
      updateCounters: true,
      updateSubcounters: true,
      packets: null,
      bytes: null,
      ...more,
    })
  }
}

function issuesOf(text: string): string[] {
  try {
    new IpsetRegistry(new EventQueue()).restore(text, { file: 'sets' })
  } catch (error) {
    return (error as Error).message.split('\n')
  }
  return []
}

const source = 0x0a00_0001
const destination = 0x0a00_0002
const NONE = new Uint8Array(0)
const wrap = (protocol: number, payload: Uint8Array): Uint8Array =>
  ipv4.emit({ id: 1, ttl: 64, protocol, source, destination, payload })

/** From 10.0.0.1:1000 to 10.0.0.2, ports 53 and 80. */
const UDP = wrap(
  17,
  udp.emit({ sourcePort: 1000, destinationPort: 53, payload: new Uint8Array(4) }, source, destination),
)
const SYN = { sourcePort: 1000, destinationPort: 80, seq: 0, ack: 0, flags: tcp.SYN, window: 1, payload: NONE }
const TCP = wrap(6, tcp.emit(SYN, source, destination))
const PING = wrap(1, icmpv4.emit({ type: 8, code: 0, rest: 1, payload: NONE }))

describe('lookups', () => {
  it('takes the packet’s fields by direction', () => {
    const bench = new Bench(`create ip hash:ip
create port hash:ip,port
create two hash:ip,port,ip
create net hash:ip,port,net
create bits bitmap:port range 50-60
create range bitmap:ip range 10.0.0.0/30
add ip 10.0.0.1
add port 10.0.0.2,udp:53
add port 10.0.0.2,icmp:echo-request
add two 10.0.0.2,80,10.0.0.1
add net 10.0.0.1,udp:53,10.0.0.0/8
add bits 53
add range 10.0.0.2
`)
    expect([bench.has('ip', 'src', UDP), bench.has('ip', 'dst', UDP)]).toEqual([true, false])
    expect([UDP, TCP, PING].map((bytes) => bench.has('port', 'dst,dst', bytes))).toEqual([true, false, true])
    expect([bench.has('two', 'dst,dst,src', TCP), bench.has('two', 'dst,dst,dst', TCP)]).toEqual([true, false])
    expect([bench.has('net', 'src,dst,dst', UDP), bench.has('net', 'src,dst,dst', TCP)]).toEqual([true, false])
    expect([bench.has('bits', 'dst', UDP), bench.has('bits', 'dst', TCP)]).toEqual([true, false])
    expect([bench.has('range', 'dst', UDP), bench.has('range', 'src', UDP)]).toEqual([true, false])
    expect(bench.has('port', 'dst', UDP)).toBe(false)
    expect(bench.has('nope', 'dst', UDP)).toBe(false)
  })

  it('the longest prefix decides, and nomatch excepts', () => {
    const bench = new Bench('create n hash:net\nadd n 10.0.0.0/8\nadd n 10.0.0.1 nomatch\n')
    expect([bench.has('n', 'src', UDP), bench.has('n', 'dst', UDP)]).toEqual([false, true])
    expect(bench.has('n', 'src', UDP, { returnNomatch: true })).toBe(true)
    expect(bench.has('n', 'dst', UDP, { returnNomatch: true })).toBe(false)
    bench.sets.restore('del n 10.0.0.1\n')
    expect(bench.has('n', 'src', UDP)).toBe(true)
  })

  it('devices by name or beginning', () => {
    const bench = new Bench('create i hash:net,iface\nadd i 10.0.0.0/8,eth0\nadd i 0.0.0.0/0,et+\n')
    expect([bench.has('i', 'src,src', UDP), bench.has('i', 'src,dst', UDP)]).toEqual([true, true])
    bench.sets.restore('del i 0.0.0.0/0,et+\n')
    expect([bench.has('i', 'src,src', UDP), bench.has('i', 'src,dst', UDP)]).toEqual([true, false])
  })

  it('lists ask their members in order', () => {
    const bench = new Bench(
      'create a hash:ip counters\ncreate b hash:ip,port\ncreate l list:set\nadd a 10.0.0.2\nadd b 10.0.0.1,udp:53\nadd l a\nadd l b\n',
    )
    expect([bench.has('l', 'src,dst', UDP), bench.has('l', 'src', UDP)]).toEqual([true, false])
    expect(bench.has('l', 'dst', UDP)).toBe(true)
    expect(bench.has('l', 'dst', UDP, { updateSubcounters: false })).toBe(true)
    expect(bench.sets.save()).toContain('add a 10.0.0.2 packets 1 bytes 32')
    expect(issuesOf('create a hash:ip\ncreate l list:set\nadd l a\ndestroy a\n').join()).toContain('in use')
  })

  it('counts before it compares', () => {
    const bench = new Bench('create c hash:ip counters\nadd c 10.0.0.1 packets 4\n')
    const packets = { op: 'gt', value: 5, invert: false } as const
    expect([bench.has('c', 'src', UDP, { packets }), bench.has('c', 'src', UDP, { packets })]).toEqual([false, true])
    expect(bench.has('c', 'src', UDP, { updateCounters: false })).toBe(true)
    expect(bench.sets.save()).toContain('packets 6 bytes 64')
  })

  it('elements time out, and adding again renews them', () => {
    const bench = new Bench('create t hash:ip timeout 10\nadd t 10.0.0.1\nadd t 10.0.0.2 timeout 0\n')
    bench.queue.runUntil(9_500)
    expect(bench.sets.save()).toContain('add t 10.0.0.1 timeout 1\nadd t 10.0.0.2 timeout 0')
    bench.queue.runUntil(10_000)
    expect([bench.has('t', 'src', UDP), bench.has('t', 'dst', UDP)]).toEqual([false, true])
    bench.sets.restore('add t 10.0.0.1 timeout 5\nadd -exist t 10.0.0.1 timeout 50\n')
    bench.queue.runUntil(20_000)
    expect(bench.has('t', 'src', UDP)).toBe(true)
  })
})

describe('text', () => {
  it('prints what ipset save prints', () => {
    const bench = new Bench(`create a hash:ip netmask 24 timeout 60 counters comment hashsize 100
add a 10.0.0.7 timeout 30 packets 5 bytes 6 comment "hi there"
create b bitmap:ip range 10.0.0.0/16 netmask 24
add b 10.0.5.0
create p bitmap:port range 1-10
add p 7-9
create l list:set size 4
add l a
add l b before a
create n hash:net
add n 10.2.0.1-10.2.0.6
add n 10.0.1.0/8 nomatch
`)
    expect(bench.sets.save())
      .toBe(`create a hash:ip family inet hashsize 128 maxelem 65536 netmask 24 timeout 60 counters comment bucketsize 12
add a 10.0.0.0 timeout 30 packets 5 bytes 6 comment "hi there"
create b bitmap:ip range 10.0.0.0-10.0.255.255 netmask 24
add b 10.0.5.0
create p bitmap:port range 1-10
add p 7
add p 8
add p 9
create l list:set size 4
add l b
add l a
create n hash:net family inet hashsize 1024 maxelem 65536 bucketsize 12
add n 10.2.0.1
add n 10.2.0.2/31
add n 10.2.0.4/31
add n 10.2.0.6
add n 10.0.0.0/8 nomatch
`)
    const again = new IpsetRegistry(bench.queue)
    again.restore(bench.sets.save())
    expect(again.save()).toBe(bench.sets.save())
  })

  it('swaps contents, renames, flushes', () => {
    const bench = new Bench('create a hash:ip\ncreate b hash:ip\nadd a 1.1.1.1\nswap a b\nrename a c\n')
    expect(bench.sets.list().map((set) => [set.name, set.elements])).toEqual([
      ['c', []],
      ['b', ['1.1.1.1']],
    ])
    bench.sets.restore('flush b\ndestroy\n')
    expect(bench.sets.list()).toEqual([])
  })

  it('tells every problem with its line and changes nothing', () => {
    expect(
      issuesOf(`create a hash:ip maxelem 2
create a hash:ip
add a 1.1.1.1,80
add a foo
add a 1.1.1.1 timeout 5
add a 1.1.1.1 nomatch
add a 0.0.0.0
add nope 1.1.1.1
create x hash:mac
create y hash:ip family inet6
add a 1.1.1.1
add a 1.1.1.1
add a 1.1.1.2-1.1.1.3
del a 9.9.9.9
frob a
`),
    ).toEqual([
      'sets:2:1: set a exists already',
      'sets:3:1: "1.1.1.1,80" has 2 parts; hash:ip takes 1',
      'sets:4:1: "foo" is not an IPv4 address; host names are not looked up',
      'sets:5:1: set a was created without timeout',
      'sets:6:1: unknown option "nomatch" of an element of hash:ip',
      'sets:7:1: 0.0.0.0 cannot be stored in a hash',
      'sets:8:1: set nope does not exist; create it before',
      expect.stringContaining('sets:9:1: set type "hash:mac" is not modelled'),
      'sets:10:1: family inet6 is not modelled; only family inet is',
      'sets:12:1: 1.1.1.1 is in set a already',
      'sets:13:1: set a is full; raise maxelem',
      'sets:14:1: 9.9.9.9 is not in set a',
      expect.stringContaining('sets:15:1: unknown command "frob"'),
    ])
  })
})
