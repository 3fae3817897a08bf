import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cidrContains, parseCidr, parseIpv4 } from '../addr/index.js'
import { isPodReady, type Kind, type ObjectOf, parseManifests, serviceNameOf } from '../api/index.js'
import { InvalidInputError, printIssue, Rng } from '../base/index.js'
import { Store } from '../store/index.js'
import { type ControlPlaneOptions, settle } from './index.js'

const OPTIONS: Omit<ControlPlaneOptions, 'rng'> = { nodes: 2, podCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/12' }

interface World {
  readonly store: Store
  readonly warnings: string[]
}

function load(text: string, store = new Store()): Store {
  for (const object of parseManifests([{ file: 'app.yaml', text }]).objects) store.put(object)
  return store
}

function settled(text: string, options: Partial<ControlPlaneOptions> = {}): World {
  const store = load(text)
  return { store, warnings: resettle(store, options) }
}

function resettle(store: Store, options: Partial<ControlPlaneOptions> = {}): string[] {
  return settle(store, { ...OPTIONS, rng: new Rng(1), ...options }).warnings.map(printIssue)
}

function errorsOf(text: string, options: Partial<ControlPlaneOptions> = {}): string[] {
  const store = load(text)
  const version = store.version
  try {
    resettle(store, options)
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    expect(store.version).toBe(version)
    return error.issues.map(printIssue)
  }
  return []
}

function names<K extends Kind>(store: Store, kind: K, namespace = 'default'): string[] {
  return store.list(kind, namespace).map((o) => o.metadata.name)
}

function get<K extends Kind>(store: Store, kind: K, name: string, namespace = 'default'): ObjectOf<K> {
  const object = store.get(kind, name, namespace)
  if (object === undefined) throw new Error(`no ${kind} ${name}`)
  return object
}

function slicesOf(store: Store, service: string): ObjectOf<'EndpointSlice'>[] {
  return store.list('EndpointSlice', 'default').filter((slice) => serviceNameOf(slice) === service)
}

const node = (name: string, extra = ''): string => `
---
apiVersion: v1
kind: Node
metadata: {name: ${name}, labels: {"topology.kubernetes.io/zone": zone-${name}}}
${extra}`

const pod = (name: string, spec = '', status = ''): string => `
---
apiVersion: v1
kind: Pod
metadata: {name: ${name}, labels: {app: web}}
spec: {containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]${spec}}
${status}`

const service = (name: string, spec = ''): string => `
---
apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]${spec}}
`

const workload = (kind: string, name: string, spec = ''): string => `
---
apiVersion: apps/v1
kind: ${kind}
metadata: {name: ${name}}
spec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c}]}}${spec}}
`

describe('nodes', () => {
  it('are made when there are none, with addresses and ranges in order', () => {
    const { store } = settled('', { nodes: 3 })
    const shape = store.list('Node').map((n) => [n.metadata.name, n.status.addresses[0]?.address, n.spec.podCIDRs[0]])
    expect(shape).toEqual([
      ['node-1', '192.168.10.11', '10.244.0.0/24'],
      ['node-2', '192.168.10.12', '10.244.1.0/24'],
      ['node-3', '192.168.10.13', '10.244.2.0/24'],
    ])
  })

  it('keep what they were given; the cursor passes over it', () => {
    const { store } = settled(
      node('a') +
        node('b', 'spec: {podCIDR: 10.244.0.0/24}\nstatus: {addresses: [{type: InternalIP, address: 192.168.10.11}]}'),
    )
    expect(get(store, 'Node', 'a', '').spec.podCIDRs).toEqual(['10.244.1.0/24'])
    expect(get(store, 'Node', 'a', '').status.addresses[0]?.address).toBe('192.168.10.12')
    expect(get(store, 'Node', 'b', '').status.addresses[0]?.address).toBe('192.168.10.11')
  })

  it('clash over addresses, over ranges, and with the networks', () => {
    const at = (ip: string): string => `status: {addresses: [{type: InternalIP, address: ${ip}}]}`
    expect(errorsOf(node('a', at('192.168.10.20')) + node('b', at('192.168.10.20')))).toEqual([
      'app.yaml:11:50: status.addresses[0].address: Node b: address 192.168.10.20 is already that of Node a (app.yaml:3:1); give each node an address of its own',
    ])
    expect(errorsOf(node('a', at('10.96.0.9')))[0]).toContain(
      'address 10.96.0.9 is inside the service network 10.96.0.0/12',
    )
    const cidr = 'spec: {podCIDR: 10.244.3.0/24}'
    expect(errorsOf(node('a', cidr) + node('b', cidr))).toEqual([
      'app.yaml:11:17: spec.podCIDR: Node b: pod CIDR 10.244.3.0/24 overlaps 10.244.3.0/24 of Node a (app.yaml:3:1); give each node a range of its own',
    ])
    expect(errorsOf(node('a', 'spec: {podCIDR: 10.9.0.0/24}'))).toEqual([
      'app.yaml:6:17: spec.podCIDR: Node a: pod CIDR 10.9.0.0/24 is outside the pod network 10.244.0.0/16; use a part of it',
    ])
  })

  it('exhaust the pod network', () => {
    expect(errorsOf(node('a') + node('b'), { podCidr: '10.244.7.0/24' })).toEqual([
      'app.yaml:8:1: Node b: no /24 is left for it in the pod network 10.244.7.0/24; use fewer nodes or a larger pod network',
    ])
  })
})

describe('options', () => {
  it.each([
    [
      { podCidr: '10.244.0.0' },
      'podCidr: "10.244.0.0" is not an IPv4 network; use a network such as 10.244.0.0/16, with no host bits set',
    ],
    [{ podCidr: '10.244.0.0/25' }, 'podCidr: 10.244.0.0/25 is too small; each node needs a /24 of it'],
    [
      { podCidr: '10.96.0.0/16' },
      'serviceCidr: 10.96.0.0/12 overlaps the pod network 10.96.0.0/16; use networks that share no address',
    ],
    [
      { podCidr: '192.168.0.0/16' },
      'podCidr: 192.168.0.0/16 overlaps the node network 192.168.10.0/24; use networks that share no address',
    ],
    [{ nodePortRange: '9-1' }, 'nodePortRange: "9-1" is not a port range; use FIRST-LAST, such as 30000-32767'],
    [{ nodes: 0 }, 'nodes: 0 is not a number of nodes; use 1 or more'],
  ])('%o', (options, expected) => expect(errorsOf('', options)).toContain(expected))
})

describe('system', () => {
  it('has the kubernetes service and cluster DNS', () => {
    const { store } = settled('')
    expect(get(store, 'Service', 'kubernetes').spec.clusterIP).toBe('10.96.0.1')
    expect(get(store, 'EndpointSlice', 'kubernetes')).toMatchObject({
      endpoints: [{ addresses: ['192.168.10.11'] }],
      ports: [{ name: 'https', port: 6443 }],
    })
    expect(get(store, 'Service', 'kube-dns', 'kube-system').spec.clusterIP).toBe('10.96.0.10')
    const pods = store.list('Pod', 'kube-system')
    expect(pods.map((p) => [p.spec.nodeName, p.status.podIP, p.spec.dnsPolicy])).toEqual([
      ['node-1', '10.244.0.2', 'Default'],
      ['node-2', '10.244.1.2', 'Default'],
    ])
    const [slice] = store.list('EndpointSlice', 'kube-system')
    expect(slice?.endpoints).toHaveLength(2)
    expect(names(store, 'Namespace', '')).toEqual(['default', 'kube-system'])
  })

  it('leaves to the manifests what they bring', () => {
    const dns = workload('Deployment', 'my-dns').replace('name: my-dns', 'name: coredns, namespace: kube-system')
    const { store } = settled(dns)
    expect(store.list('Pod')).toHaveLength(1)
  })
})

describe('workloads', () => {
  it('a Deployment becomes a ReplicaSet with a hash, and pods with a suffix', () => {
    const { store } = settled(workload('Deployment', 'web', ', replicas: 3'))
    const [replicaSet] = names(store, 'ReplicaSet')
    expect(replicaSet).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{10}$/)
    const pods = store.list('Pod', 'default')
    expect(pods).toHaveLength(3)
    for (const p of pods) {
      expect(p.metadata.name).toMatch(new RegExp(`^${replicaSet}-[bcdfghjklmnpqrstvwxz2456789]{5}$`))
      expect(p.metadata.labels['pod-template-hash']).toBe(replicaSet?.slice(4))
    }
    expect(new Set(pods.map((p) => p.spec.nodeName))).toEqual(new Set(['node-1', 'node-2']))
  })

  it('a StatefulSet names, numbers and labels its pods', () => {
    const { store } = settled(workload('StatefulSet', 'db', ', serviceName: db-svc, replicas: 2, ordinals: {start: 5}'))
    expect(names(store, 'Pod')).toEqual(['db-5', 'db-6'])
    const { spec, metadata } = get(store, 'Pod', 'db-5')
    expect([spec.hostname, spec.subdomain]).toEqual(['db-5', 'db-svc'])
    expect(metadata.labels).toMatchObject({ 'statefulset.kubernetes.io/pod-name': 'db-5', app: 'web' })
  })

  it('a DaemonSet has one pod a node', () => {
    const { store } = settled(workload('DaemonSet', 'agent'), { nodes: 3 })
    expect(store.list('Pod', 'default').map((p) => p.spec.nodeName)).toEqual(['node-1', 'node-2', 'node-3'])
  })

  it('follow a change of replicas, of the template, and their own end', () => {
    const { store } = settled(workload('Deployment', 'web', ', replicas: 3'))
    const before = names(store, 'Pod')
    load(workload('Deployment', 'web', ', replicas: 2'), store)
    resettle(store)
    expect(names(store, 'Pod')).toEqual(before.slice(0, 2))
    load(workload('Deployment', 'web', ', replicas: 2').replace('name: c', 'name: d'), store)
    resettle(store)
    expect(names(store, 'ReplicaSet')).toHaveLength(2)
    expect(names(store, 'Pod').filter((name) => before.includes(name))).toEqual([])
    store.delete('Deployment', 'web', 'default')
    resettle(store)
    expect([...names(store, 'Pod'), ...names(store, 'ReplicaSet')]).toEqual([])
  })

  it('keep pods of a dump whose owner is not in it', () => {
    const text = pod('web-1').replace(
      'labels:',
      'ownerReferences: [{kind: ReplicaSet, name: gone, controller: true}], labels:',
    )
    expect(names(settled(text).store, 'Pod')).toEqual(['web-1'])
  })
})

