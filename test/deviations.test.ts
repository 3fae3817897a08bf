import { describe, expect, test } from 'vitest'
import { parseIpv4 } from '../src/addr/index.js'
import { SampledChoices } from '../src/base/index.js'
import { resolveOptions } from '../src/cluster/options.js'
import { World } from '../src/cluster/world.js'
import { VethDevice } from '../src/netdev/index.js'
import { Namespace, runIp } from '../src/netns/index.js'
import { Store } from '../src/store/index.js'
import { Simulation } from '../src/trace/index.js'
import { dns, ethernet, ipv4, Packet, udp } from '../src/wire/index.js'
import { Cluster } from '../src/index.js'
import { requestOf, sharesBy, stepsOf } from './helpers/outcomes.js'
import { clusterOf, only, pod, service } from './helpers/short-manifests.js'

/**
 * What differs from a real cluster on purpose, as it is today. `docs/deviations.md` has a line for each of these
 * tests; one that fails asks for the line to be changed or taken out.
 */

const HTTP = '{ containerPort: 80 }'
const WEB_SERVICE = 'selector: { app: web }, ports: [{ port: 80 }]'

describe('outside of the cluster', () => {
  test('every public address answers on every port', () => {
    const cluster = clusterOf([pod('client')])
    for (const to of ['203.0.113.77:4321', '8.8.8.8:1/udp', '192.0.2.1']) {
      const { client, disposition } = only(cluster, { from: 'pod/client', to })
      expect([disposition, ['connected', 'answered'].includes(client.sees)]).toEqual(['exits-network', true])
    }
  })

  test('private addresses that nobody named are silent', () => {
    const { client, drop } = only(clusterOf([pod('client')]), { from: 'pod/client', to: '10.9.9.9:80' })
    expect([client.sees, drop?.reason]).toEqual(['timeout', 'OUTSIDE'])
  })

  test('names that no option gives an address are unknown', () => {
    const question = { from: 'pod/client', to: 'http://api.example.com/' }
    expect(only(clusterOf([pod('client')]), question).client.sees).toBe('unknown')
    const told = clusterOf([pod('client')], { hosts: { 'api.example.com': ['203.0.113.5'] } })
    expect(only(told, question).client.sees).toBe('connected')
  })

  test('names under a top-level domain that is not in the list do not exist', () => {
    const { client } = only(clusterOf([pod('client')]), { from: 'pod/client', to: 'http://db.intranet/' })
    expect(client.sees).toBe('name-not-found')
  })

  test('the gateway refuses pod and cluster addresses from outside', () => {
    for (const to of ['10.244.0.2:53', '10.96.0.10:53']) {
      const { client, drop } = only(clusterOf([pod('client')]), { from: 'external', to })
      expect([client.sees, drop?.netns]).toEqual(['host-unreachable', 'gateway'])
    }
  })

  test('a load balancer gives every node the same share', () => {
    const spec = `type: LoadBalancer, externalTrafficPolicy: Local, ${WEB_SERVICE}`
    const balanced = service('web', spec, ', status: { loadBalancer: { ingress: [{ ip: 203.0.113.10 }] } }')
    const pods = [
      pod('web-1', { ports: HTTP }),
      pod('web-2', { ports: HTTP }),
      pod('web-3', { node: 'node-2', ports: HTTP }),
    ]
    const { outcomes } = clusterOf([...pods, balanced]).trace({ from: 'external', to: '203.0.113.10:80' })
    const shares = sharesBy(outcomes, ({ delivered }) => delivered?.node)
    expect(shares.get('node-1')).toBeCloseTo(1 / 2, 9)
    expect(shares.get('node-2')).toBeCloseTo(1 / 2, 9)
  })
})

