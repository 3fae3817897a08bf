import { NODE_IP, service, slice } from '../helpers/proxy-objects.js'
import {
  CIP,
  ended,
  ending,
  here,
  OUTSIDER,
  POD,
  SVC,
  tcp80,
  there,
  unready,
  testFlows,
} from '../helpers/service-flows.js'

testFlows({
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
})