describe('scheduling', () => {
  it('honours nodeName and nodeSelector', () => {
    const text =
      node('a') +
      node('b') +
      pod('x', ', nodeName: b') +
      pod('z', ', nodeSelector: {"topology.kubernetes.io/zone": zone-b}')
    const { store } = settled(text)
    expect([get(store, 'Pod', 'x'), get(store, 'Pod', 'z')].map((p) => p.spec.nodeName)).toEqual(['b', 'b'])
  })

  it('refuses a node that does not exist', () => {
    expect(errorsOf(pod('x', ', nodeName: nod-1'))).toEqual([
      'app.yaml:6:87: spec.nodeName: Pod default/x: node "nod-1" does not exist; did you mean "node-1"?',
    ])
  })

  it('keeps pods with one host port apart, and says why the last is Pending', () => {
    const text = ['a', 'b', 'd']
      .map((n) => pod(n).replace('containerPort: 8080', 'containerPort: 8080, hostPort: 80'))
      .join('')
    const { store, warnings } = settled(text)
    expect(['a', 'b'].map((n) => get(store, 'Pod', n).spec.nodeName)).toEqual(['node-1', 'node-2'])
    expect(get(store, 'Pod', 'd').status).toMatchObject({ phase: 'Pending', podIPs: [] })
    const why = "0/2 nodes are available: 2 node(s) didn't have free ports for the requested pod ports"
    expect(warnings).toEqual([`app.yaml:15:1: Pod default/d: is Pending: ${why}`])
    store.delete('Pod', 'a', 'default')
    expect(resettle(store)).toEqual([])
    expect(get(store, 'Pod', 'd').status).toMatchObject({ phase: 'Running', podIP: '10.244.0.4' })
  })

  it('passes over cordoned nodes, and says what did not fit', () => {
    const { warnings } = settled(node('a', 'spec: {unschedulable: true}') + pod('x', ', nodeSelector: {disk: ssd}'))
    expect(warnings.at(-1)).toContain('0/1 nodes are available: 1 node(s) were unschedulable')
  })
})

