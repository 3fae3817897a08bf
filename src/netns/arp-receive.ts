import { isLoopback, isMulticast } from '../addr/index.js'
import type { NetDevice } from '../netdev/index.js'
import { arp, type Packet } from '../wire/index.js'
import { Dst } from './dst.js'
import type { Namespace } from './namespace.js'
import { neighUpdate, sendArp } from './neigh-output.js'
import { routeAddressesInput } from './route-input.js'

/** A neighbour's MAC may not change again within this time (LOCKTIME: one second). */
const LOCKTIME_MS = 1000

/** arp_rcv and arp_process: answers for addresses that are ours, learns the sender. */
export function arpReceive(ns: Namespace, pkt: Packet, dev: NetDevice): void {
  if (dev.noArp || pkt.packetType === 'otherhost') {
    ns.drop(pkt, pkt.packetType === 'otherhost' ? 'OTHERHOST' : 'NOT_SPECIFIED', `ARP on ${dev.name}`)
    return
  }
  if (arp.judge(pkt.view, 0) !== null) {
    ns.drop(pkt, 'PKT_TOO_SMALL', `ARP on ${dev.name}`)
    return
  }
  const sender = arp.spa(pkt.view, 0)
  const target = arp.tpa(pkt.view, 0)
  const isRequest = arp.op(pkt.view, 0) === arp.REQUEST
  if (isMulticast(target) || (isLoopback(target) && ns.sysctls.effective('route_localnet', dev.name, 'or') === 0)) {
    ns.drop(pkt, 'ARP_NOT_FOR_US', `ARP on ${dev.name}`)
    return
  }
  if (isRequest && answer(ns, pkt, dev, sender, target)) return
  const known = learn(ns, pkt, dev)
  if (isRequest && !known) ns.drop(pkt, 'ARP_NOT_FOR_US', `ARP on ${dev.name}`)
}

/** True when the request was for us (answered or deliberately not). */
function answer(ns: Namespace, pkt: Packet, dev: NetDevice, sender: number, target: number): boolean {
  if (sender === 0) {
    // Duplicate address detection (RFC 2131): answered if the address is local.
    if (ns.addressType(target, null) !== 'LOCAL' || ignores(ns, dev, sender, target)) return false
    reply(ns, pkt, dev)
    return true
  }
  const dst = routeAddressesInput(ns, target, sender, dev)
  if (!(dst instanceof Dst)) return false
  if (dst.type === 'local') {
    if (!ignores(ns, dev, sender, target) && !filters(ns, dev, sender, target)) {
      learnSender(ns, pkt, dev)
      reply(ns, pkt, dev)
    } else {
      ns.drop(pkt, 'ARP_NOT_FOR_US', `arp_ignore or arp_filter on ${dev.name}`)
    }
    return true
  }
  if (ns.sysctls.effective('forwarding', dev.name, 'device') === 0 || dst.type !== 'unicast') return false
  if (!proxies(ns, dev, dst)) return false
  learnSender(ns, pkt, dev)
  reply(ns, pkt, dev)
  return true
}

/** arp_fwd_proxy: answer for a destination that is routed out of another device. */
function proxies(ns: Namespace, dev: NetDevice, dst: Dst): boolean {
  return dst.device !== dev && ns.sysctls.effective('proxy_arp', dev.name, 'or') !== 0
}

/** arp_ignore */
function ignores(ns: Namespace, dev: NetDevice, sender: number, target: number): boolean {
  const mode = ns.sysctls.effective('arp_ignore', dev.name, 'max')
  switch (mode) {
    case 0:
      return false
    case 1:
      return !ns.addresses.has(dev, target)
    case 2:
      return !ns.addresses.has(dev, target) || !ns.addresses.onLink(dev, sender, target)
    case 3:
      return !ns.addresses.hasGlobal(target)
    case 8:
      return true
    default:
      return false
  }
}

/** arp_filter: the route back to the sender must leave by the device the request came in on. */
function filters(ns: Namespace, dev: NetDevice, sender: number, target: number): boolean {
  if (ns.sysctls.effective('arp_filter', dev.name, 'or') === 0) return false
  const back = ns.fib.lookup({
    destination: sender,
    source: target,
    inDevice: null,
    outDevice: null,
    mark: 0,
    tos: 0,
  })
  return back.hop?.device !== dev
}

function reply(ns: Namespace, pkt: Packet, dev: NetDevice): void {
  const sha = arp.sha(pkt.view, 0)
  sendArp(
    ns,
    dev,
    sha,
    { op: arp.REPLY, sha: dev.mac, spa: arp.tpa(pkt.view, 0), tha: sha, tpa: arp.spa(pkt.view, 0) },
    pkt.id,
  )
}

/** neigh_event_ns: who asks us is a neighbour. */
function learnSender(ns: Namespace, pkt: Packet, dev: NetDevice): void {
  const entry = ns.neighbours.ensure(dev, arp.spa(pkt.view, 0))
  neighUpdate(ns, entry, arp.sha(pkt.view, 0), 'STALE', true)
}

/** Updates an entry that exists already (or any sender's, with arp_accept). Gives false if there was none. */
function learn(ns: Namespace, pkt: Packet, dev: NetDevice): boolean {
  const sender = arp.spa(pkt.view, 0)
  let entry = ns.neighbours.lookup(dev, sender)
  const gratuitous = sender === arp.tpa(pkt.view, 0)
  if (entry === undefined && ns.sysctls.effective('arp_accept', dev.name, 'or') !== 0 && gratuitous) {
    entry = ns.neighbours.ensure(dev, sender)
  }
  if (entry === undefined) return false
  const isAnswer = arp.op(pkt.view, 0) === arp.REPLY && pkt.packetType === 'host'
  const override = gratuitous || ns.sim.queue.now - entry.updated > LOCKTIME_MS || !entry.valid
  neighUpdate(ns, entry, arp.sha(pkt.view, 0), isAnswer ? 'REACHABLE' : 'STALE', override)
  return true
}