describe('pods and nodes', () => {
  test('a pod listens on the ports it declares and on no other', () => {
    const cluster = clusterOf([pod('client'), pod('web', { ports: HTTP })])
    expect(only(cluster, { from: 'pod/client', to: 'pod/web:80' }).client.sees).toBe('connected')
    expect(only(cluster, { from: 'pod/client', to: 'pod/web:8080' }).client.sees).toBe('refused')
  })

  test('a pod that declares no ports listens where its services send', () => {
    const cluster = clusterOf([pod('client'), pod('web'), service('web', WEB_SERVICE)])
    expect(only(cluster, { from: 'pod/client', to: 'svc/web' }).client.sees).toBe('connected')
  })

  test('a server gives back what it was sent', () => {
    const cluster = clusterOf([pod('client'), pod('web', { ports: '{ containerPort: 5000, protocol: UDP }' })])
    const { conversation } = only(cluster, { from: 'pod/client', to: 'pod/web:5000', protocol: 'udp', size: 77 })
    expect(conversation.filter(({ kind }) => kind === 'reply').map(({ text }) => text)).toEqual([
      expect.stringContaining('77'),
    ])
  })

  test('probes are not run: a pod is ready unless the annotation says no', () => {
    const probe = 'readinessProbe: { httpGet: { path: /, port: 1 } }'
    const failing = pod('web', { ports: HTTP }).replace('image: x', `image: x, ${probe}`)
    const cluster = clusterOf([failing, service('web', WEB_SERVICE)])
    expect(
      cluster
        .list('EndpointSlice')
        .flatMap((s) => s.endpoints.map((e) => [s.metadata.name.slice(0, 3), e.conditions.ready])),
    ).toContainEqual(['web', true])
  })

  test('taints keep no pod away', () => {
    const node = (name: string, last: number, more: string): string =>
      `{ apiVersion: v1, kind: Node, metadata: { name: ${name} }, spec: { ${more} }, status: { addresses: [{ type: InternalIP, address: 192.168.10.${last} }] } }`
    const tainted = node('tainted', 11, 'taints: [{ key: a, effect: NoSchedule }]')
    const cluster = clusterOf([tainted, pod('web').replace('nodeName: node-1,', '')])
    expect(cluster.get('Pod', 'web')?.spec.nodeName).toBe('tainted')
  })

  test('docker-proxy answers in place of the pod', () => {
    const cluster = clusterOf([pod('web', { ports: '{ containerPort: 80, hostPort: 8080 }' })])
    const { delivered } = only(cluster, { from: 'node/node-1', to: '127.0.0.1:8080' })
    expect([delivered?.netns, delivered?.process]).toEqual(['node-1', 'docker-proxy for web'])
  })

  test('on a node only kubelet, kube-proxy and, on the first, the API server listen', () => {
    const cluster = clusterOf([pod('client')])
    const seen = (to: string): string => only(cluster, { from: 'node/node-2', to }).client.sees
    expect(['10250', '10256', '6443', '22', '2379'].map((port) => seen(`node/node-1:${port}`))).toEqual([
      'connected',
      'connected',
      'connected',
      'refused',
      'refused',
    ])
  })

  test('nodes do not filter by reverse path', () => {
    const { world } = World.build(resolveOptions({}), new Store())
    const { sysctls } = world.nodes.get('node-1')!.ns
    const keys = ['all', 'default', 'eth0', 'docker0', 'flannel.1'].map((dev) => `net/ipv4/conf/${dev}/rp_filter`)
    expect(keys.map((key) => sysctls.value(key))).toEqual([0, 0, 0, 0, 0])
  })

  test('a change of the objects is in force on every node at once', () => {
    const cluster = clusterOf([
      pod('client'),
      pod('web-1', { ports: HTTP }),
      pod('web-2', { ports: HTTP }),
      service('web', WEB_SERVICE),
    ])
    const before = cluster.now
    cluster.delete('Pod', 'web-1')
    expect(only(cluster, { from: 'pod/client', to: 'svc/web' }).delivered?.pod).toBe('default/web-2')
    expect(cluster.now).toBe(before)
  })

  test('a slice may hold more than a hundred endpoints', () => {
    const pods = Array.from({ length: 101 }, (_, i) => pod(`web-${i}`, { node: i % 2 === 0 ? 'node-1' : 'node-2' }))
    const cluster = clusterOf([...pods, service('web', WEB_SERVICE)])
    const slices = cluster.list('EndpointSlice').filter(({ metadata }) => metadata.name.startsWith('web-'))
    expect(slices.map(({ endpoints }) => endpoints.length)).toEqual([101])
  })
})