describe('pod addresses', () => {
  it('go round the range as host-local does: a freed one is not used again at once', () => {
    const { store } = settled(pod('a') + pod('b'), { nodes: 1 })
    expect(['a', 'b'].map((n) => get(store, 'Pod', n).status.podIP)).toEqual(['10.244.0.4', '10.244.0.5'])
    store.delete('Pod', 'b', 'default')
    load(pod('d'), store)
    resettle(store, { nodes: 1 })
    expect(get(store, 'Pod', 'd').status.podIP).toBe('10.244.0.6')
  })

  it('are the node address on the host network', () => {
    const { store } = settled(pod('a', ', hostNetwork: true, nodeName: node-2'))
    expect(get(store, 'Pod', 'a').status).toMatchObject({ podIP: '192.168.10.12', hostIP: '192.168.10.12' })
  })

  it('are kept when given, and choose the node', () => {
    const { store } = settled(pod('a', '', 'status: {podIP: 10.244.1.77}'))
    expect(get(store, 'Pod', 'a').spec.nodeName).toBe('node-2')
  })

  it.each([
    [
      'outside the node',
      ', nodeName: node-1',
      '10.244.1.7',
      'podIP 10.244.1.7 is outside 10.244.0.0/24, the range of its node node-1; use an address of that range',
    ],
    ['the gateway', '', '10.244.1.1', 'podIP 10.244.1.1 is the gateway address of 10.244.1.0/24; use another address'],
    [
      'on the host network',
      ', hostNetwork: true, nodeName: node-1',
      '10.244.0.7',
      'podIP 10.244.0.7 is not the address of its node node-1; use 192.168.10.11: the pod is on the host network',
    ],
  ])('are refused: %s', (_, spec, ip, expected) => {
    expect(errorsOf(pod('a', spec, `status: {podIP: ${ip}}`))).toEqual([
      `app.yaml:7:17: status.podIP: Pod default/a: ${expected}`,
    ])
  })

  it('are refused twice', () => {
    const status = 'status: {podIP: 10.244.0.9}'
    expect(errorsOf(pod('a', '', status) + pod('b', '', status))).toEqual([
      'app.yaml:13:17: status.podIP: Pod default/b: podIP 10.244.0.9 is already that of Pod default/a (app.yaml:3:1); leave it out to have one allocated',
    ])
  })

  it('run out', () => {
    const small = node('a', 'spec: {podCIDR: 10.244.0.0/29}')
    const errors = errorsOf(small + ['p', 'q', 'r', 's'].map((n) => pod(n)).join(''))
    expect(errors).toEqual([
      'app.yaml:26:1: Pod default/s: no address is left in 10.244.0.0/29, the range of its node a; use more nodes, or larger ranges',
    ])
  })
})

