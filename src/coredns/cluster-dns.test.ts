import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import type { Endpoint, EndpointPort, EndpointSlice, Namespace, Pod, Service, ServicePort } from '../api/index.js'
import { cloneGraph, enumerate } from '../base/index.js'
import { Store } from '../store/index.js'
import { dns } from '../wire/index.js'
import { ClusterDns, type ClusterDnsOptions, upstreamOf } from './index.js'

const meta = (name: string, namespace: string, labels = {}) => ({
  name,
  namespace,
  labels,
  annotations: {},
  ownerReferences: [],
})

const namespace = (name: string): Namespace => ({ apiVersion: 'v1', kind: 'Namespace', metadata: meta(name, '') })

const port = (name: string, number: number, protocol: 'TCP' | 'UDP' = 'TCP'): ServicePort => ({
  name,
  protocol,
  port: number,
  targetPort: number,
})

const service = (
  name: string,
  clusterIPs: string[],
  ports: ServicePort[],
  more = {},
  inNamespace = 'default',
): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: meta(name, inNamespace),
  spec: {
    type: 'ClusterIP',
    ...(clusterIPs[0] === undefined ? {} : { clusterIP: clusterIPs[0] }),
    clusterIPs,
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
    ports,
    externalIPs: [],
    sessionAffinity: 'None',
    externalTrafficPolicy: 'Cluster',
    internalTrafficPolicy: 'Cluster',
    allocateLoadBalancerNodePorts: true,
    loadBalancerSourceRanges: [],
    publishNotReadyAddresses: false,
    ...more,
  },
  status: { loadBalancer: { ingress: [] } },
})

const alias = (name: string, externalName: string): Service =>
  service(name, [], [], { type: 'ExternalName', externalName })

const endpoint = (address: string, conditions = {}, more: Partial<Endpoint> = {}): Endpoint => ({
  addresses: [address],
  conditions,
  ...more,
})

const slice = (
  name: string,
  serviceName: string,
  endpoints: Endpoint[],
  ports: EndpointPort[],
  more: { namespace?: string; addressType?: 'IPv4' | 'IPv6' } = {},
): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: meta(name, more.namespace ?? 'default', { 'kubernetes.io/service-name': serviceName }),
  addressType: more.addressType ?? 'IPv4',
  endpoints,
  ports,
})

const pod = (name: string, podIP: string, more: { phase?: 'Running' | 'Failed' } = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: meta(name, 'default'),
  spec: {
    nodeSelector: {},
    hostNetwork: false,
    dnsPolicy: 'ClusterFirst',
    restartPolicy: 'Always',
    containers: [],
    initContainers: [],
    hostAliases: [],
  },
  status: { phase: more.phase ?? 'Running', podIP, podIPs: [{ ip: podIP }], conditions: [] },
})

const http: EndpointPort = { name: 'http', protocol: 'TCP', port: 8080 }

