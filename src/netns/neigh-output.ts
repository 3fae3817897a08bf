import { BROADCAST_MAC, formatIpv4, formatMac, type Ipv4, type Mac } from '../addr/index.js'
import type { Event } from '../base/index.js'
import type { NetDevice } from '../netdev/index.js'
import { arp, ethernet, ipv4, Packet } from '../wire/index.js'
import { icmpSend } from './icmp-send.js'
import type { Namespace } from './namespace.js'
import type { Neighbour, NudState } from './neighbour.js'

/** Packets that may wait for one neighbour (unres_qlen: 101 small ones fit the default unres_qlen_bytes). */
const QUEUE_LENGTH = 101

/** neigh_output: sends `pkt` to the next hop on `device`, asking for its MAC first where needed. */
export function neighOutput(ns: Namespace, pkt: Packet, device: NetDevice, nextHop: Ipv4): void {
  if (device.noArp) {
    send(device, pkt, device.isLoopback ? 0 : device.mac)
    return
  }
  const entry = ns.neighbours.ensure(device, nextHop)
  if (entry.valid) {
    emit(ns, pkt, entry, 'found')
    send(device, pkt, entry.mac!)
    return
  }
  // arp_constructor: a directed broadcast that is forwarded needs no question.
  if (ns.addressType(nextHop, device) === 'BROADCAST') send(device, pkt, BROADCAST_MAC)
  else enqueue(ns, entry, pkt)
}

/** Frames to a multicast or broadcast destination need no neighbour. */
export function groupOutput(device: NetDevice, pkt: Packet, destination: Ipv4, isBroadcast: boolean): void {
  send(device, pkt, isBroadcast ? BROADCAST_MAC : 0x01005e000000 + (destination & 0x7fffff))
}

function send(device: NetDevice, pkt: Packet, mac: Mac): void {
  pkt.macDst = mac
  pkt.macSrc = device.mac
  pkt.etherType = ethernet.ETHERTYPE.IPV4
  device.transmit(pkt)
}

/** __neigh_event_send: the packet waits; the first one starts the requests. */
function enqueue(ns: Namespace, entry: Neighbour, pkt: Packet): void {
  const starting = entry.state === 'FAILED' || entry.probes === 0
  if (starting) {
    entry.state = 'INCOMPLETE'
    entry.probes = 0
  }
  if (entry.queue.length >= QUEUE_LENGTH) {
    ns.drop(entry.queue.shift()!, 'NEIGH_QUEUEFULL', `neighbour ${formatIpv4(entry.address)} dev ${entry.device.name}`)
  }
  entry.queue.push(pkt)
  emit(ns, pkt, entry, 'queued')
  if (starting) solicit(ns, entry)
}

/** Starts resolution without a packet to send (neigh_event_send with no skb). */
export function neighProbe(ns: Namespace, entry: Neighbour): void {
  if (entry.valid || entry.probes > 0) return
  entry.state = 'INCOMPLETE'
  solicit(ns, entry)
}

/** neigh_timer_handler: ask again, or give up after mcast_solicit requests. */
class ArpTimer implements Event {
  private readonly ns: Namespace
  private readonly entry: Neighbour
  private readonly probe: number

  constructor(ns: Namespace, entry: Neighbour, probe: number) {
    this.ns = ns
    this.entry = entry
    this.probe = probe
  }

  fire(): void {
    const entry = this.entry
    if (entry.state !== 'INCOMPLETE' || entry.probes !== this.probe) return
    if (entry.probes < this.ns.neighSysctl(entry.device, 'mcast_solicit')) solicit(this.ns, entry)
    else fail(this.ns, entry)
  }
}

/** arp_solicit: broadcasts a request with the source that arp_announce allows. */
function solicit(ns: Namespace, entry: Neighbour): void {
  entry.probes++
  entry.updated = ns.sim.queue.now
  ns.sim.queue.schedule(ns.neighSysctl(entry.device, 'retrans_time_ms'), new ArpTimer(ns, entry, entry.probes))
  const source = announcedSource(ns, entry)
  if (source === 0) return
  sendArp(
    ns,
    entry.device,
    BROADCAST_MAC,
    {
      op: arp.REQUEST,
      sha: entry.device.mac,
      spa: source,
      tha: 0,
      tpa: entry.address,
    },
    entry.queue[0]?.id ?? null,
  )
}

function announcedSource(ns: Namespace, entry: Neighbour): Ipv4 {
  const pkt = entry.queue[0]
  const announce = ns.sysctls.effective('arp_announce', entry.device.name, 'max')
  if (pkt !== undefined && announce < 2) {
    const source = ipv4.source(pkt.view, 0)
    const local = ns.addressType(source, null) === 'LOCAL'
    if (local && (announce === 0 || ns.addresses.onLink(entry.device, entry.address, source))) return source
  }
  return ns.selectAddress(entry.device, entry.address, 253) ?? 0
}

/** neigh_invalidate: every waiting packet is answered with host unreachable (ipv4_link_failure) and dropped. */
function fail(ns: Namespace, entry: Neighbour): void {
  entry.state = 'FAILED'
  entry.probes = 0
  entry.updated = ns.sim.queue.now
  const waiting = entry.queue
  entry.queue = []
  for (const pkt of waiting) {
    emit(ns, pkt, entry, 'failed')
    icmpSend(ns, pkt, 3, 1, 0)
    ns.drop(pkt, 'NEIGH_FAILED', `no ARP answer for ${formatIpv4(entry.address)} on ${entry.device.name}`)
  }
}

/** neigh_update: a MAC was learnt; waiting packets leave, oldest first. */
export function neighUpdate(ns: Namespace, entry: Neighbour, mac: Mac, state: NudState, override: boolean): void {
  if (entry.state === 'PERMANENT') return
  if (entry.valid && entry.mac !== mac && !override) return
  const keepsReachable = entry.state === 'REACHABLE' && state === 'STALE' && entry.mac === mac
  entry.mac = mac
  if (!keepsReachable) {
    entry.state = state
    entry.updated = ns.sim.queue.now
  }
  entry.probes = 0
  const waiting = entry.queue
  entry.queue = []
  for (const pkt of waiting) {
    emit(ns, pkt, entry, 'resolved')
    send(entry.device, pkt, mac)
  }
}

/** Sends an ARP packet out of `device` (arp_send). */
export function sendArp(ns: Namespace, device: NetDevice, to: Mac, fields: arp.Arp, because: number | null): void {
  if (device.noArp) return
  const pkt = new Packet(ns.sim.nextPacketId(), arp.emit(fields), ethernet.ETHERTYPE.ARP)
  pkt.macDst = to
  pkt.macSrc = device.mac
  ns.sim.trace?.packet(pkt, ns.name, 'ARP', because)
  device.transmit(pkt)
}

function emit(ns: Namespace, pkt: Packet, entry: Neighbour, action: 'found' | 'queued' | 'resolved' | 'failed'): void {
  const trace = ns.sim.trace
  if (trace === null) return
  trace.step(pkt.id, ns.name, {
    kind: 'neighbour',
    action,
    device: entry.device.name,
    address: formatIpv4(entry.address),
    mac: entry.mac === null || action === 'failed' ? null : formatMac(entry.mac),
    state: entry.state,
  })
}
