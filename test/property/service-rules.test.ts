import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { EndpointSlice, Service } from '../../src/api/index.js'
import { parseRuleSet, printSave } from '../../src/iptables/index.js'
import { applyTo, desiredRules, type ProxyOptions } from '../../src/service/index.js'
import { input, NODE, options, service, slice } from '../helpers/proxy-objects.js'

const policy = fc.constantFrom('Cluster' as const, 'Local' as const)

/** A service with its slice; `i` keeps names, addresses and node ports apart. */
function arbitraryService(i: number): fc.Arbitrary<readonly (Service | EndpointSlice)[]> {
  return fc
    .record({
      type: fc.constantFrom('ClusterIP' as const, 'NodePort' as const, 'LoadBalancer' as const),
      protocol: fc.constantFrom('TCP' as const, 'UDP' as const, 'SCTP' as const),
      port: fc.constantFrom('', 'web'),
      external: fc.boolean(),
      externalTrafficPolicy: policy,
      internalTrafficPolicy: policy,
      sessionAffinity: fc.constantFrom('None' as const, 'ClientIP' as const),
      loadBalancerSourceRanges: fc.constantFrom([], ['192.168.0.0/16'], ['203.0.113.0/25', '198.51.100.7/32']),
      endpoints: fc.array(
        fc.record({
          ip: fc.nat(255).map((n) => `10.180.${i}.${n}`),
          node: fc.constantFrom(NODE, 'node-2'),
          ready: fc.boolean(),
          terminating: fc.boolean(),
        }),
        { maxLength: 6 },
      ),
    })
    .map(({ port: name, protocol, external, endpoints, ...spec }) => [
      service({
        name: `ns/svc${i}`,
        clusterIP: `172.30.0.${i + 1}`,
        ports: [{ name, protocol, port: 80, ...(spec.type === 'ClusterIP' ? {} : { nodePort: 30000 + i }) }],
        externalIPs: external ? [`192.168.99.${i + 1}`] : [],
        ingress: spec.type === 'LoadBalancer' ? [{ ip: `5.6.7.${i + 1}` }] : [],
        ...spec,
      }),
      slice({ of: `ns/svc${i}`, ports: [{ name, protocol, port: 8080 }], endpoints }),
    ])
}

const arbitraryOptions: fc.Arbitrary<Partial<ProxyOptions>> = fc.record({
  detectLocal: fc.constantFrom<ProxyOptions['detectLocal']>(
    { mode: 'None' },
    { mode: 'ClusterCIDR', cidrs: ['10.0.0.0/8'] },
    { mode: 'BridgeInterface', name: 'cni0' },
    { mode: 'InterfaceNamePrefix', prefix: 'veth' },
  ),
  masqueradeAll: fc.boolean(),
  masqueradeBit: fc.nat(31),
  nodePortAddresses: fc.constantFrom([], ['192.168.0.0/16'], ['127.0.0.0/8']),
  localhostNodePorts: fc.boolean(),
  nfacct: fc.boolean(),
  tcpBeLiberal: fc.boolean(),
})

test('rules print and parse back to the same values, on which a second sync changes nothing', () => {
  const objects = fc.tuple(...Array.from({ length: 4 }, (_, i) => arbitraryService(i)))
  fc.assert(
    fc.property(objects, arbitraryOptions, (services, given) => {
      const desired = desiredRules(input(services.flat()), options(given))
      const rules = applyTo({ tables: [] }, desired)
      const parsed = parseRuleSet(printSave(rules))
      expect(parsed).toEqual(rules)
      expect(applyTo(parsed, desired)).toEqual(rules)
    }),
    { numRuns: 60 },
  )
})