function cluster(): Store {
  const store = new Store()
  for (const name of ['default', 'kube-system', 'shop']) store.put(namespace(name))
  store.put(
    service(
      'kube-dns',
      ['10.96.0.10'],
      [port('dns', 53, 'UDP'), port('dns-tcp', 53), port('metrics', 9153)],
      {},
      'kube-system',
    ),
  )
  store.put(slice('kube-dns-1', 'kube-dns', [endpoint('10.244.0.2')], [], { namespace: 'kube-system' }))
  store.put(service('web', ['10.96.1.1'], [port('http', 80)], { externalIPs: ['192.0.2.1'] }))
  store.put(
    slice('web-1', 'web', [endpoint('10.244.1.5', { ready: true }), endpoint('10.244.1.6', { ready: false })], [http]),
  )
  store.put(service('web2', ['10.96.1.2'], [port('', 80)]))
  store.put(slice('web2-1', 'web2', [endpoint('10.244.1.5')], [http]))
  store.put(service('empty', ['10.96.1.3'], [port('http', 80)]))
  store.put(service('bare', ['10.96.1.4'], []))
  store.put(service('dual', ['10.96.1.7', 'fd00::7'], [port('http', 80)]))
  store.put(service('db', ['None'], [port('sql', 5432)]))
  const sql: EndpointPort = { name: 'sql', protocol: 'TCP', port: 5432 }
  store.put(
    slice(
      'db-1',
      'db',
      [
        endpoint('10.244.2.1', {}, { hostname: 'db-0' }),
        endpoint('10.244.2.2', { ready: true, terminating: false }),
        endpoint('10.244.2.3', { ready: false, serving: true, terminating: true }, { hostname: 'db-2' }),
      ],
      [sql],
    ),
  )
  store.put(service('starting', ['None'], [port('http', 80)]))
  store.put(slice('starting-1', 'starting', [endpoint('10.244.3.1', { ready: false })], [http]))
  store.put(service('six', ['None'], []))
  store.put(slice('six-1', 'six', [endpoint('fd00:10:244:1::')], [], { addressType: 'IPv6' }))
  store.put(alias('inside', 'web.default.svc.cluster.local'))
  store.put(alias('inside-missing', 'gone.default.svc.cluster.local'))
  store.put(alias('self', 'self.default.svc.cluster.local'))
  store.put(alias('ping', 'pong.default.svc.cluster.local'))
  store.put(alias('pong', 'ping.default.svc.cluster.local'))
  store.put(alias('outside', 'db.example.org'))
  store.put(alias('unknown', 'unknown.example.org'))
  store.put(alias('number', '192.0.2.7'))
  store.put(service('api', ['10.96.2.1'], [port('http', 80)], {}, 'shop'))
  store.put(pod('web-7d9-aaaaa', '10.244.1.5'))
  store.put(pod('old', '10.244.9.9', { phase: 'Failed' }))
  return store
}

const upstream = upstreamOf({ 'db.example.org': ['203.0.113.9'] })

function server(options: Partial<ClusterDnsOptions> = {}): ClusterDns {
  return new ClusterDns(cluster(), { upstream, localAddresses: ['10.244.0.2'], ...options })
}

function query(name: string, type: string, more: Partial<dns.Message> = {}): dns.Message {
  return {
    id: 7,
    response: false,
    opcode: 0,
    authoritative: false,
    truncated: false,
    recursionDesired: true,
    recursionAvailable: false,
    authenticData: false,
    checkingDisabled: false,
    rcode: 0,
    questions: [{ name, type, class: 'IN' }],
    answers: [],
    authorities: [],
    additionals: [],
    ...more,
  }
}

/** Zone-file like text of a record: `OWNER TTL TYPE DATA`. */
function text(record: dns.ResourceRecord): string {
  if (record.type === 'OPT') return 'OPT'
  const { data } = record
  const values = typeof data === 'object' && data !== null && !Array.isArray(data) ? Object.values(data).join(' ') : ''
  const txt = record.type === 'TXT' ? record.data.map((each) => String.fromCharCode(...each)).join(' ') : values
  return `${record.name} ${record.ttl} ${record.type} ${typeof data === 'string' ? data : txt}`
}

/** `answer; answer`, or the name of an empty outcome. */
function ask(name: string, type: string, options: Partial<ClusterDnsOptions> = {}): string {
  const reply = server(options).answer(query(name, type))
  if (reply.answers.length > 0) return reply.answers.map(text).join('; ')
  const soa = reply.authorities.some((record) => record.type === 'SOA') ? '' : ' without SOA'
  const rcode = Object.entries(dns.RCODE).find(([, code]) => code === reply.rcode)?.[0] ?? String(reply.rcode)
  return `${rcode === 'NOERROR' ? 'NODATA' : rcode}${soa}`
}

const Z = 'cluster.local'