describe('readiness', () => {
  it.each([
    ['nothing said', pod('a'), true],
    ['Ready False', pod('a', '', 'status: {conditions: [{type: Ready, status: "False"}]}'), false],
    ['phase Unknown', pod('a', '', 'status: {phase: Unknown}'), false],
    ['annotation', pod('a').replace('labels:', 'annotations: {kubehop.dev/ready: "false"}, labels:'), false],
  ])('%s', (_, text, expected) => expect(isPodReady(get(settled(text).store, 'Pod', 'a'))).toBe(expected))

  it('leaves a pod alone that a person calls Pending', () => {
    const { store } = settled(pod('a', '', 'status: {phase: Pending}') + service('web'))
    expect(get(store, 'Pod', 'a').status.podIP).toBeUndefined()
    expect(slicesOf(store, 'web')[0]?.endpoints).toEqual([])
  })
})

describe('cluster IPs', () => {
  it('are allocated above the band that is kept for people', () => {
    const { store } = settled(service('a') + service('b') + service('d', ', clusterIP: None'))
    const [a, b, d] = ['a', 'b', 'd'].map((n) => get(store, 'Service', n).spec)
    expect(parseIpv4(a?.clusterIP ?? '')).toBeGreaterThan(parseIpv4('10.96.1.0')!)
    expect(parseIpv4(a?.clusterIP ?? '')).toBeLessThan(parseIpv4('10.111.255.255')!)
    expect(a?.clusterIP).not.toBe(b?.clusterIP)
    expect(d?.clusterIPs).toEqual(['None'])
  })

  it('do not depend on other services', () => {
    const alone = get(settled(service('a')).store, 'Service', 'a').spec.clusterIP
    expect(get(settled(service('z') + service('a')).store, 'Service', 'a').spec.clusterIP).toBe(alone)
  })

  it('clash, and lie outside', () => {
    expect(errorsOf(service('a', ', clusterIP: 10.96.0.10'))).toEqual([
      'app.yaml:6:80: spec.clusterIP: Service default/a: cluster IP 10.96.0.10 is already that of Service kube-system/kube-dns; leave it out to have one allocated',
    ])
    expect(errorsOf(service('a', ', clusterIP: 10.200.0.1'))).toEqual([
      'app.yaml:6:80: spec.clusterIP: Service default/a: cluster IP 10.200.0.1 is outside the service network 10.96.0.0/12; use 10.96.0.1 to 10.111.255.254',
    ])
  })

  it('run out', () => {
    const text = ['a', 'b', 'd', 'e', 'f'].map((n) => service(n)).join('')
    expect(errorsOf(text, { serviceCidr: '10.96.0.0/29' })).toEqual([
      'app.yaml:27:1: Service default/f: no address is left in the service network 10.96.0.0/29; use a larger service network',
    ])
  })
})

