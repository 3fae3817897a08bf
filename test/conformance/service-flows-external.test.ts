import { NODE_IP, service, slice } from '../helpers/proxy-objects.js'
import { CIP, here, OUTSIDER, POD, SVC, tcp80, there, testFlows } from '../helpers/service-flows.js'

testFlows({
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
})