describe('what is not modelled says so', () => {
  test('only the iptables mode of kube-proxy', () => {
    for (const mode of ['ipvs', 'nftables']) {
      expect(() => Cluster.fromManifests('', { proxyMode: mode as 'iptables' })).toThrow(/is not known; use iptables/)
    }
  })

  test.each([
    ['networking.k8s.io/v1', 'NetworkPolicy', 'traces do not account for it'],
    ['networking.k8s.io/v1', 'Ingress', 'traces do not account for it'],
    ['batch/v1', 'Job', 'its pods are not made'],
    ['v1', 'ReplicationController', 'its pods are not made'],
  ])('%s %s is a warning', (apiVersion, kind, meaning) => {
    const cluster = clusterOf([`{ apiVersion: ${apiVersion}, kind: ${kind}, metadata: { name: x }, spec: {} }`])
    expect(cluster.warnings.map(({ message }) => message)).toEqual([`kind "${kind}" is not modelled: ${meaning}`])
  })

  test('an IPv6 service gets no address', () => {
    const cluster = clusterOf([service('web', `ipFamilies: [IPv6], ${WEB_SERVICE}`)])
    expect(cluster.get('Service', 'web')?.spec.clusterIP).toBeUndefined()
    expect(cluster.warnings.map(({ message }) => message)).toEqual([expect.stringContaining('IPv6 cluster IPs')])
  })
})

describe('DNS', () => {
  test('CoreDNS asks nobody: no packet of its own leaves its pod', () => {
    const cluster = clusterOf([pod('client')], { hosts: { 'api.example.com': ['203.0.113.5'] } })
    const { conversation } = only(cluster, { from: 'pod/client', to: 'http://api.example.com/' })
    const queries = conversation.filter(({ kind }) => kind === 'dns')
    expect(queries.length).toBeGreaterThan(0)
    expect(queries.flatMap(({ hops }) => hops.map(({ netns }) => netns))).not.toContain('external')
    expect(queries.filter(({ netns }) => netns.includes('coredns')).map(({ because }) => because)).not.toContain(null)
  })

  test('CoreDNS does not cache: an answer is new as soon as the objects are', () => {
    const headless = service('web', `clusterIP: None, ${WEB_SERVICE}`)
    const cluster = clusterOf([pod('client'), pod('web-1', { ports: HTTP }), pod('web-2', { ports: HTTP }), headless])
    const question = { from: 'pod/client', to: 'web:80' }
    cluster.send(question)
    cluster.delete('Pod', 'web-1')
    const reached = cluster.trace(question).outcomes.map(({ delivered }) => delivered?.pod)
    expect(new Set(reached)).toEqual(new Set(['default/web-2']))
  })

  test('messages are written without name compression', () => {
    const name = 'web.default.svc.cluster.local'
    const message = dns.emit({
      id: 1,
      response: true,
      questions: [{ name, type: 'A', class: 'IN' }],
      answers: [{ name, type: 'A', class: 'IN', ttl: 5, data: '10.96.0.1' }],
    })
    expect(message.length).toBe(12 + (name.length + 2 + 4) + (name.length + 2 + 14))
  })
})

describe('time and chance', () => {
  test('packets take no time', () => {
    const cluster = clusterOf([pod('client'), pod('web', { node: 'node-2', ports: HTTP })])
    cluster.send({ from: 'pod/client', to: 'pod/web:80' })
    expect(cluster.now).toBe(0)
  })

  test('ports and other numbers that do not decide are drawn, not enumerated', () => {
    const cluster = clusterOf([pod('web', { ports: HTTP }), service('web', `type: NodePort, ${WEB_SERVICE}`)])
    const { nodePort } = cluster.get('Service', 'web')!.spec.ports[0]!
    const { choices, delivered } = only(cluster, { from: 'external', to: `node/node-1:${nodePort}` })
    expect(choices).toEqual([])
    expect(delivered?.source).toMatch(/^10\.244\.0\.1:\d+$/)
  })

  test('the outer source port of VXLAN is a hash with a fixed key', () => {
    const outer = [1, 2].map((seed) => {
      const cluster = clusterOf([pod('client'), pod('web', { node: 'node-2', ports: HTTP })], { seed })
      const request = requestOf(only(cluster, { from: 'pod/client', to: 'pod/web:80', sourcePort: 40000 }))!
      return stepsOf(request).flatMap((s) => (s.kind === 'encapsulation' ? [s.outer.source] : []))
    })
    expect(outer[0]!.length).toBeGreaterThan(0)
    expect(outer[0]).toEqual(outer[1])
  })
})