describe('node ports', () => {
  const nodePort = (n: number): string => `, type: NodePort, ports: [{port: 80, nodePort: ${n}}]`
  const fixed = (name: string, n: number): string =>
    service(name, '').replace(', ports: [{port: 80, targetPort: http}]', nodePort(n))

  it('are allocated above the band that is kept for people, and for health checks', () => {
    const { store } = settled(
      service('a', ', type: NodePort') + service('b', ', type: LoadBalancer, externalTrafficPolicy: Local'),
    )
    const ports = [
      get(store, 'Service', 'a').spec.ports[0]?.nodePort,
      get(store, 'Service', 'b').spec.healthCheckNodePort,
    ]
    for (const port of ports) {
      expect(port).toBeGreaterThanOrEqual(30086)
      expect(port).toBeLessThanOrEqual(32767)
    }
    expect(get(store, 'Service', 'b').status.loadBalancer.ingress).toEqual([])
  })

  it('clash, and lie outside', () => {
    expect(errorsOf(fixed('a', 30080) + fixed('b', 30080))).toEqual([
      'app.yaml:12:75: spec.ports[0].nodePort: Service default/b: node port 30080 is already that of Service default/a (app.yaml:3:1); leave it out to have one allocated',
    ])
    expect(errorsOf(fixed('a', 8080))).toEqual([
      'app.yaml:6:75: spec.ports[0].nodePort: Service default/a: node port 8080 is outside the node port range; use 30000 to 32767',
    ])
  })

  it('run out', () => {
    const text = service('a', ', type: NodePort') + service('b', ', type: NodePort')
    expect(errorsOf(text, { nodePortRange: '31000-31000' })).toEqual([
      'app.yaml:9:1: Service default/b: no node port is left in 31000-31000; use a larger range',
    ])
  })
})

