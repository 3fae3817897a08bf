import { describe, expect, test } from 'vitest'
import { BROADCAST_MAC, parseIpv4, parseMac } from '../addr/index.js'
import { arp, ethernet, ipv4, Packet, tcp, udp } from '../wire/index.js'
import { Recorder } from './recorder.js'
import type { Step } from './step.js'

const client = parseIpv4('10.244.0.2')!
const server = parseIpv4('10.244.1.2')!
const mac = parseMac('02:42:0a:f4:00:02')!
const note: Step = { kind: 'note', detail: 'hello' }

function nodeOf(netns: string): string | null {
  if (netns.startsWith('node-')) return netns
  return netns.startsWith('pod/') ? 'node-1' : null
}

function recorderAt(clock: { now: number }, frames = false): Recorder {
  return new Recorder({ clock, nodeOf, frames })
}

function tcpPacket(id: number, source: number, destination: number, ports: [number, number], flags: number): Packet {
  const [sourcePort, destinationPort] = ports
  const payload = tcp.emit(
    { sourcePort, destinationPort, seq: 1, ack: 0, flags, window: 64240, payload: new Uint8Array() },
    source,
    destination,
  )
  const bytes = ipv4.emit({ id, ttl: 64, protocol: ipv4.PROTOCOL.TCP, source, destination, payload })
  return new Packet(id, bytes, ethernet.ETHERTYPE.IPV4)
}

function arpPacket(id: number): Packet {
  const bytes = arp.emit({ op: arp.REQUEST, sha: mac, spa: client, tha: 0, tpa: server })
  const packet = new Packet(id, bytes, ethernet.ETHERTYPE.ARP)
  packet.macSrc = mac
  packet.macDst = BROADCAST_MAC
  return packet
}

