import { describe, expect, test } from 'vitest'
import { type Cidr, formatIpv4, formatMac, parseCidr, parseIpv4, parseMac } from '../../addr/index.js'
import { cloneGraph, SampledChoices } from '../../base/index.js'
import { VethDevice } from '../../netdev/index.js'
import { Namespace, printRoute, TABLE } from '../../netns/index.js'
import { Simulation } from '../../trace/index.js'
import type { FlannelConfig } from './config.js'
import { Flannel } from './flannel.js'
import type { Lease } from './lease.js'

const cidr = (text: string): Cidr => parseCidr(text)!
const vxlan: FlannelConfig = { network: cidr('10.244.0.0/16'), backend: 'vxlan', vni: 1, port: 8472 }
const hostGw: FlannelConfig = { ...vxlan, backend: 'host-gw' }

function lease(subnet: string, publicIp: string, mac: string): Lease {
  return { subnet: cidr(subnet), publicIp: parseIpv4(publicIp)!, vtepMac: parseMac(mac)! }
}
const own = lease('10.244.1.0/24', '192.168.10.11', 'aa:bb:cc:00:00:0b')
const peer = lease('10.244.0.0/24', '192.168.10.10', 'aa:bb:cc:00:00:0a')

/** The worker of a two-node cluster. */
function worker(config: FlannelConfig): { ns: Namespace; flannel: Flannel } {
  const ns = new Namespace(new Simulation(new SampledChoices(1)), 'worker')
  const eth0 = new VethDevice(ns, 'eth0', ns.takeIfindex(), 'physical', parseMac('52:54:00:00:00:0b')!, 1500)
  ns.addDevice(eth0)
  ns.addAddress(eth0, own.publicIp, 24)
  return { ns, flannel: new Flannel(ns, eth0, own, config) }
}

const routes = (ns: Namespace): string[] => ns.fib.routes(TABLE.main).map(printRoute)
const UNDERLAY = '192.168.10.0/24 dev eth0 proto kernel scope link src 192.168.10.11'
const TUNNEL = '10.244.0.0/24 via 10.244.0.0 dev flannel.1 onlink'

function neighbours(ns: Namespace): string[] {
  return ns.neighbours.entries().map((n) => `${formatIpv4(n.address)} ${n.device.name} ${formatMac(n.mac!)} ${n.state}`)
}

function fdb(flannel: Flannel): string[] {
  return flannel.device!.fdbEntries().map((e) => `${formatMac(e.mac)} dst ${formatIpv4(e.remote)}`)
}

describe('vxlan', () => {
  test('the device: name, MAC of the lease, MTU less 50, base address without a connected route', () => {
    const { ns, flannel } = worker(vxlan)
    expect(flannel.device).toMatchObject({ name: 'flannel.1', mac: own.vtepMac, mtu: 1450 })
    expect(flannel.device!.spec).toMatchObject({ vni: 1, port: 8472, local: own.publicIp, learning: false })
    expect(flannel.device!.spec.under === ns.device('eth0')).toBe(true)
    expect(ns.addresses.list(flannel.device!)).toMatchObject([{ address: own.subnet.address, prefix: 32, scope: 0 }])
    expect(ns.fib.routes(TABLE.local).map(printRoute)).toContain(
      'local 10.244.1.0 dev flannel.1 proto kernel scope host src 10.244.1.0',
    )
    expect(routes(ns)).toEqual([UNDERLAY])
    expect(flannel.mtu).toBe(1450)
  })

  test('a peer is a neighbour, an FDB entry and an on-link route', () => {
    const { ns, flannel } = worker(vxlan)
    flannel.addPeer(peer)
    expect(neighbours(ns)).toEqual(['10.244.0.0 flannel.1 aa:bb:cc:00:00:0a PERMANENT'])
    expect(fdb(flannel)).toEqual(['aa:bb:cc:00:00:0a dst 192.168.10.10'])
    expect(routes(ns)).toEqual([TUNNEL, UNDERLAY])
  })

  test('the own lease is no peer', () => {
    const { ns, flannel } = worker(vxlan)
    flannel.addPeer(own)
    flannel.removePeer(own)
    expect([neighbours(ns), fdb(flannel), routes(ns)]).toEqual([[], [], [UNDERLAY]])
  })

  test('a peer that comes back with a new MAC leaves its old FDB entry behind', () => {
    const { ns, flannel } = worker(vxlan)
    flannel.addPeer(peer)
    flannel.addPeer({ ...peer, vtepMac: parseMac('aa:bb:cc:00:00:ff')! })
    expect(neighbours(ns)).toEqual(['10.244.0.0 flannel.1 aa:bb:cc:00:00:ff PERMANENT'])
    expect(fdb(flannel)).toEqual(['aa:bb:cc:00:00:0a dst 192.168.10.10', 'aa:bb:cc:00:00:ff dst 192.168.10.10'])
    expect(routes(ns)).toEqual([TUNNEL, UNDERLAY])
  })

  test('a removed peer leaves nothing, and may be removed twice', () => {
    const { ns, flannel } = worker(vxlan)
    const other = lease('10.244.2.0/24', '192.168.10.12', 'aa:bb:cc:00:00:0c')
    flannel.addPeer(peer)
    flannel.addPeer(other)
    flannel.removePeer(peer)
    flannel.removePeer(peer)
    expect(neighbours(ns)).toEqual(['10.244.2.0 flannel.1 aa:bb:cc:00:00:0c PERMANENT'])
    expect(fdb(flannel)).toEqual(['aa:bb:cc:00:00:0c dst 192.168.10.12'])
    expect(routes(ns)).toEqual(['10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink', UNDERLAY])
  })

  test('a clone has its own device in its own routes', () => {
    const before = worker(vxlan)
    before.flannel.addPeer(peer)
    const { ns, flannel } = cloneGraph(before)
    expect(ns.fib.routes(TABLE.main)[0]!.nextHops[0]!.device === flannel.device).toBe(true)
    expect(flannel.device === before.flannel.device).toBe(false)
    flannel.removePeer(peer)
    expect(routes(ns)).toEqual([UNDERLAY])
    expect(routes(before.ns)).toEqual([TUNNEL, UNDERLAY])
    expect(fdb(before.flannel)).toHaveLength(1)
  })
})

describe('host-gw', () => {
  test('a peer is a route by its node; there is no device, and the MTU is whole', () => {
    const { ns, flannel } = worker(hostGw)
    flannel.addPeer(peer)
    expect(flannel.device).toBeNull()
    expect(flannel.mtu).toBe(1500)
    expect(routes(ns)).toEqual(['10.244.0.0/24 via 192.168.10.10 dev eth0', UNDERLAY])
    expect(neighbours(ns)).toEqual([])
  })

  test('a peer that moved has its route replaced', () => {
    const { ns, flannel } = worker(hostGw)
    flannel.addPeer(peer)
    flannel.addPeer({ ...peer, publicIp: parseIpv4('192.168.10.20')! })
    expect(routes(ns)).toEqual(['10.244.0.0/24 via 192.168.10.20 dev eth0', UNDERLAY])
    flannel.removePeer(peer)
    expect(routes(ns)).toHaveLength(2)
  })

  test('a peer behind a router gets no route', () => {
    const { ns, flannel } = worker(hostGw)
    flannel.addPeer({ ...peer, publicIp: parseIpv4('192.168.20.10')! })
    expect(routes(ns)).toEqual([UNDERLAY])
  })
})

test('subnet.env', () => {
  expect(worker(vxlan).flannel.subnetEnv).toBe(
    'FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.1.1/24\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n',
  )
})
