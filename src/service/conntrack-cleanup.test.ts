import { describe, expect, it } from 'vitest'
import { parseIpv4 } from '../addr/index.js'
import { type ConntrackEntry, needsConntrackCleanup, staleConntrackEntries } from './conntrack-cleanup.js'
import type { EndpointsMap, ServiceEndpoint } from './model/service-endpoint.js'
import type { ServicePortInfo } from './model/service-port.js'

const dns: ServicePortInfo = {
  namespace: 'kube-system',
  name: 'kube-dns',
  port: 'dns',
  protocol: 'UDP',
  clusterIP: '10.96.0.10',
  servicePort: 53,
  nodePort: 30053,
  externalIPs: ['192.168.99.11'],
  loadBalancerVIPs: ['5.6.7.8'],
  loadBalancerSourceRanges: [],
  affinitySeconds: null,
  externalPolicyLocal: true,
  internalPolicyLocal: true,
  healthCheckNodePort: null,
}
const KEY = 'kube-system/kube-dns:dns/udp'

function endpoint(ip: string, given: Partial<ServiceEndpoint> = {}): ServiceEndpoint {
  const conditions = { ready: true, serving: true, terminating: false, isLocal: false, nodeName: null }
  return { ip, port: 53, text: `${ip}:53`, zoneHints: [], nodeHints: [], ...conditions, ...given }
}

function map(...endpoints: ServiceEndpoint[]): EndpointsMap {
  return new Map([[KEY, endpoints]])
}

/** An entry whose client asked `to` and is answered from `from`. */
function entry(to: string, from: string, protocol = 17): ConntrackEntry {
  const [destination, destinationPort] = split(to)
  const [source, sourcePort] = split(from)
  return { original: { protocol, destination, destinationPort }, reply: { source, sourcePort } }
}

function split(text: string): [number, number] {
  const [ip, port] = text.split(':') as [string, string]
  return [parseIpv4(ip)!, Number(port)]
}

const NONE: EndpointsMap = new Map()
const here = endpoint('10.244.0.2')

describe('staleConntrackEntries', () => {
  const stale = (entries: ConntrackEntry[], after = map(here), ports = [dns]): ConntrackEntry[] => [
    ...staleConntrackEntries({ before: NONE, after }, ports, entries),
  ]

  it.each([
    ['cluster IP', '10.96.0.10:53'],
    ['external IP', '192.168.99.11:53'],
    ['load balancer IP', '5.6.7.8:53'],
    ['node port on any address', '172.16.0.1:30053'],
  ])('%s: entries of a serving endpoint stay, others go', (_, to) => {
    const kept = entry(to, '10.244.0.2:53')
    const gone = entry(to, '10.244.0.3:53')
    const otherPort = entry(to, '10.244.0.2:5353')
    const untranslated = entry(to, to)
    expect(stale([kept, gone, otherPort, untranslated])).toEqual([gone, otherPort, untranslated])
  })

  it('leaves other ports, other addresses and other protocols alone', () => {
    const others = [
      entry('10.96.0.10:54', '10.244.0.3:53'),
      entry('10.96.0.11:53', '10.244.0.3:53'),
      entry('10.96.0.10:53', '10.244.0.3:53', 6),
      entry('10.96.0.10:53', '10.244.0.3:53', 132),
    ]
    expect(stale(others)).toEqual([])
  })

  it('skips a service without serving endpoints, so its stale entries stay', () => {
    expect(stale([entry('10.96.0.10:53', '10.244.0.3:53')], map(endpoint('10.244.0.2', { serving: false })))).toEqual(
      [],
    )
  })

  it('keeps flows to endpoints that end but still serve', () => {
    const ending = endpoint('10.244.0.3', { ready: false, terminating: true })
    expect(stale([entry('10.96.0.10:53', '10.244.0.3:53')], map(here, ending))).toEqual([])
  })

  it('does nothing for a TCP service, nor when no UDP endpoints changed', () => {
    const gone = entry('10.96.0.10:53', '10.244.0.3:53')
    expect(stale([gone], map(here), [{ ...dns, protocol: 'TCP' }])).toEqual([])
    expect(staleConntrackEntries({ before: map(here), after: map(here) }, [dns], [gone])).toEqual([])
  })
})

describe('needsConntrackCleanup', () => {
  it('looks at UDP service ports only', () => {
    const tcp: EndpointsMap = new Map([['ns/web/tcp', [here]]])
    expect(needsConntrackCleanup(NONE, tcp)).toBe(false)
    expect(needsConntrackCleanup(NONE, map(here))).toBe(true)
    expect(needsConntrackCleanup(map(here), NONE)).toBe(true)
    expect(needsConntrackCleanup(map(here), map(endpoint('10.244.0.2', { serving: false })))).toBe(true)
  })
})
