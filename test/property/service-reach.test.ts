import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Endpoint,
  type EndpointPort,
  internalIP,
  type Pod,
  type Service,
  serviceNameOf,
} from '../../src/api/index.js'
import type { Cluster } from '../../src/cluster/index.js'
import { briefTrace, clusterArbitrary } from '../../src/testing/index.js'
import { type ClientSees, SEES_SUCCESS, type TraceDocument, type TraceQuestion } from '../../src/trace/index.js'
import { backendOf, sharesBy } from '../helpers/outcomes.js'

type Port = Service['spec']['ports'][number]

/** The endpoints of one service port, as `ADDRESS:PORT` with where and how they are. */
function endpointsOf(cluster: Cluster, service: Service, port: Port): { at: string; endpoint: Endpoint }[] {
  const { name, namespace } = service.metadata
  const slices = cluster.list('EndpointSlice', namespace).filter((slice) => serviceNameOf(slice) === name)
  const found = slices.flatMap((slice) => {
    const same = (p: EndpointPort): boolean => p.name === port.name && p.protocol === port.protocol
    const number = slice.ports.find(same)?.port
    return number === undefined
      ? []
      : slice.endpoints.map((endpoint) => ({ at: `${endpoint.addresses[0]}:${number}`, endpoint }))
  })
  return found.filter(({ at }, i) => found.findIndex((other) => other.at === at) === i)
}

/** Said in words: the ready ones; if there are none, those that end and still serve. */
function usable(endpoints: ReturnType<typeof endpointsOf>): string[] {
  const ready = endpoints.filter(({ endpoint }) => endpoint.conditions.ready ?? true)
  const ending = endpoints.filter(
    ({ endpoint: { conditions } }) => (conditions.serving ?? true) && conditions.terminating === true,
  )
  return (ready.length > 0 ? ready : ending).map(({ at }) => at)
}

/** Who is to get the packets, and what becomes of them when nobody is. */
interface Expected {
  readonly backends: readonly string[]
  readonly otherwise: 'rejected' | 'dropped'
}

/** Policy Cluster takes any endpoint, Local those of one node; without any at all the service refuses. */
function expectedOf(all: ReturnType<typeof endpointsOf>, policy: 'Cluster' | 'Local', node: string | null): Expected {
  const backends = usable(policy === 'Local' ? all.filter(({ endpoint }) => endpoint.nodeName === node) : all)
  return { backends, otherwise: usable(all).length === 0 ? 'rejected' : 'dropped' }
}

/** What the client sees when no endpoint may be taken. */
function seenOf(otherwise: Expected['otherwise'], { protocol, client }: TraceDocument['request']): ClientSees {
  // On the node itself, OUTPUT drops the packet while it is being sent: sendto fails with EPERM. TCP does not mind.
  if (protocol === 'udp' && client.netns === client.node) return 'send-error'
  // REJECT says port unreachable, which SCTP does not take for an answer (sctp_v4_err): it goes on asking.
  return otherwise === 'rejected' && protocol !== 'sctp' ? 'refused' : 'timeout'
}

/** Every expected backend has an equal share of the outcomes, and nothing else has any. */
function checkShares({ outcomes, request }: TraceDocument, { backends, otherwise }: Expected): void {
  const shares = sharesBy(outcomes, backendOf)
  if (backends.length === 0) {
    expect([...new Set(outcomes.map(({ client }) => client.sees))]).toEqual([seenOf(otherwise, request)])
    expect([...new Set(outcomes.map(({ disposition }) => disposition))]).toEqual([
      otherwise === 'rejected' ? 'rejected-in-netfilter' : 'denied-in-netfilter',
    ])
    expect([...shares.keys()]).toEqual([null])
    return
  }
  expect([...shares.keys()].sort()).toEqual([...backends].sort())
  const n = backends.length
  for (const share of shares.values()) expect(Math.abs(share - 1 / n)).toBeLessThan(1e-9 * n)
}

const API_SERVER_PORT = '6443'

/** Something listens there: a pod, the API server, or the world outside, which answers on every port. */
function listens(cluster: Cluster, backend: string, protocol: string): boolean {
  const [address, port] = backend.split(':')
  const pods = cluster.list('Pod').filter(({ status }) => status.podIP === address)
  if (pods.length === 0 || port === API_SERVER_PORT) return true
  const ports = pods.flatMap(({ spec }) => spec.containers.flatMap((container) => container.ports))
  return ports.some((p) => p.containerPort === Number(port) && p.protocol.toLowerCase() === protocol)
}