describe('endpoint slices', () => {
  it('list ready and unready pods with their conditions, not ended ones', () => {
    const text =
      pod('a') +
      pod('b', '', 'status: {conditions: [{type: Ready, status: "False"}]}') +
      pod('d').replace('labels:', 'deletionTimestamp: "2024-01-01T00:00:00Z", labels:') +
      pod('e', '', 'status: {phase: Succeeded}')
    const [slice] = slicesOf(settled(text + service('web')).store, 'web')
    expect(slice?.endpoints.map((e) => [e.targetRef?.name, e.conditions])).toEqual([
      ['a', { ready: true, serving: true, terminating: false }],
      ['b', { ready: false, serving: false, terminating: false }],
      ['d', { ready: false, serving: true, terminating: true }],
    ])
    expect(slice?.ports).toEqual([{ name: '', protocol: 'TCP', port: 8080 }])
    expect(slice?.metadata.name).toMatch(/^web-[a-z0-9]{5}$/)
  })

  it('call every pod ready for publishNotReadyAddresses', () => {
    const text =
      pod('b', '', 'status: {conditions: [{type: Ready, status: "False"}]}') +
      service('web', ', publishNotReadyAddresses: true')
    expect(slicesOf(settled(text).store, 'web')[0]?.endpoints[0]?.conditions).toEqual({
      ready: true,
      serving: false,
      terminating: false,
    })
  })

  it('are one per set of ports that a name resolves to', () => {
    const other = pod('b').replace('8080', '9090')
    const nameless = pod('d').replace('name: http, ', '')
    const { store } = settled(pod('a') + other + nameless + service('web'))
    const shape = slicesOf(store, 'web').map((slice) => [
      slice.ports.map((p) => p.port),
      slice.endpoints.map((e) => e.targetRef?.name),
    ])
    expect(shape).toEqual([
      [[8080], ['a']],
      [[9090], ['b']],
      [[], ['d']],
    ])
  })

  it('are told of when no pod has the named port', () => {
    const { warnings } = settled(pod('a').replace('name: http', 'name: web') + service('web'))
    expect(warnings).toEqual([
      'app.yaml:12:61: spec.ports[0].targetPort: Service default/web: none of its pods has a TCP container port named "http"; use the name or the number of a container port',
    ])
  })

  it('mark headless services and give pods of a StatefulSet their hostnames', () => {
    const { store } = settled(workload('StatefulSet', 'db', ', serviceName: db') + service('db', ', clusterIP: None'))
    const [slice] = slicesOf(store, 'db')
    expect(slice?.metadata.labels['service.kubernetes.io/headless']).toBe('')
    expect(slice?.endpoints[0]).toMatchObject({ hostname: 'db-0', nodeName: 'node-1' })
  })

  it('carry hints for zones and nodes', () => {
    const text =
      node('a') +
      pod('x') +
      service('s', ', trafficDistribution: PreferClose') +
      service('t', ', trafficDistribution: PreferSameNode')
    const { store } = settled(text)
    const zone = [{ name: 'zone-a' }]
    expect(slicesOf(store, 's')[0]?.endpoints[0]).toMatchObject({
      zone: 'zone-a',
      hints: { forZones: zone, forNodes: [] },
    })
    expect(slicesOf(store, 't')[0]?.endpoints[0]?.hints).toEqual({ forZones: zone, forNodes: [{ name: 'a' }] })
  })

  it('mirror Endpoints written by hand, and leave slices written by hand', () => {
    const text = `apiVersion: v1
kind: Endpoints
metadata: {name: db}
subsets: [{addresses: [{ip: 10.1.1.1}], notReadyAddresses: [{ip: 10.1.1.2}], ports: [{port: 5432}]}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: mine, labels: {kubernetes.io/service-name: db}}
addressType: IPv4
endpoints: [{addresses: [10.1.1.3]}]
${service('db').replace('selector: {app: web}, ', '').replace(', targetPort: http', '')}`
    const slices = slicesOf(settled(text).store, 'db')
    expect(slices.map((s) => s.endpoints.map((e) => [e.addresses[0], e.conditions.ready]))).toEqual([
      [['10.1.1.3', undefined]],
      [
        ['10.1.1.1', true],
        ['10.1.1.2', false],
      ],
    ])
  })

  it('follow their pods, keep their names, and go with their service', () => {
    const { store } = settled(pod('a') + service('web'))
    const [before] = slicesOf(store, 'web')
    store.delete('Pod', 'a', 'default')
    load(pod('b'), store)
    resettle(store)
    const [after] = slicesOf(store, 'web')
    expect(after?.metadata.name).toBe(before?.metadata.name)
    expect(after?.endpoints.map((e) => e.targetRef?.name)).toEqual(['b'])
    store.delete('Service', 'web', 'default')
    resettle(store)
    expect(slicesOf(store, 'web')).toEqual([])
  })
})