describe('Recorder', () => {
  test('numbers packets from 1 in the order they were made, whatever their ids', () => {
    const recorder = recorderAt({ now: 5000 })
    recorder.packet(arpPacket(70), 'pod/default/a', 'arp', 71)
    recorder.packet(tcpPacket(71, client, server, [40000, 80], tcp.SYN), 'pod/default/a', 'socket', null)
    recorder.packet(arpPacket(72), 'pod/default/a', 'arp', 71)
    const [first, second, third] = recorder.conversation()
    expect([first?.number, second?.number, third?.number]).toEqual([1, 2, 3])
    expect(first?.because).toBeNull()
    expect(third?.because).toBe(2)
    expect(third?.retransmissionOf).toBe(1)
  })

  test('what is left over from an earlier question is no part of the conversation', () => {
    const recorder = new Recorder({ clock: { now: 0 }, nodeOf, frames: true })
    recorder.step(3, 'node-1', note)
    recorder.packet(tcpPacket(7, client, server, [40000, 80], tcp.SYN), 'pod/default/a', 'socket', null)
    recorder.packet(arpPacket(8), 'node-1', 'arp', 3)
    recorder.packet(arpPacket(9), 'node-1', 'arp', 8)
    recorder.step(8, 'node-1', note)
    recorder.frame(arpPacket(9), 'node-1', 'eth0', 'out')
    recorder.packet(arpPacket(10), 'pod/default/a', 'arp', 7)
    expect(recorder.conversation().map(({ protocol, because }) => [protocol, because])).toEqual([
      ['tcp', null],
      ['arp', 1],
    ])
    expect(recorder.recordedFrames()).toEqual([])
  })

  test('a hop is an uninterrupted stay in one namespace', () => {
    const clock = { now: 10 }
    const recorder = recorderAt(clock)
    recorder.packet(tcpPacket(1, client, server, [40000, 80], tcp.SYN), 'pod/default/a', 'socket', null)
    recorder.step(1, 'pod/default/a', note)
    recorder.step(1, 'pod/default/a', note)
    clock.now = 12
    recorder.step(1, 'node-1', note)
    recorder.step(1, 'pod/default/a', note)
    expect(recorder.conversation()[0]?.hops).toEqual([
      { netns: 'pod/default/a', node: 'node-1', pod: 'default/a', at: 0, steps: [note, note] },
      { netns: 'node-1', node: 'node-1', pod: null, at: 2, steps: [note] },
      { netns: 'pod/default/a', node: 'node-1', pod: 'default/a', at: 2, steps: [note] },
    ])
  })

  test('tells requests from replies, also within one namespace', () => {
    const recorder = recorderAt({ now: 0 })
    recorder.packet(tcpPacket(1, client, client, [40000, 80], tcp.SYN), 'node-1', 'socket', null)
    recorder.packet(tcpPacket(2, client, client, [80, 40000], tcp.SYN | tcp.ACK), 'node-1', 'socket', 1)
    recorder.packet(tcpPacket(3, client, client, [40000, 80], tcp.ACK), 'node-1', 'socket', 2)
    expect(recorder.conversation().map(({ kind }) => kind)).toEqual(['request', 'reply', 'request'])
  })

  test('a segment sent again is known by its numbers and flags', () => {
    const recorder = recorderAt({ now: 0 })
    const flags = [tcp.SYN, tcp.SYN, tcp.ACK]
    flags.forEach((flag, i) =>
      recorder.packet(tcpPacket(i + 1, client, server, [40000, 80], flag), 'pod/default/a', 'socket', null),
    )
    expect(recorder.conversation().map(({ retransmissionOf }) => retransmissionOf)).toEqual([null, 1, null])
  })

  test('name resolution is told apart, and the request starts after it', () => {
    const recorder = recorderAt({ now: 0 })
    const payload = udp.emit({ sourcePort: 5000, destinationPort: 53, payload: new Uint8Array(4) }, client, server)
    const bytes = ipv4.emit({
      id: 1,
      ttl: 64,
      protocol: ipv4.PROTOCOL.UDP,
      source: client,
      destination: server,
      payload,
    })
    recorder.purpose = 'name-resolution'
    recorder.packet(new Packet(1, bytes, ethernet.ETHERTYPE.IPV4), 'pod/default/a', 'resolver', null)
    recorder.purpose = 'request'
    recorder.packet(new Packet(2, bytes.slice(), ethernet.ETHERTYPE.IPV4), 'pod/default/a', 'socket', null)
    expect(recorder.conversation().map(({ kind }) => kind)).toEqual(['dns', 'request'])
  })

  test('keeps frames as they were, with the step before them', () => {
    const recorder = recorderAt({ now: 3 }, true)
    const packet = arpPacket(9)
    recorder.packet(packet, 'pod/default/a', 'arp', null)
    recorder.step(9, 'pod/default/a', note)
    recorder.frame(packet, 'pod/default/a', 'eth0', 'out')
    packet.bytes.fill(0)
    const [frame] = recorder.recordedFrames()
    expect(frame).toMatchObject({
      netns: 'pod/default/a',
      device: 'eth0',
      direction: 'out',
      at: 3,
      packet: 1,
      comment: 'hello',
    })
    expect(frame?.bytes.length).toBe(ethernet.HEADER_LEN + arp.HEADER_LEN)
    expect([...frame!.bytes.subarray(0, 6)]).toEqual([255, 255, 255, 255, 255, 255])
    expect(frame?.bytes[21]).toBe(arp.REQUEST)
  })

  test('keeps no frames unless asked', () => {
    const recorder = recorderAt({ now: 0 })
    const packet = arpPacket(1)
    recorder.packet(packet, 'node-1', 'arp', null)
    recorder.frame(packet, 'node-1', 'eth0', 'out')
    expect(recorder.recordedFrames()).toEqual([])
  })

  test('bytes of any kind and length are written down', () => {
    const recorder = recorderAt({ now: 0 })
    for (let length = 0; length < 60; length++) {
      for (const type of [ethernet.ETHERTYPE.IPV4, ethernet.ETHERTYPE.ARP, ethernet.ETHERTYPE.IPV6]) {
        recorder.packet(new Packet(length * 8 + type, new Uint8Array(length).fill(0x45), type), 'node-1', 'raw', null)
      }
    }
    expect(recorder.conversation()).toHaveLength(180)
  })
})
