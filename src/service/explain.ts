import type { Family } from '../addr/index.js'
import type { Service } from '../api/index.js'
import { joinHostPort } from './model/ip-text.js'
import type { ServiceEndpoint } from './model/service-endpoint.js'
import { printServicePortName, whySkipped } from './model/service-port.js'
import { type Fate, type ProxyInput, type ServicePortState, serviceStates } from './model/service-state.js'

/** What happens to packets for some addresses of a service port, and why. */
export interface DestinationExplanation {
  readonly what: 'cluster IP' | 'external IP' | 'load balancer IP' | 'node port'
  /** `ip:port`, or `*:port` of a node port. */
  readonly address: string
  readonly fate: Fate
  readonly endpoints: readonly string[]
  /** A sentence without its full stop. */
  readonly why: string
}

/** Why one endpoint gets traffic or not. */
export interface EndpointExplanation {
  readonly endpoint: string
  readonly used: boolean
  readonly why: string
}

/** Why a service port does what it does on one node. */
export interface ServicePortExplanation {
  readonly name: string
  readonly destinations: readonly DestinationExplanation[]
  readonly endpoints: readonly EndpointExplanation[]
  /** Whether topology hints narrow the choice, and why; null when traffic policy leaves them no part. */
  readonly topology: string | null
}

/** Why a service does what it does on one node. */
export interface ServiceExplanation {
  /** Why kube-proxy writes nothing for it; null when it does. */
  readonly skipped: string | null
  readonly ports: readonly ServicePortExplanation[]
}

/** Explains all ports of a service as seen from the input's node. */
export function explainService(
  service: Service,
  input: ProxyInput,
  options: { readonly family: Family; readonly sameNode: boolean },
): ServiceExplanation {
  const states = serviceStates({ ...input, services: [service] }, options)
  return {
    skipped: whySkipped(service, options.family) ?? null,
    ports: states.map((state) => explainServicePort(state, input.node.name)),
  }
}

/** Explains one service port as seen from `nodeName`, from the same state that its rules are written from. */
export function explainServicePort(state: ServicePortState, nodeName: string): ServicePortExplanation {
  const { info, sets } = state
  return {
    name: `${printServicePortName(info)} (${info.protocol})`,
    destinations: destinations(state, nodeName),
    endpoints: state.endpoints.map((endpoint) => explainEndpoint(endpoint, state, nodeName)),
    topology: sets.topology === null ? null : topologyText(sets.topology),
  }
}

/** Prints an explanation as lines of text. */
export function printExplanation(explanation: ServicePortExplanation): readonly string[] {
  return [
    explanation.name,
    ...explanation.destinations.map((d) => `  ${d.what} ${d.address}: ${d.fate}: ${d.why}`),
    ...explanation.endpoints.map((e) => `  endpoint ${e.endpoint}: ${e.used ? 'used' : 'not used'}: ${e.why}`),
    ...(explanation.topology === null ? [] : [`  topology: ${explanation.topology}`]),
  ]
}

function destinations(state: ServicePortState, nodeName: string): DestinationExplanation[] {
  const { info } = state
  const at = (ip: string): string => joinHostPort(ip, info.servicePort)
  const internal = explainFate(state, 'internal', nodeName)
  const external = explainFate(state, 'external', nodeName)
  const nodePort = info.nodePort === null ? [] : [info.nodePort]
  return [
    { what: 'cluster IP', address: at(info.clusterIP), ...internal },
    ...info.externalIPs.map((ip) => ({ what: 'external IP' as const, address: at(ip), ...external })),
    ...info.loadBalancerVIPs.map((ip) => ({ what: 'load balancer IP' as const, address: at(ip), ...external })),
    ...nodePort.map((port) => ({ what: 'node port' as const, address: `*:${port}`, ...external })),
  ]
}