/** A namespace with eth0 10.0.0.1/24 towards a silent one. */
function lonely(seed = 1): { ns: Namespace; peer: Namespace; eth0: VethDevice } {
  const sim = new Simulation(new SampledChoices(seed))
  const [ns, peer] = [new Namespace(sim, 'here'), new Namespace(sim, 'there')]
  const [eth0, end] = [ns, peer].map((owner, i) => {
    const dev = new VethDevice(owner, 'eth0', owner.takeIfindex(), 'veth', 0x020000000001 + i, 1500)
    owner.addDevice(dev)
    return dev
  })
  VethDevice.join(eth0!, end!)
  ns.addAddress(eth0!, parseIpv4('10.0.0.1')!, 24)
  return { ns, peer, eth0: eth0! }
}

/** A datagram for a port where nobody listens, from a neighbour. */
function udpTo(destination: string): Uint8Array {
  const [from, to] = [parseIpv4('10.0.0.2')!, parseIpv4(destination)!]
  const payload = udp.emit({ sourcePort: 1, destinationPort: 2, payload: new Uint8Array(56) }, from, to)
  return ipv4.emit({ id: 1, ttl: 64, protocol: ipv4.PROTOCOL.UDP, source: from, destination: to, payload })
}

/** The two halves of a packet of 64 bytes of payload. */
function fragmentsOf(packet: Uint8Array): [Uint8Array, Uint8Array] {
  const pieces = ipv4.fragment(packet, ipv4.HEADER_LEN + 32)
  return [pieces[0]!, pieces[1]!]
}

describe('the IP stack', () => {
  test('a neighbour once learnt is never asked again', () => {
    const cluster = clusterOf([pod('client'), pod('web', { ports: HTTP })])
    const question = { from: 'pod/client', to: 'pod/web:80' }
    cluster.send(question)
    cluster.advance(3_600_000)
    const { conversation } = only(cluster, question)
    expect(conversation.filter(({ kind }) => kind === 'arp')).toEqual([])
    expect(cluster.pod('default/client').neighbours()).toContain('REACHABLE')
  })

  test('the hash of multipath routes has a fixed key', () => {
    const taken = [1, 2].map((seed) => {
      const { ns } = lonely(seed)
      runIp(ns, 'route add 10.9.0.0/16 nexthop via 10.0.0.2 nexthop via 10.0.0.3')
      return Array.from({ length: 32 }, (_, i) => {
        const flow = {
          source: parseIpv4('10.0.0.1')!,
          destination: parseIpv4(`10.9.0.${i}`)!,
          inDevice: null,
          outDevice: null,
          mark: 0,
          tos: 0,
          protocol: 6,
        }
        return ns.fib.lookup(flow).hop?.gateway
      })
    })
    expect(new Set(taken[0]).size).toBe(2)
    expect(taken[0]).toEqual(taken[1])
  })

  test('fragments that never become whole are forgotten without an ICMP error', () => {
    const { ns, eth0 } = lonely()
    const [first, last] = fragmentsOf(udpTo('10.0.0.1'))
    const packetsMadeBy = (act: () => void): number => {
      const before = ns.sim.nextPacketId()
      act()
      return ns.sim.nextPacketId() - before - 1
    }
    const receive = (bytes: Uint8Array): void => {
      const pkt = new Packet(0, bytes.slice(), ethernet.ETHERTYPE.IPV4)
      pkt.macDst = eth0.mac
      eth0.receive(pkt)
      ns.sim.queue.settle()
    }
    expect(packetsMadeBy(() => [first, last].forEach(receive))).toBeGreaterThan(0)
    ns.sim.queue.runUntil(10_000)
    const late = packetsMadeBy(() => {
      receive(first)
      ns.sim.queue.runUntil(60_000)
      receive(last)
    })
    expect(late).toBe(0)
  })

  test('TCP has no congestion window: a request leaves all at once', () => {
    const cluster = clusterOf([pod('client'), pod('web', { node: 'node-2', ports: HTTP })])
    const { conversation } = only(cluster, { from: 'pod/client', to: 'pod/web:80', size: 60_000 })
    const sent = conversation.filter(({ kind }) => kind === 'request' || kind === 'reply').map(({ kind }) => kind)
    expect(sent.slice(2, 44)).toEqual(Array.from({ length: 42 }, () => 'request'))
  })

  test('SCTP ends with the answer to INIT', () => {
    const cluster = clusterOf([pod('client'), pod('web', { ports: '{ containerPort: 80, protocol: SCTP }' })])
    const { client, conversation } = only(cluster, { from: 'pod/client', to: 'pod/web:80' })
    expect(client.sees).toBe('connected')
    expect(conversation.filter(({ protocol }) => protocol === 'sctp')).toHaveLength(2)
  })
})
