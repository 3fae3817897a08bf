import type { EndpointSlice, Service } from '../../src/api/index.js'
import type { RuleSet } from '../../src/iptables/index.js'
import { applyTo, desiredRules, type ProxyOptions } from '../../src/service/index.js'
import { input, NODE, options, service, slice } from './proxy-objects.js'

/** A configuration whose rules are recorded in `test/golden/service`. */
export interface ServiceRuleCase {
  readonly objects: readonly (Service | EndpointSlice)[]
  readonly options?: Partial<ProxyOptions>
}

const here = { ip: '10.180.0.1', node: NODE }
const there = { ip: '10.180.0.2', node: 'node-2' }
const p80 = { name: 'p80', port: 80 }

const local = service({
  name: 'ns4/svc4',
  type: 'LoadBalancer',
  clusterIP: '172.30.0.44',
  ports: [{ ...p80, nodePort: 3001 }],
  externalIPs: ['192.168.99.11'],
  ingress: [{ ip: '5.6.7.8' }],
  externalTrafficPolicy: 'Local',
  healthCheckNodePort: 30000,
})

/** Cases by the name of their files. */
export const SERVICE_RULE_CASES: Readonly<Record<string, ServiceRuleCase>> = {
  'cluster-ip': {
    objects: [
      service({ name: 'ns1/svc1', clusterIP: '172.30.0.41', ports: [p80] }),
      slice({ of: 'ns1/svc1', ports: [p80], endpoints: [{ ip: '10.180.0.3' }, there, here] }),
    ],
  },
  'no-endpoints': {
    objects: [
      service({
        name: 'ns6/svc6',
        type: 'LoadBalancer',
        clusterIP: '172.30.0.46',
        ports: [{ ...p80, nodePort: 3001 }],
        externalIPs: ['192.168.99.11'],
        ingress: [{ ip: '5.6.7.8' }],
        loadBalancerSourceRanges: ['192.168.0.0/24'],
      }),
    ],
  },
  'node-port': {
    objects: [
      service({ name: 'ns2/svc2', type: 'NodePort', clusterIP: '172.30.0.41', ports: [{ ...p80, nodePort: 3001 }] }),
      slice({ of: 'ns2/svc2', ports: [p80], endpoints: [here] }),
    ],
  },
  'external-local': {
    objects: [local, slice({ of: 'ns4/svc4', ports: [p80], endpoints: [here, there] })],
  },
  'external-local-nobody-here': {
    objects: [local, slice({ of: 'ns4/svc4', ports: [p80], endpoints: [there] })],
  },
  'internal-local': {
    objects: [
      service({ name: 'ns3/svc3', clusterIP: '172.30.0.43', ports: [p80], internalTrafficPolicy: 'Local' }),
      slice({ of: 'ns3/svc3', ports: [p80], endpoints: [here, there] }),
    ],
    options: { detectLocal: { mode: 'InterfaceNamePrefix', prefix: 'veth' } },
  },
  'affinity-and-source-ranges': {
    objects: [
      service({
        name: 'ns5/svc5',
        type: 'LoadBalancer',
        clusterIP: '172.30.0.45',
        ports: [p80],
        ingress: [{ ip: '5.6.7.8' }],
        loadBalancerSourceRanges: ['192.168.0.0/24', ' 203.0.113.0/25'],
        sessionAffinity: 'ClientIP',
      }),
      slice({ of: 'ns5/svc5', ports: [p80], endpoints: [{ ip: '10.180.0.3' }, { ip: '10.180.0.4' }] }),
    ],
  },
  'udp-sctp-masquerade-all': {
    objects: [
      service({
        name: 'ns7/dns',
        type: 'NodePort',
        clusterIP: '172.30.0.47',
        ports: [{ port: 53, protocol: 'UDP', nodePort: 30053 }],
      }),
      slice({ of: 'ns7/dns', ports: [{ port: 1053, protocol: 'UDP' }], endpoints: [{ ip: '10.180.0.5' }] }),
      service({ name: 'ns8/sig', clusterIP: '172.30.0.48', ports: [{ name: 's', port: 9899, protocol: 'SCTP' }] }),
      slice({ of: 'ns8/sig', ports: [{ name: 's', port: 9899, protocol: 'SCTP' }], endpoints: [{ ip: '10.180.0.5' }] }),
    ],
    options: { masqueradeAll: true, randomFully: false, nodePortAddresses: ['192.168.0.0/16'] },
  },
}

/** The tables of a fresh node after one sync of a case. */
export function rulesOfCase(given: ServiceRuleCase): RuleSet {
  return applyTo({ tables: [] }, desiredRules(input(given.objects), options(given.options)))
}