describe('records', () => {
  test.each([
    ['web.default.svc', 'A', `web.default.svc.${Z} 30 A 10.96.1.1`],
    ['_http._tcp.web.default.svc', 'A', `_http._tcp.web.default.svc.${Z} 30 A 10.96.1.1`],
    ['http.tcp.web.default.svc', 'A', `http.tcp.web.default.svc.${Z} 30 A 10.96.1.1`],
    ['_._.web.default.svc', 'A', `_._.web.default.svc.${Z} 30 A 10.96.1.1`],
    ['empty.default.svc', 'A', `empty.default.svc.${Z} 30 A 10.96.1.3`],
    ['dual.default.svc', 'AAAA', `dual.default.svc.${Z} 30 AAAA fd00::7`],
    ['db.default.svc', 'A', `db.default.svc.${Z} 30 A 10.244.2.1; db.default.svc.${Z} 30 A 10.244.2.2`],
    ['db-0.db.default.svc', 'A', `db-0.db.default.svc.${Z} 30 A 10.244.2.1`],
    ['10-244-2-2.db.default.svc', 'A', `10-244-2-2.db.default.svc.${Z} 30 A 10.244.2.2`],
    ['10-244-1-5.web.default.svc', 'A', `10-244-1-5.web.default.svc.${Z} 30 A 10.244.1.5`],
    ['fd00-10-244-1--0.six.default.svc', 'AAAA', `fd00-10-244-1--0.six.default.svc.${Z} 30 AAAA fd00:10:244:1::`],
    ['inside.default.svc', 'CNAME', `inside.default.svc.${Z} 30 CNAME web.default.svc.${Z}`],
    [
      'inside.default.svc',
      'A',
      `inside.default.svc.${Z} 30 CNAME web.default.svc.${Z}; web.default.svc.${Z} 30 A 10.96.1.1`,
    ],
    ['outside.default.svc', 'A', `outside.default.svc.${Z} 30 CNAME db.example.org; db.example.org 30 A 203.0.113.9`],
    ['outside.default.svc', 'AAAA', `outside.default.svc.${Z} 30 CNAME db.example.org`],
    ['unknown.default.svc', 'A', `unknown.default.svc.${Z} 30 CNAME unknown.example.org`],
    ['1-2-3-4.default.pod', 'A', `1-2-3-4.default.pod.${Z} 30 A 1.2.3.4`],
    ['x.y.1-2-3-4.default.pod', 'A', `x.y.1-2-3-4.default.pod.${Z} 30 A 1.2.3.4`],
    ['fd00--1.default.pod', 'AAAA', `fd00--1.default.pod.${Z} 30 AAAA fd00::1`],
    ['dns-version', 'TXT', `dns-version.${Z} 28800 TXT 1.1.0`],
    ['ns.dns', 'A', `ns.dns.${Z} 30 A 10.96.0.10`],
  ])('%s %s', (name, type, expected) => {
    expect(ask(`${name}.${Z}`, type)).toBe(expected)
  })

  test.each([
    ['1.1.96.10.in-addr.arpa', `web.default.svc.${Z}`],
    ['1.2.244.10.in-addr.arpa', `db-0.db.default.svc.${Z}`],
    [
      '0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.4.4.2.0.0.1.0.0.0.0.d.f.ip6.arpa',
      `fd00-10-244-1--0.six.default.svc.${Z}`,
    ],
  ])('PTR %s', (name, target) => {
    expect(ask(name, 'PTR')).toBe(`${name} 30 PTR ${target}`)
  })

  it('gives one PTR for every service behind which an endpoint is', () => {
    const reply = server().answer(query('5.1.244.10.in-addr.arpa', 'PTR'))
    expect(reply.answers.map((r) => (r.type === 'PTR' ? r.data : ''))).toEqual([
      `10-244-1-5.web.default.svc.${Z}`,
      `10-244-1-5.web2.default.svc.${Z}`,
    ])
  })
})

describe('SRV', () => {
  test.each([
    ['web.default.svc', ['0 100 80 web.default.svc']],
    ['_http._tcp.web.default.svc', ['0 100 80 web.default.svc']],
    ['dual.default.svc', ['0 50 80 dual.default.svc']],
    ['kube-dns.kube-system.svc', ['0 33 53 kube-dns.kube-system.svc', '0 33 9153 kube-dns.kube-system.svc']],
    ['db.default.svc', ['0 50 5432 db-0.db.default.svc', '0 50 5432 10-244-2-2.db.default.svc']],
    ['10-244-1-5.web.default.svc', ['0 100 8080 10-244-1-5.web.default.svc']],
  ])('%s', (name, expected) => {
    const reply = server().answer(query(`${name}.${Z}`, 'SRV'))
    expect(reply.answers.map(text)).toEqual(expected.map((data) => `${name}.${Z} 30 SRV ${data}.${Z}`))
  })

  it('adds the addresses of both families once per target', () => {
    const reply = server().answer(query(`dual.default.svc.${Z}`, 'SRV'))
    expect(reply.additionals.map(text)).toEqual([
      `dual.default.svc.${Z} 30 A 10.96.1.7`,
      `dual.default.svc.${Z} 30 AAAA fd00::7`,
    ])
  })
})

