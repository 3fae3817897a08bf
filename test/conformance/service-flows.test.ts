import { describe, expect, test } from 'vitest'
import type { EndpointSlice, Service } from '../../src/api/index.js'
import type { RuleSet } from '../../src/iptables/index.js'
import { desiredRules, type ProxyNode, type ProxyOptions } from '../../src/service/index.js'
import { input, NODE, NODE_IP, node, options, service, slice } from '../helpers/proxy-objects.js'
import { type Flow, traceFlow } from '../helpers/service-tracer.js'

/** Who sends. */
const POD = '10.0.0.2'
const OUTSIDER = '1.2.3.4'

/** A row: from, to, what comes of it, whether it is masqueraded. */
type Row = readonly [name: string, from: string | Partial<Flow>, to: string, output: string, masq?: 'masq']

interface Case {
  readonly objects: readonly (Service | EndpointSlice)[]
  readonly node?: Partial<ProxyNode>
  readonly options?: Partial<ProxyOptions>
  readonly flows: readonly Row[]
}

function rulesOf({ objects, node: on, options: given }: Omit<Case, 'flows'>): RuleSet {
  return desiredRules(input(objects, on), options(given)).chains
}

/** `to` is `ip:port`, with `/udp` or `/sctp` behind it unless TCP. */
function flow(from: string | Partial<Flow>, to: string): Flow {
  const [address, protocol = 'tcp'] = to.split('/') as [string, Flow['protocol']?]
  const [destIP, destPort] = address.split(':') as [string, string]
  const sender = typeof from === 'string' ? { sourceIP: from } : { sourceIP: OUTSIDER, ...from }
  return { ...sender, protocol, destIP, destPort: Number(destPort) }
}

const SVC = 'ns1/svc1'
const CIP = '172.30.0.41'

const tcp80 = [{ name: 'p80', port: 80 }]
const here = { ip: '10.180.0.1', node: NODE }
const there = { ip: '10.180.0.2', node: 'node-2' }
const unready = { ready: false, serving: false }
const ending = { ready: false, serving: true, terminating: true }
const ended = { ready: false, serving: false, terminating: true }

