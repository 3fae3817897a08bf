import { NODE, NODE_IP, service, slice } from '../helpers/proxy-objects.js'
import { CIP, ending, here, OUTSIDER, POD, SVC, tcp80, there, unready, testFlows } from '../helpers/service-flows.js'

testFlows({
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
  'external policy Local means nothing on a ClusterIP service without external IPs': {
    objects: [
      service({ name: SVC, ports: [{ port: 80, nodePort: 3001 }], externalTrafficPolicy: 'Local' }),
      slice({ of: SVC, ports: [{ port: 80 }], endpoints: [there] }),
    ],
    flows: [['outsider', OUTSIDER, `${NODE_IP}:3001`, '10.180.0.2:80', 'masq']],
  },
})