describe('NODATA or NXDOMAIN', () => {
  test.each([
    ...['AAAA', 'TXT', 'MX', 'CNAME', 'PTR', 'UNKNOWN_65', 'CAA'].map((type) => ['web.default.svc', type, 'NODATA']),
    ['gone.default.svc', 'A', 'NXDOMAIN'],
    ['web.nowhere.svc', 'A', 'NXDOMAIN'],
    ['_https._tcp.web.default.svc', 'SRV', 'NXDOMAIN'],
    ['_http._udp.web.default.svc', 'SRV', 'NXDOMAIN'],
    ['_80._tcp.web.default.svc', 'SRV', 'NXDOMAIN'],
    ...['A', 'AAAA', 'TXT', 'SRV'].map((type) => ['starting.default.svc', type, 'NXDOMAIN']),
    ['starting.default.svc', 'SOA', 'NODATA'],
    ['six.default.svc', 'A', 'NODATA'],
    ['six.default.svc', 'SRV', 'NODATA'],
    ['bare.default.svc', 'SRV', 'NODATA'],
    ['10-244-1-6.web.default.svc', 'A', 'NXDOMAIN'],
    ['10-244-2-1.db.default.svc', 'A', 'NXDOMAIN'],
    ['db-2.db.default.svc', 'A', 'NXDOMAIN'],
    ...['default.svc', 'svc', 'pod', 'default.pod', ''].flatMap((name) => [
      [name, 'A', 'NODATA'],
      [name, 'TXT', 'NXDOMAIN'],
    ]),
    ['nowhere.svc', 'A', 'NXDOMAIN'],
    ['web-7d9-aaaaa.default.pod', 'A', 'NXDOMAIN'],
    ['01-2-3-4.default.pod', 'A', 'NXDOMAIN'],
    ['1-2-3-4.nowhere.pod', 'A', 'NXDOMAIN'],
    ['fd00--1.default.pod', 'A', 'NODATA'],
    ['inside-missing.default.svc', 'A', 'NODATA'],
    ['inside.default.svc', 'AAAA', 'NODATA'],
    ['inside.default.svc', 'SRV', 'NODATA'],
    ['self.default.svc', 'A', 'NODATA'],
    ['ping.default.svc', 'A', 'NODATA'],
    ['number.default.svc', 'A', 'NXDOMAIN'],
    ['_http._tcp.outside.default.svc', 'A', 'NXDOMAIN'],
    ['x.outside.default.svc', 'A', 'NXDOMAIN'],
    ['a.b.c.web.default.svc', 'A', 'NXDOMAIN'],
    ['*.default.svc', 'A', 'NXDOMAIN'],
    ['any.default.svc', 'A', 'NXDOMAIN'],
    ['web.default', 'A', 'NXDOMAIN'],
    [`web.default.svc.${Z}.svc`, 'A', 'NXDOMAIN'],
    ['nothing.at.all', 'SOA', 'NODATA'],
    ['dns-version', 'A', 'NXDOMAIN'],
    ['ns.dns', 'MX', 'NODATA'],
  ] as [string, string, string][])('%s %s: %s', (name, type, expected) => {
    expect(ask(name === '' ? Z : `${name}.${Z}`, type)).toBe(expected)
  })

  test.each([
    ['10-244-1-5.default.pod', { pods: 'disabled' }, 'NXDOMAIN'],
    ['default.pod', { pods: 'disabled' }, 'NXDOMAIN'],
    ['pod', { pods: 'disabled' }, 'NODATA'],
    ['10-244-1-5.default.pod', { pods: 'verified' }, `10-244-1-5.default.pod.${Z} 30 A 10.244.1.5`],
    ['10-244-1-5.shop.pod', { pods: 'verified' }, 'NXDOMAIN'],
    ['10-244-9-9.default.pod', { pods: 'verified' }, 'NXDOMAIN'],
    ['empty.default.svc', { ignoreEmptyService: true }, 'NXDOMAIN'],
    ['db.default.svc', { noEndpoints: true }, 'NXDOMAIN'],
    ['api.shop.svc', { namespaces: ['default'] }, 'NXDOMAIN'],
    ['gone.default.svc', { synced: false }, 'SERVFAIL'],
    ['web.default.svc', { synced: false }, `web.default.svc.${Z} 30 A 10.96.1.1`],
  ] as [string, Partial<ClusterDnsOptions>, string][])('%s with %o: %s', (name, options, expected) => {
    expect(ask(`${name}.${Z}`, 'A', options)).toBe(expected)
  })

  it('sends unknown reverse names on, and incomplete ones too', () => {
    expect(ask('1.2.0.192.in-addr.arpa', 'PTR')).toBe('SERVFAIL without SOA')
    expect(ask('1.2.0.192.in-addr.arpa', 'PTR', { fallthrough: [] })).toBe('NXDOMAIN')
    expect(ask('96.10.in-addr.arpa', 'PTR', { fallthrough: [] })).toBe('NXDOMAIN')
    expect(ask('1.1.96.10.in-addr.arpa', 'A', { fallthrough: [] })).toBe('NXDOMAIN')
  })
})