function explainFate(
  state: ServicePortState,
  side: 'internal' | 'external',
  nodeName: string,
): Pick<DestinationExplanation, 'fate' | 'endpoints' | 'why'> {
  const { info, sets } = state
  const fate = state[side] ?? 'reject'
  const policyLocal = side === 'internal' ? info.internalPolicyLocal : info.externalPolicyLocal
  const set = policyLocal ? sets.local : sets.cluster
  switch (fate) {
    case 'reject':
      return { fate, endpoints: [], why: whyNone(state.endpoints) }
    case 'drop':
      return { fate, endpoints: [], why: `${side}TrafficPolicy Local and ${whyNotHere(state.endpoints, nodeName)}` }
    case 'forward': {
      const endpoints = (set?.endpoints ?? []).map((endpoint) => endpoint.text)
      const kind = set?.terminating === true ? 'terminating but still serving' : 'ready'
      const where = policyLocal ? ` on ${nodeName} (${side}TrafficPolicy Local)` : ''
      return { fate, endpoints, why: `${count(endpoints.length, `${kind} endpoint`)}${where}` }
    }
  }
}

function whyNone(endpoints: readonly ServiceEndpoint[]): string {
  if (endpoints.length === 0) return 'no endpoints: no EndpointSlice has any for this port'
  const groups = tally(endpoints.map(condition))
  const total = count(endpoints.length, 'endpoint')
  const [first, ...others] = groups
  if (others.length > 0) return `no ready endpoints: ${total}: ${groups.map(([c, n]) => `${n} ${c}`).join(', ')}`
  const each = endpoints.length === 1 ? '' : endpoints.length === 2 ? 'both ' : 'all '
  return `no ready endpoints: ${total}, ${each}${first![0]}`
}

function whyNotHere(endpoints: readonly ServiceEndpoint[], nodeName: string): string {
  const here = endpoints.filter((endpoint) => endpoint.isLocal)
  const usable = endpoints.filter((endpoint) => !endpoint.isLocal && couldServe(endpoint))
  const nodes = [...new Set(usable.map((endpoint) => endpoint.nodeName ?? 'no known node'))].join(', ')
  const local =
    here.length === 0 ? `no endpoint on ${nodeName}` : `no usable endpoint on ${nodeName} (${printTally(here)})`
  return `${local}; ${count(usable.length, 'endpoint')} elsewhere could serve: on ${nodes}`
}

function explainEndpoint(endpoint: ServiceEndpoint, state: ServicePortState, nodeName: string): EndpointExplanation {
  const { sets, info } = state
  const has = (list: readonly ServiceEndpoint[] | undefined): boolean =>
    list?.some((other) => other.text === endpoint.text) ?? false
  const used = has(sets.allReachable)
  const place = endpoint.isLocal ? `on ${nodeName}` : `on ${endpoint.nodeName ?? 'no known node'}`
  if (used) {
    const only = has(sets.cluster?.endpoints) ? '' : ', for traffic policy Local only'
    return { endpoint: endpoint.text, used, why: `${condition(endpoint)}, ${place}${only}` }
  }
  return { endpoint: endpoint.text, used, why: whyUnused(endpoint, place, sets, info.internalPolicyLocal) }
}

function whyUnused(
  endpoint: ServiceEndpoint,
  place: string,
  sets: ServicePortState['sets'],
  internalPolicyLocal: boolean,
): string {
  const state = condition(endpoint)
  if (!couldServe(endpoint)) return `${state}, ${place}`
  if (sets.cluster === null && internalPolicyLocal && !endpoint.isLocal) return `${place}: internalTrafficPolicy Local`
  if (!endpoint.ready) return `${state}, ${place}: ready endpoints come first`
  return `${place}: left out by topology (${sets.topology?.reason ?? 'none'})`
}

function topologyText(topology: { readonly mode: string | null; readonly reason: string }): string {
  return `${topology.mode ?? 'not used'}: ${topology.reason}`
}

function couldServe(endpoint: ServiceEndpoint): boolean {
  return endpoint.ready || (endpoint.serving && endpoint.terminating)
}

function condition({ ready, serving, terminating }: ServiceEndpoint): string {
  if (ready) return 'ready'
  if (!terminating) return 'not ready'
  return serving ? 'terminating but still serving' : 'terminating and no longer serving'
}

function tally(texts: readonly string[]): [string, number][] {
  const counts = new Map<string, number>()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  return [...counts]
}

function printTally(endpoints: readonly ServiceEndpoint[]): string {
  return tally(endpoints.map(condition))
    .map(([text, n]) => `${n} ${text}`)
    .join(', ')
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`
}