const cases: Readonly<Record<string, Case>> = {
  'a cluster IP: pods unmasqueraded, all others masqueraded, the endpoint itself too': {
    objects: [
      service({ name: SVC, ports: tcp80 }),
      slice({ of: SVC, ports: [{ name: 'p80', port: 8080 }], endpoints: [here, there] }),
    ],
    flows: [
      ['pod', POD, `${CIP}:80`, '10.180.0.1:8080, 10.180.0.2:8080'],
      ['node', NODE_IP, `${CIP}:80`, '10.180.0.1:8080, 10.180.0.2:8080', 'masq'],
      ['outsider', OUTSIDER, `${CIP}:80`, '10.180.0.1:8080, 10.180.0.2:8080', 'masq'],
      ['hairpin: one of the endpoints', here.ip, `${CIP}:80`, '10.180.0.1:8080, 10.180.0.2:8080', 'masq'],
      ['another port of the address passes unmodified', POD, `${CIP}:81`, ''],
      ['another protocol passes unmodified', POD, `${CIP}:80/udp`, ''],
      ['an address of no service passes unmodified', POD, '172.30.0.99:80', ''],
    ],
  },
  'masqueradeAll: pods too': {
    objects: [
      service({ name: SVC, ports: tcp80 }),
      slice({ of: SVC, ports: [{ name: 'p80', port: 80 }], endpoints: [there] }),
    ],
    options: { masqueradeAll: true },
    flows: [['pod', POD, `${CIP}:80`, '10.180.0.2:80', 'masq']],
  },
  'no detector: nobody is masqueraded by source, pods count as outsiders': {
    objects: [
      service({
        name: SVC,
        ports: [{ name: 'p80', port: 80, nodePort: 3001 }],
        type: 'NodePort',
        externalTrafficPolicy: 'Local',
      }),
      slice({ of: SVC, ports: [{ name: 'p80', port: 80 }], endpoints: [here, there] }),
    ],
    options: { detectLocal: { mode: 'None' } },
    flows: [
      ['outsider to the cluster IP', OUTSIDER, `${CIP}:80`, '10.180.0.1:80, 10.180.0.2:80'],
      ['pod to the node port: no short circuit', POD, `${NODE_IP}:3001`, '10.180.0.1:80'],
      ['node to the node port', NODE_IP, `${NODE_IP}:3001`, '10.180.0.1:80, 10.180.0.2:80', 'masq'],
    ],
  },
  'detectors by interface: what the node sends has none, so it is not local': {
    objects: [
      service({ name: SVC, ports: tcp80 }),
      slice({ of: SVC, ports: [{ name: 'p80', port: 80 }], endpoints: [there] }),
    ],
    options: { detectLocal: { mode: 'InterfaceNamePrefix', prefix: 'veth' } },
    flows: [
      ['pod', { sourceIP: POD, inInterface: 'veth1a' }, `${CIP}:80`, '10.180.0.2:80'],
      ['pod address on another device', { sourceIP: POD, inInterface: 'eth0' }, `${CIP}:80`, '10.180.0.2:80', 'masq'],
      ['node', { sourceIP: POD }, `${CIP}:80`, '10.180.0.2:80', 'masq'],
    ],
  },
  'a bridge interface is one name, not a prefix': {
    objects: [
      service({ name: SVC, ports: tcp80 }),
      slice({ of: SVC, ports: [{ name: 'p80', port: 80 }], endpoints: [there] }),
    ],
    options: { detectLocal: { mode: 'BridgeInterface', name: 'cni0' } },
    flows: [
      ['pod', { sourceIP: POD, inInterface: 'cni0' }, `${CIP}:80`, '10.180.0.2:80'],
      ['another bridge', { sourceIP: POD, inInterface: 'cni01' }, `${CIP}:80`, '10.180.0.2:80', 'masq'],
    ],
  },
  'NodeCIDR covers the pods of this node only': {
    objects: [
      service({ name: SVC, ports: tcp80 }),
      slice({ of: SVC, ports: [{ name: 'p80', port: 80 }], endpoints: [there] }),
    ],
    options: { detectLocal: { mode: 'NodeCIDR', cidrs: ['fd00:1::/64', '10.0.0.0/24'] } },
    flows: [
      ['pod of this node', '10.0.0.9', `${CIP}:80`, '10.180.0.2:80'],
      ['pod of another node', '10.0.1.9', `${CIP}:80`, '10.180.0.2:80', 'masq'],
    ],
  },
  'endpoints come in text order, from any number of slices, without duplicates': {
    objects: [
      service({ name: SVC, ports: tcp80 }),
      slice({
        of: SVC,
        name: 'a',
        ports: [{ name: 'p80', port: 11 }],
        endpoints: [{ ip: '10.1.1.1' }, { ip: '10.1.1.11' }, { ip: '10.1.1.2' }],
      }),
      slice({ of: SVC, name: 'b', ports: [{ name: 'p80', port: 11 }], endpoints: [{ ip: '10.1.1.2' }] }),
    ],
    flows: [['pod', POD, `${CIP}:80`, '10.1.1.11:11, 10.1.1.1:11, 10.1.1.2:11']],
  },
  'the name and protocol of the port join, targetPort does not': {
    objects: [
      service({
        name: SVC,
        ports: [
          { name: 'a', port: 53, protocol: 'UDP', targetPort: 9999 },
          { name: 'b', port: 53, protocol: 'TCP' },
          { name: 'c', port: 53, protocol: 'SCTP' },
        ],
      }),
      slice({
        of: SVC,
        ports: [
          { name: 'a', protocol: 'UDP', port: 1053 },
          { name: 'a', protocol: 'TCP', port: 2053 },
          { name: 'c', protocol: 'SCTP', port: 3053 },
          { name: 'b', protocol: 'TCP' },
        ],
        endpoints: [there],
      }),
    ],
    flows: [
      ['udp', POD, `${CIP}:53/udp`, '10.180.0.2:1053'],
      ['tcp: the slice has that port under another name, and one without number', POD, `${CIP}:53/tcp`, 'REJECT'],
      ['sctp', POD, `${CIP}:53/sctp`, '10.180.0.2:3053'],
    ],
  },
  'conditions: nil is ready; unready is never used, even when serving': {
    objects: [
      service({ name: SVC, ports: tcp80 }),
      slice({
        of: SVC,
        ports: [{ name: 'p80', port: 80 }],
        endpoints: [
          { ip: '10.180.0.1' },
          { ip: '10.180.0.2', ready: true },
          { ip: '10.180.0.3', ready: false },
          { ip: '10.180.0.4', ready: false, serving: true },
          { ip: '10.180.0.5', ...ending },
        ],
      }),
    ],
    flows: [['pod', POD, `${CIP}:80`, '10.180.0.1:80, 10.180.0.2:80']],
  },
  'no endpoints at all: refused everywhere, even from outside the source ranges': {
    objects: [
      service({
        name: SVC,
        type: 'LoadBalancer',
        ports: [{ name: 'p80', port: 80, nodePort: 3001 }],
        externalIPs: ['192.168.99.11'],
        ingress: [{ ip: '1.2.3.4' }],
        loadBalancerSourceRanges: ['203.0.113.0/24'],
      }),
    ],
    flows: [
      ['cluster IP', POD, `${CIP}:80`, 'REJECT'],
      ['external IP', OUTSIDER, '192.168.99.11:80', 'REJECT'],
      ['load balancer IP', OUTSIDER, '1.2.3.4:80', 'REJECT'],
      ['node port', OUTSIDER, `${NODE_IP}:3001`, 'REJECT'],
      ['node port on the bridge address', POD, '10.244.1.1:3001', 'REJECT'],
      ['the node port elsewhere is not ours', POD, '192.168.0.77:3001', ''],
    ],
  },
  'only unready endpoints: refused': {
    objects: [
      service({ name: SVC, ports: tcp80 }),
      slice({
        of: SVC,
        ports: [{ name: 'p80', port: 80 }],
        endpoints: [
          { ...there, ...unready },
          { ...here, ...ended },
        ],
      }),
    ],
    flows: [['pod', POD, `${CIP}:80`, 'REJECT']],
  },
  'all endpoints end: those that still serve are used': {
    objects: [
      service({ name: SVC, ports: tcp80 }),
      slice({
        of: SVC,
        ports: [{ name: 'p80', port: 80 }],
        endpoints: [
          { ...here, ...ended },
          { ...there, ...ending },
        ],
      }),
    ],
    flows: [['pod', POD, `${CIP}:80`, '10.180.0.2:80']],
  },
  'external policy Cluster: everybody is masqueraded, pods included': {
    objects: [
      service({
        name: SVC,
        type: 'LoadBalancer',
        ports: [{ name: 'p80', port: 80, nodePort: 3001 }],
        externalIPs: ['192.168.99.11'],
        ingress: [{ ip: '5.6.7.8' }, { hostname: 'lb.example.com' }, { ip: '5.6.7.9', ipMode: 'Proxy' }],
      }),
      slice({ of: SVC, ports: [{ name: 'p80', port: 80 }], endpoints: [here, there] }),
    ],
    flows: [
      ['pod to the external IP', POD, '192.168.99.11:80', '10.180.0.1:80, 10.180.0.2:80', 'masq'],
      ['outsider to the external IP', OUTSIDER, '192.168.99.11:80', '10.180.0.1:80, 10.180.0.2:80', 'masq'],
      ['pod to the load balancer IP', POD, '5.6.7.8:80', '10.180.0.1:80, 10.180.0.2:80', 'masq'],
      ['an address of ipMode Proxy is not captured', POD, '5.6.7.9:80', ''],
      ['pod to the node port', POD, `${NODE_IP}:3001`, '10.180.0.1:80, 10.180.0.2:80', 'masq'],
      ['pod to its gateway address', POD, '10.244.1.1:3001', '10.180.0.1:80, 10.180.0.2:80', 'masq'],
      ['node to localhost', '127.0.0.1', '127.0.0.1:3001', '10.180.0.1:80, 10.180.0.2:80', 'masq'],
      ['the service port of a node address is nothing', OUTSIDER, `${NODE_IP}:80`, ''],
      ['pod to the cluster IP is not external', POD, `${CIP}:80`, '10.180.0.1:80, 10.180.0.2:80'],
    ],
  },
  'external policy Local: pods all endpoints, the node all masqueraded, outsiders local with their source': {
    objects: [
      service({
        name: SVC,
        type: 'LoadBalancer',
        ports: [{ name: 'p80', port: 80, nodePort: 3001 }],
        externalIPs: ['192.168.99.11'],
        ingress: [{ ip: '5.6.7.8' }],
        externalTrafficPolicy: 'Local',
        healthCheckNodePort: 30000,
      }),
      slice({ of: SVC, ports: [{ name: 'p80', port: 80 }], endpoints: [here, there] }),
    ],
    flows: [
      ['pod to the load balancer IP', POD, '5.6.7.8:80', '10.180.0.1:80, 10.180.0.2:80'],
      ['node to the load balancer IP', NODE_IP, '5.6.7.8:80', '10.180.0.1:80, 10.180.0.2:80', 'masq'],
      ['outsider to the load balancer IP', OUTSIDER, '5.6.7.8:80', '10.180.0.1:80'],
      ['pod to the external IP', POD, '192.168.99.11:80', '10.180.0.1:80, 10.180.0.2:80'],
      ['outsider to the external IP', OUTSIDER, '192.168.99.11:80', '10.180.0.1:80'],
      ['outsider to the node port', OUTSIDER, `${NODE_IP}:3001`, '10.180.0.1:80'],
      ['pod to the node port', POD, `${NODE_IP}:3001`, '10.180.0.1:80, 10.180.0.2:80'],
      ['the cluster IP obeys the other policy', OUTSIDER, `${CIP}:80`, '10.180.0.1:80, 10.180.0.2:80', 'masq'],
      ['health check port', OUTSIDER, `${NODE_IP}:30000`, 'ACCEPT'],
    ],
  },
  'external policy Local without a local endpoint: outsiders are dropped, pods and the node are not': {
    objects: [
      service({
        name: SVC,
        type: 'LoadBalancer',
        ports: [{ name: 'p80', port: 80, nodePort: 3001 }],
        externalIPs: ['192.168.99.11'],
        ingress: [{ ip: '5.6.7.8' }],
        externalTrafficPolicy: 'Local',
        healthCheckNodePort: 30000,
      }),
      slice({
        of: SVC,
        ports: [{ name: 'p80', port: 80 }],
        endpoints: [there, { ip: '10.180.0.3' }, { ...here, ...unready }],
      }),
    ],
    flows: [
      ['pod', POD, '5.6.7.8:80', '10.180.0.2:80, 10.180.0.3:80'],
      ['node', NODE_IP, '5.6.7.8:80', '10.180.0.2:80, 10.180.0.3:80', 'masq'],
      ['outsider to the load balancer IP', OUTSIDER, '5.6.7.8:80', 'DROP'],
      ['outsider to the external IP', OUTSIDER, '192.168.99.11:80', 'DROP'],
      ['outsider to the node port', OUTSIDER, `${NODE_IP}:3001`, 'DROP'],
      ['outsider to the cluster IP', OUTSIDER, `${CIP}:80`, '10.180.0.2:80, 10.180.0.3:80', 'masq'],
      ['the health check port stays open', OUTSIDER, `${NODE_IP}:30000`, 'ACCEPT'],
    ],
  },
  'a single remote endpoint that ends is enough to drop instead of refusing': {
    objects: [
      service({ name: SVC, ports: tcp80, internalTrafficPolicy: 'Local' }),
      slice({ of: SVC, ports: [{ name: 'p80', port: 80 }], endpoints: [{ ...there, ...ending }] }),
    ],
    flows: [['pod', POD, `${CIP}:80`, 'DROP']],
  },
  'internal policy Local: the cluster IP leads to this node only, external addresses anywhere': {
    objects: [
      service({ name: SVC, ports: tcp80, internalTrafficPolicy: 'Local', externalIPs: ['192.168.99.11'] }),
      slice({ of: SVC, ports: [{ name: 'p80', port: 80 }], endpoints: [here, there] }),
    ],
    flows: [
      ['pod to the cluster IP', POD, `${CIP}:80`, '10.180.0.1:80'],
      ['node to the cluster IP', NODE_IP, `${CIP}:80`, '10.180.0.1:80', 'masq'],
      ['pod to the external IP', POD, '192.168.99.11:80', '10.180.0.1:80, 10.180.0.2:80', 'masq'],
    ],
  },
  'internal policy Local without a local endpoint: dropped; without any: refused': {
    objects: [
      service({ name: SVC, ports: tcp80, internalTrafficPolicy: 'Local', externalIPs: ['192.168.99.11'] }),
      slice({ of: SVC, ports: [{ name: 'p80', port: 80 }], endpoints: [there] }),
      service({ name: 'ns2/svc2', clusterIP: '172.30.0.42', ports: tcp80, internalTrafficPolicy: 'Local' }),
    ],
    flows: [
      ['pod to the cluster IP', POD, `${CIP}:80`, 'DROP'],
      ['pod to the external IP', POD, '192.168.99.11:80', '10.180.0.2:80', 'masq'],
      ['pod to the other service', POD, '172.30.0.42:80', 'REJECT'],
    ],
  },
  'the terminating fallback is per set': {
    objects: [
      service({
        name: SVC,
        type: 'NodePort',
        ports: [{ name: 'p80', port: 80, nodePort: 3001 }],
        externalTrafficPolicy: 'Local',
      }),
      slice({
        of: SVC,
        ports: [{ name: 'p80', port: 80 }],
        endpoints: [{ ...here, ...ending }, there],
      }),
    ],
    flows: [
      ['pod: the ready one', POD, `${CIP}:80`, '10.180.0.2:80'],
      ['outsider: the local one that ends', OUTSIDER, `${NODE_IP}:3001`, '10.180.0.1:80'],
    ],
  },
  'topology: zone hints narrow the cluster-wide set, not the local one': {
    objects: [
      service({
        name: SVC,
        type: 'NodePort',
        ports: [{ name: 'p80', port: 80, nodePort: 3001 }],
        externalTrafficPolicy: 'Local',
      }),
      slice({
        of: SVC,
        ports: [{ name: 'p80', port: 80 }],
        endpoints: [
          { ...here, zones: ['zone-b'] },
          { ...there, zones: ['zone-c', 'zone-a'] },
          { ip: '10.180.0.3', zones: ['zone-b'] },
          { ip: '10.180.0.4', ...unready },
        ],
      }),
    ],
    node: { labels: { 'topology.kubernetes.io/zone': 'zone-a' } },
    flows: [
      ['pod', POD, `${CIP}:80`, '10.180.0.2:80'],
      ['outsider to the node port', OUTSIDER, `${NODE_IP}:3001`, '10.180.0.1:80'],
    ],
  },
  'topology: one ready endpoint without a hint turns it off': {
    objects: [
      service({ name: SVC, ports: tcp80 }),
      slice({ of: SVC, ports: [{ name: 'p80', port: 80 }], endpoints: [{ ...here, zones: ['zone-a'] }, there] }),
    ],
    node: { labels: { 'topology.kubernetes.io/zone': 'zone-a' } },
    flows: [['pod', POD, `${CIP}:80`, '10.180.0.1:80, 10.180.0.2:80']],
  },
  'topology: hints of no zone of ours, or a node without zone, turn it off': {
    objects: [
      service({ name: SVC, ports: tcp80 }),
      slice({ of: SVC, ports: [{ name: 'p80', port: 80 }], endpoints: [{ ...here, zones: ['zone-b'] }] }),
    ],
    flows: [['pod', POD, `${CIP}:80`, '10.180.0.1:80']],
  },
  'topology: node hints win over zone hints; the fallback to ending endpoints ignores hints': {
    objects: [
      service({ name: SVC, ports: tcp80 }),
      slice({
        of: SVC,
        ports: [{ name: 'p80', port: 80 }],
        endpoints: [
          { ...here, nodes: ['node-2'], zones: ['zone-a'] },
          { ...there, nodes: [NODE], zones: ['zone-b'] },
        ],
      }),
      service({ name: 'ns2/svc2', clusterIP: '172.30.0.42', ports: tcp80 }),
      slice({
        of: 'ns2/svc2',
        ports: [{ name: 'p80', port: 80 }],
        endpoints: [{ ip: '10.180.0.5', zones: ['zone-b'], ...ending }],
      }),
    ],
    node: { labels: { 'topology.kubernetes.io/zone': 'zone-a' } },
    flows: [
      ['pod', POD, `${CIP}:80`, '10.180.0.2:80'],
      ['pod to the service that ends', POD, '172.30.0.42:80', '10.180.0.5:80'],
    ],
  },
  'source ranges gate the load balancer IP only, pods too; the address itself may when the node may': {
    objects: [
      service({
        name: SVC,
        type: 'LoadBalancer',
        ports: [{ name: 'p80', port: 80, nodePort: 3001 }],
        externalIPs: ['192.168.99.11'],
        ingress: [{ ip: '5.6.7.8' }, { ip: '5.6.7.9' }],
        loadBalancerSourceRanges: [' 192.168.0.0/24 ', '203.0.113.7/25', 'fd00::/8'],
      }),
      slice({ of: SVC, ports: [{ name: 'p80', port: 80 }], endpoints: [there] }),
    ],
    flows: [
      ['in the first range', '192.168.0.200', '5.6.7.8:80', '10.180.0.2:80', 'masq'],
      ['in the second range', '203.0.113.99', '5.6.7.9:80', '10.180.0.2:80', 'masq'],
      ['outside', '203.0.113.200', '5.6.7.8:80', 'DROP'],
      ['pod outside', POD, '5.6.7.8:80', 'DROP'],
      ['the address itself', '5.6.7.9', '5.6.7.8:80', '10.180.0.2:80', 'masq'],
      ['node', NODE_IP, '5.6.7.8:80', '10.180.0.2:80', 'masq'],
      ['node port: not gated', OUTSIDER, `${NODE_IP}:3001`, '10.180.0.2:80', 'masq'],
      ['external IP: not gated', OUTSIDER, '192.168.99.11:80', '10.180.0.2:80', 'masq'],
      ['cluster IP: not gated', POD, `${CIP}:80`, '10.180.0.2:80'],
    ],
  },
  'source ranges that leave the node out leave the addresses out; a zero range lifts the gate': {
    objects: [
      service({
        name: SVC,
        type: 'LoadBalancer',
        ports: tcp80,
        ingress: [{ ip: '5.6.7.8' }],
        loadBalancerSourceRanges: ['203.0.113.0/25'],
      }),
      slice({ of: SVC, ports: [{ name: 'p80', port: 80 }], endpoints: [there] }),
      service({
        name: 'ns2/svc2',
        clusterIP: '172.30.0.42',
        type: 'LoadBalancer',
        ports: tcp80,
        ingress: [{ ip: '5.6.7.10' }],
        loadBalancerSourceRanges: ['203.0.113.0/25', '0.0.0.0/0'],
      }),
      slice({ of: 'ns2/svc2', ports: [{ name: 'p80', port: 80 }], endpoints: [there] }),
    ],
    flows: [
      ['the address itself', '5.6.7.8', '5.6.7.8:80', 'DROP'],
      ['outsider to the open one', OUTSIDER, '5.6.7.10:80', '10.180.0.2:80', 'masq'],
    ],
  },
  'node port addresses: a list limits where node ports answer, but not the refusal nor the health check': {
    objects: [
      service({ name: SVC, type: 'NodePort', ports: [{ name: 'p80', port: 80, nodePort: 3001 }] }),
      slice({ of: SVC, ports: [{ name: 'p80', port: 80 }], endpoints: [there] }),
      service({
        name: 'ns2/svc2',
        clusterIP: '172.30.0.42',
        type: 'NodePort',
        ports: [{ name: 'p80', port: 80, nodePort: 3002 }],
      }),
      service({
        name: 'ns3/svc3',
        clusterIP: '172.30.0.43',
        type: 'LoadBalancer',
        ports: [{ name: 'p80', port: 80, nodePort: 3003 }],
        externalTrafficPolicy: 'Local',
        healthCheckNodePort: 30003,
      }),
    ],
    options: { nodePortAddresses: ['192.168.0.0/24', 'fd00::/8'] },
    flows: [
      ['address in the list', OUTSIDER, `${NODE_IP}:3001`, '10.180.0.2:80', 'masq'],
      ['address outside the list', OUTSIDER, '192.168.1.2:3001', ''],
      ['localhost is outside the list', '127.0.0.1', '127.0.0.1:3001', ''],
      ['no endpoints: refused on any address', OUTSIDER, '192.168.1.2:3002', 'REJECT'],
      ['health check on any address', OUTSIDER, '192.168.1.2:30003', 'ACCEPT'],
    ],
  },
  'node port addresses: CIDRs of the other family only mean every address': {
    objects: [
      service({ name: SVC, type: 'NodePort', ports: [{ name: 'p80', port: 80, nodePort: 3001 }] }),
      slice({ of: SVC, ports: [{ name: 'p80', port: 80 }], endpoints: [there] }),
    ],
    options: { nodePortAddresses: ['fd00::/8'] },
    flows: [
      ['any address', OUTSIDER, '192.168.1.2:3001', '10.180.0.2:80', 'masq'],
      ['localhost', '127.0.0.1', '127.0.0.1:3001', '10.180.0.2:80', 'masq'],
    ],
  },
  'node port addresses: primary is the node IP': {
    objects: [
      service({ name: SVC, type: 'NodePort', ports: [{ name: 'p80', port: 80, nodePort: 3001 }] }),
      slice({ of: SVC, ports: [{ name: 'p80', port: 80 }], endpoints: [there] }),
    ],
    options: { nodePortAddresses: ['primary'] },
    flows: [
      ['node IP', OUTSIDER, `${NODE_IP}:3001`, '10.180.0.2:80', 'masq'],
      ['another address', OUTSIDER, '192.168.1.2:3001', ''],
    ],
  },
  'node port addresses that hold loopback and localhost node ports on': {
    objects: [
      service({ name: SVC, type: 'NodePort', ports: [{ name: 'p80', port: 80, nodePort: 3001 }] }),
      slice({ of: SVC, ports: [{ name: 'p80', port: 80 }], endpoints: [there] }),
    ],
    options: { nodePortAddresses: ['127.0.0.0/8'] },
    flows: [
      ['localhost', '127.0.0.1', '127.0.0.1:3001', '10.180.0.2:80', 'masq'],
      ['node IP', OUTSIDER, `${NODE_IP}:3001`, ''],
    ],
  },
  'localhost node ports off': {
    objects: [
      service({ name: SVC, type: 'NodePort', ports: [{ name: 'p80', port: 80, nodePort: 3001 }] }),
      slice({ of: SVC, ports: [{ name: 'p80', port: 80 }], endpoints: [there] }),
    ],
    options: { localhostNodePorts: false },
    flows: [
      ['localhost', '127.0.0.1', '127.0.0.1:3001', ''],
      ['node IP', OUTSIDER, `${NODE_IP}:3001`, '10.180.0.2:80', 'masq'],
    ],
  },
  'session affinity leaves the choice as it is for a new client': {
    objects: [
      service({ name: SVC, ports: tcp80, sessionAffinity: 'ClientIP' }),
      slice({ of: SVC, ports: [{ name: 'p80', port: 80 }], endpoints: [here, there] }),
    ],
    flows: [['pod', POD, `${CIP}:80`, '10.180.0.1:80, 10.180.0.2:80']],
  },
  'what kube-proxy does not serve passes unmodified': {
    objects: [
      service({ name: 'ns1/headless', clusterIP: 'None', ports: tcp80 }),
      service({ name: 'ns1/alias', clusterIP: '172.30.0.50', type: 'ExternalName', ports: tcp80 }),
      service({
        name: 'ns1/other',
        clusterIP: '172.30.0.51',
        ports: tcp80,
        labels: { 'service.kubernetes.io/service-proxy-name': 'x' },
      }),
      service({
        name: 'ns1/marked',
        clusterIP: '172.30.0.52',
        ports: tcp80,
        labels: { 'service.kubernetes.io/headless': '' },
      }),
      service({ name: 'ns1/v6', clusterIP: 'fd00::1', ports: tcp80 }),
    ],
    flows: [
      ['ExternalName with an address', POD, '172.30.0.50:80', ''],
      ['of another proxy', POD, '172.30.0.51:80', ''],
      ['labelled headless', POD, '172.30.0.52:80', ''],
    ],
  },
  'slices: headless ones and those of the other family count for nothing': {
    objects: [
      service({ name: SVC, ports: tcp80 }),
      slice({ of: SVC, name: 'a', ports: [{ name: 'p80', port: 80 }], endpoints: [here], headless: true }),
      slice({ of: SVC, name: 'b', ports: [{ name: 'p80', port: 80 }], endpoints: [there], addressType: 'IPv6' }),
      slice({ of: 'ns1/missing', ports: [{ name: 'p80', port: 80 }], endpoints: [there] }),
    ],
    flows: [['pod', POD, `${CIP}:80`, 'REJECT']],
  },
  'addresses with leading zeros are decimal': {
    objects: [
      service({ name: SVC, clusterIP: '172.30.0.041', ports: tcp80, externalIPs: ['192.168.099.011'] }),
      slice({ of: SVC, ports: [{ name: 'p80', port: 80 }], endpoints: [{ ip: '10.180.000.002' }] }),
    ],
    flows: [
      ['cluster IP', POD, '172.30.0.41:80', '10.180.0.2:80'],
      ['external IP', POD, '192.168.99.11:80', '10.180.0.2:80', 'masq'],
    ],
  },
  'an unnamed port, a dual-stack service, a nodePort on a ClusterIP service': {
    objects: [
      service({
        name: SVC,
        clusterIP: 'fd00::41',
        clusterIPs: ['fd00::41', CIP],
        ports: [{ port: 80, nodePort: 3001 }],
        externalIPs: ['fd00::9', '192.168.99.11'],
      }),
      slice({ of: SVC, ports: [{ port: 80 }], endpoints: [there] }),
    ],
    flows: [
      ['cluster IP of the family', POD, `${CIP}:80`, '10.180.0.2:80'],
      ['external IP of the family', POD, '192.168.99.11:80', '10.180.0.2:80', 'masq'],
      ['the node port is honoured', OUTSIDER, `${NODE_IP}:3001`, '10.180.0.2:80', 'masq'],
    ],
  },
  'external policy Local means nothing on a ClusterIP service without external IPs': {
    objects: [
      service({ name: SVC, ports: [{ port: 80, nodePort: 3001 }], externalTrafficPolicy: 'Local' }),
      slice({ of: SVC, ports: [{ port: 80 }], endpoints: [there] }),
    ],
    flows: [['outsider', OUTSIDER, `${NODE_IP}:3001`, '10.180.0.2:80', 'masq']],
  },
}

describe.each(Object.entries(cases))('%s', (_, given) => {
  const rules = rulesOf(given)
  const local = { ...node, ...given.node }.localAddresses
  test.each(given.flows)('%s', (_name, from, to, output, masq) => {
    expect(traceFlow(rules, local, flow(from, to))).toEqual({ output, masq: masq === 'masq' })
  })
})