describe('the apex', () => {
  it('has an SOA whose TTL is at most 300 s, in the spelling of the question', () => {
    const reply = server({ ttl: 900 }).answer(query('CLUSTER.local', 'SOA'))
    expect(reply.answers[0]).toMatchObject({
      name: 'CLUSTER.local',
      ttl: 300,
      data: { mname: 'ns.dns.CLUSTER.local', rname: 'hostmaster.CLUSTER.local', refresh: 7200, minimum: 900 },
    })
  })

  it('names the service in front of the server', () => {
    const reply = server().answer(query(Z, 'NS'))
    expect(reply.answers.map(text)).toEqual([`${Z} 30 NS kube-dns.kube-system.svc.${Z}`])
    expect(reply.additionals.map(text)).toEqual([`kube-dns.kube-system.svc.${Z} 30 A 10.96.0.10`])
  })

  it('names itself without such a service, and nothing without an address', () => {
    expect(ask(Z, 'NS', { localAddresses: ['10.0.0.1'] })).toBe(`${Z} 30 NS ns.dns.${Z}`)
    expect(ask(Z, 'NS', { localAddresses: [] })).toBe('NODATA')
  })

  it('is compared with the zone as asked', () => {
    expect(ask('Cluster.Local', 'NS')).toBe('NODATA')
    expect(ask('ns.dns.Cluster.Local', 'A')).toBe('NXDOMAIN')
  })

  it('has a serial that grows with visible changes only', () => {
    const store = cluster()
    const coredns = new ClusterDns(store)
    const serial = (): number => {
      const [soa] = coredns.answer(query(Z, 'SOA')).answers
      return soa?.type === 'SOA' ? soa.data.serial : -1
    }
    const before = serial()
    store.put(namespace('later'))
    store.put(service('web', ['10.96.1.1'], [port('http', 80)], { externalIPs: ['192.0.2.99'] }))
    expect(serial()).toBe(before)
    store.put(service('web', ['10.96.1.1'], [port('http', 81)]))
    expect(serial()).toBe(store.version)
    const changed = serial()
    store.delete('Service', 'web', 'default')
    expect(serial()).toBeGreaterThan(changed)
  })
})