describe('laws', () => {
  const manifests = fc
    .record({
      deployments: fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 4 }),
      pods: fc.array(fc.constantFrom('', ', hostNetwork: true', ', nodeName: node-1'), { maxLength: 6 }),
      services: fc.array(fc.constantFrom('', ', type: NodePort', ', clusterIP: None', ', type: LoadBalancer'), {
        maxLength: 6,
      }),
    })
    .map(({ deployments, pods, services }) =>
      [
        ...deployments.map((n, i) => workload('Deployment', `dep-${i}`, `, replicas: ${n}`)),
        ...pods.map((spec, i) => pod(`pod-${i}`, spec)),
        ...services.map((spec, i) => service(`svc-${i}`, spec)),
      ].join(''),
    )

  it('hold for any manifests, number of nodes and seed', () => {
    fc.assert(
      fc.property(manifests, fc.integer({ min: 1, max: 5 }), fc.nat(), (text, nodes, seed) => {
        const { store } = settled(text, { nodes, rng: new Rng(seed) })
        const pods = store.list('Pod').filter((p) => p.status.phase === 'Running' && !p.spec.hostNetwork)
        expect(new Set(pods.map((p) => p.status.podIP)).size).toBe(pods.length)
        for (const p of pods) {
          const range = parseCidr(get(store, 'Node', p.spec.nodeName ?? '', '').spec.podCIDRs[0] ?? '')!
          expect(cidrContains(range, parseIpv4(p.status.podIP ?? '')!)).toBe(true)
        }
        const ips = store.list('Service').flatMap((svc) => svc.spec.clusterIPs.filter((ip) => ip !== 'None'))
        expect(new Set(ips).size).toBe(ips.length)
        const version = store.version
        settle(store, { ...OPTIONS, nodes, rng: new Rng(seed + 1) })
        expect(store.version).toBe(version)
      }),
      { numRuns: 60 },
    )
  })

  it('same input and seed, same state', () => {
    const text = workload('Deployment', 'web', ', replicas: 5') + service('web', ', type: NodePort')
    expect(settled(text).store.all()).toEqual(settled(text).store.all())
  })
})