/**
 * Two ways to go wrong are not the service's: a pod that meets itself depends on the bridge; a UDP server on the network
 * of the pod's own node answers from the bridge's address, since its socket is bound to none.
 */
function isSpecial(backend: string, { request }: TraceDocument, client: Pod | null): boolean {
  const [address] = backend.split(':')
  if (address === client?.status.podIP) return true
  return request.protocol === 'udp' && address === client?.status.hostIP
}

/** Who listens answers, who does not refuses. */
function checkAnswers(cluster: Cluster, trace: TraceDocument, client: Pod | null): void {
  for (const outcome of trace.outcomes) {
    const backend = backendOf(outcome)
    if (backend === null || isSpecial(backend, trace, client)) continue
    const { sees } = outcome.client
    if (listens(cluster, backend, trace.request.protocol)) expect(SEES_SUCCESS.has(sees), sees).toBe(true)
    else expect(sees).toBe('refused')
  }
}

function check(cluster: Cluster, question: TraceQuestion, expected: Expected, client: Pod | null): void {
  const trace = cluster.trace(question)
  try {
    checkShares(trace, expected)
    checkAnswers(cluster, trace, client)
  } catch (error) {
    throw new Error(`${(error as Error).message}\n\n${briefTrace(trace)}`, { cause: error })
  }
}

/** Ports of all services that have an address of their own, the cluster's own services included. */
function servicePorts(cluster: Cluster): { service: Service; port: Port; endpoints: ReturnType<typeof endpointsOf> }[] {
  const services = cluster
    .list('Service')
    .filter(({ spec }) => spec.type !== 'ExternalName' && spec.clusterIP !== 'None')
  return services.flatMap((service) =>
    service.spec.ports.map((port) => ({ service, port, endpoints: endpointsOf(cluster, service, port) })),
  )
}

function to(port: Port, host: string, number: number): Pick<TraceQuestion, 'to' | 'protocol'> {
  return { to: `${host}:${number}`, protocol: port.protocol.toLowerCase() as 'tcp' | 'udp' | 'sctp' }
}

describe('every usable endpoint of a service is reached with the same probability, and no other is', () => {
  const clusters = clusterArbitrary({ services: { protocols: ['TCP', 'UDP', 'SCTP'], sourceRanges: false } })

  test('from a pod, by cluster IP, as internalTrafficPolicy says', () => {
    fc.assert(
      fc.property(clusters, fc.nat(0xff), (plan, n) => {
        const cluster = plan.build()
        const pods = cluster.list('Pod').filter((pod) => pod.status.podIP !== undefined)
        const client = pods[n % pods.length]!
        const from = `pod/${client.metadata.namespace}/${client.metadata.name}`
        for (const { service, port, endpoints } of servicePorts(cluster)) {
          const expected = expectedOf(endpoints, service.spec.internalTrafficPolicy, client.spec.nodeName!)
          check(cluster, { from, ...to(port, service.spec.clusterIP!, port.port) }, expected, client)
        }
      }),
      { numRuns: 30 },
    )
  })

  test('from outside, by node port, as externalTrafficPolicy says', () => {
    fc.assert(
      fc.property(clusters, fc.nat(0xff), (plan, n) => {
        const cluster = plan.build()
        const nodes = cluster.list('Node')
        const node = nodes[n % nodes.length]!
        for (const { service, port, endpoints } of servicePorts(cluster)) {
          if (port.nodePort === undefined) continue
          const expected = expectedOf(endpoints, service.spec.externalTrafficPolicy, node.metadata.name)
          check(cluster, { from: 'external', ...to(port, internalIP(node)!, port.nodePort) }, expected, null)
        }
      }),
      { numRuns: 30 },
    )
  })

  test('from outside, by load balancer address and external IP, with policy Cluster', () => {
    const open = clusterArbitrary({
      services: { types: ['LoadBalancer'], externalTrafficPolicies: ['Cluster'], sourceRanges: false },
    })
    fc.assert(
      fc.property(open, (plan) => {
        const cluster = plan.build()
        for (const { service, port, endpoints } of servicePorts(cluster)) {
          const ingress = service.status.loadBalancer.ingress.flatMap(({ ip }) => ip ?? [])
          for (const address of [...ingress, ...service.spec.externalIPs]) {
            const expected = expectedOf(endpoints, 'Cluster', null)
            check(cluster, { from: 'external', ...to(port, address, port.port) }, expected, null)
          }
        }
      }),
      { numRuns: 15 },
    )
  })
})