describe('the reply', () => {
  it('keeps the spelling of the question in owners, and lower case in SRV targets', () => {
    const reply = server().answer(query('WEB.Default.svc.CLUSTER.local', 'SRV'))
    expect(reply.questions[0]?.name).toBe('WEB.Default.svc.CLUSTER.local')
    expect(reply.answers.map(text)).toEqual([
      'WEB.Default.svc.CLUSTER.local 30 SRV 0 100 80 web.default.svc.CLUSTER.local',
    ])
  })

  it('is authoritative and never offers recursion, even when it holds nothing', () => {
    for (const name of [`web.default.svc.${Z}`, `gone.default.svc.${Z}`]) {
      const reply = server().answer(query(name, 'AAAA'))
      expect(reply).toMatchObject({ id: 7, response: true, authoritative: true, recursionAvailable: false })
    }
  })

  it('relays what the world outside says, and says SERVFAIL of what nobody knows', () => {
    expect(ask('DB.example.org', 'A')).toBe('DB.example.org 30 A 203.0.113.9')
    expect(ask('db.example.org', 'TXT')).toBe('NODATA without SOA')
    expect(ask('www.example.com', 'A')).toBe('SERVFAIL without SOA')
    expect(server().answer(query('db.example.org', 'A'))).toMatchObject({
      authoritative: false,
      recursionAvailable: true,
    })
  })

  it('refuses transfers and other classes, bare', () => {
    expect(ask(Z, 'AXFR')).toBe('REFUSED without SOA')
    const chaos = query('version.bind', 'TXT', { questions: [{ name: 'version.bind', type: 'TXT', class: 'CH' }] })
    expect(server({ upstream: null }).answer(chaos).rcode).toBe(dns.RCODE.REFUSED)
    expect(server().answer(query('', 'A', { questions: [] })).rcode).toBe(dns.RCODE.SERVFAIL)
  })

  const opt = (more: Partial<dns.OptRecord> = {}): dns.OptRecord => ({
    type: 'OPT',
    name: '.',
    udpPayloadSize: 1232,
    extendedRcode: 0,
    ednsVersion: 0,
    dnssecOk: true,
    options: [],
    ...more,
  })

  it('echoes EDNS: size, DO and known options', () => {
    const options = [
      { code: 3, data: new Uint8Array() },
      { code: 8, data: new Uint8Array(8) },
    ]
    const reply = server().answer(query(`web.default.svc.${Z}`, 'A', { additionals: [opt({ options })] }))
    expect(reply.additionals).toEqual([opt({ options: options.slice(0, 1) })])
  })

  it('knows only version 0 of EDNS', () => {
    const reply = server().answer(query(`web.default.svc.${Z}`, 'A', { additionals: [opt({ ednsVersion: 1 })] }))
    expect(reply).toMatchObject({ rcode: 0, answers: [], additionals: [{ extendedRcode: 1, ednsVersion: 0 }] })
  })

  it('is compressed when it must, then cut with TC', () => {
    const store = cluster()
    const many = Array.from({ length: 60 }, (_, i) => endpoint(`10.244.7.${i + 1}`))
    store.put(service('many', ['None'], [port('http', 80)]))
    store.put(slice('many-1', 'many', many.slice(0, 20), [http]))
    const coredns = new ClusterDns(store)
    const ask = query(`many.default.svc.${Z}`, 'A')
    const twenty = coredns.answerBytes(dns.emit(ask))!
    expect(twenty.length).toBeLessThanOrEqual(512)
    expect(dns.parse(twenty)).toMatchObject({ truncated: false, answers: { length: 20 } })
    store.put(slice('many-1', 'many', many, [http]))
    const cut = coredns.answerBytes(dns.emit(ask))!
    // 12 of header, 32 + 4 of question, 16 for each record with a compressed owner: 29 records make 512 bytes.
    expect(cut.length).toBe(512)
    expect(dns.parse(cut)).toMatchObject({ truncated: true, answers: { length: 29 } })
    const whole = coredns.answerBytes(dns.emit(ask), { transport: 'tcp' })!
    expect(dns.parse(whole)).toMatchObject({ truncated: false, answers: { length: 60 } })
    const edns = coredns.answerBytes(dns.emit({ ...ask, additionals: [opt({ udpPayloadSize: 1232 })] }))!
    expect(dns.parse(edns)).toMatchObject({ truncated: false, answers: { length: 60 } })
  })

  it('puts every address first with equal probability', () => {
    const firsts = new Map<string, number>()
    for (const { value, probability } of enumerate((choices) => {
      const [first] = server().answer(query(`db.default.svc.${Z}`, 'A'), { choices }).answers
      return first?.type === 'A' ? first.data : ''
    }, 1))
      firsts.set(value, (firsts.get(value) ?? 0) + probability)
    expect([...firsts]).toEqual([
      ['10.244.2.1', 0.5],
      ['10.244.2.2', 0.5],
    ])
  })

  it('is the same from a clone', () => {
    const original = server()
    const ask = query(`db.default.svc.${Z}`, 'SRV')
    expect(cloneGraph(original).answer(ask)).toEqual(original.answer(ask))
  })
})

describe('bytes', () => {
  const parsed = (bytes: Uint8Array | null): dns.Message => dns.parse(bytes!) as dns.Message

  it('ignores replies and fragments of headers', () => {
    expect(server().answerBytes(dns.emit({ ...query(Z, 'A'), response: true }))).toBeNull()
    expect(server().answerBytes(new Uint8Array(11))).toBeNull()
  })

  it('rejects what does not parse and what it does not implement', () => {
    const bytes = dns.emit(query(Z, 'A'))
    expect(parsed(server().answerBytes(bytes.subarray(0, 20)))).toMatchObject({ id: 7, response: true, rcode: 1 })
    const update = dns.emit({ ...query(Z, 'A'), opcode: 5 })
    expect(parsed(server().answerBytes(update))).toMatchObject({ opcode: 5, rcode: dns.RCODE.NOTIMP })
  })

  it('echoes the question byte for byte', () => {
    const bytes = dns.emit(query('x'.repeat(63) + '.default.svc.cluster.local', 'A'))
    bytes.fill(0xff, 13, 13 + 63)
    const reply = server().answerBytes(bytes)!
    expect([...reply.subarray(12, bytes.length)]).toEqual([...bytes.subarray(12)])
  })

  it('answers what answer gives', () => {
    const ask = query(`kube-dns.kube-system.svc.${Z}`, 'SRV')
    expect(parsed(server().answerBytes(dns.emit(ask)))).toEqual(server().answer(ask))
  })

  it('takes any bytes without an exception', () => {
    const coredns = server()
    const valid = dns.emit(query(`x.y.1-2-3-4.default.pod.${Z}`, 'A'))
    const flips = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 6 }).map((changes) => {
      const bytes = valid.slice()
      for (const [at, value] of changes) bytes[at] = value
      return bytes
    })
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 80 }), flips), (bytes) => {
        const reply = coredns.answerBytes(bytes)
        if (reply !== null) expect([...reply.subarray(0, 2)]).toEqual([...bytes.subarray(0, 2)])
      }),
      { numRuns: 500 },
    )
  })
})

describe('explain', () => {
  test.each([
    ['web.default.svc', 'A', null],
    ['wbe.default.svc', 'A', 'service wbe does not exist in namespace default; did you mean web?'],
    ['api.default.svc', 'A', 'service api does not exist in namespace default; it does in shop: api.shop'],
    ['web.defualt.svc', 'A', 'namespace defualt does not exist; did you mean default?'],
    ['starting.default.svc', 'A', 'headless service default/starting has no ready endpoints (1 not ready)'],
    ['web.default', 'A', `names in ${Z} end in svc.${Z} or pod.${Z}; did you mean web.default.svc.${Z}?`],
    ['_https._tcp.web.default.svc', 'SRV', 'service default/web has no port _https._tcp; it has _http._tcp'],
    ['db-2.db.default.svc', 'A', 'service default/db has no ready endpoint named db-2: it is not ready'],
    ['web.default.svc', 'AAAA', `web.default.svc.${Z} exists but has IPv4 addresses only`],
    ['default.svc', 'A', `default.svc.${Z} exists but holds no records: it is no service, endpoint or pod`],
    [
      'web-7d9-aaaaa.default.pod',
      'A',
      '"web-7d9-aaaaa" is not an address: pod names are addresses with dashes, such as 10-244-1-5',
    ],
    [
      'inside-missing.default.svc',
      'A',
      `inside-missing.default.svc.${Z} is an ExternalName for gone.default.svc.${Z}, which gives no A record`,
    ],
    [`web.default.svc.${Z}.default.svc`, 'A', `web.default.svc.${Z} with a search element behind it is no name`],
  ])('%s %s', (name, type, expected) => {
    expect(server().explain(`${name}.${Z}`, type)).toBe(expected)
  })

  it('says of outside names that nothing is known', () => {
    expect(server().explain('www.example.com')).toBe(
      `www.example.com is outside ${Z}: the question is forwarded, and what the servers outside answer is unknown`,
    )
    expect(server().explain('db.example.org')).toBeNull()
  })
})
