import { type Ipv4, isLoopback, parseIpv4 } from '../addr/index.js'
import {
  didYouMean,
  isHeadless,
  type Pod,
  type Protocol,
  type Service,
  serviceNameOf,
  type ServicePort,
} from '../api/index.js'
import type { EndpointRef, ParsedQuestion, TraceProtocol } from '../trace/index.js'
import { isHostAddress, noHostAddress, nodeAddress, podOf, problem, unknownNode, unknownObject } from './client.js'
import { OUTSIDE_CLIENT } from './outside.js'
import { socketProtocol } from './listening-ports.js'
import { keyOfPod, type World } from './world.js'

/** Where a question's packet goes: an address, or a name that the client must look up first. */
export interface Target {
  readonly to: { readonly kind: 'address'; readonly address: Ipv4 } | { readonly kind: 'name'; readonly name: string }
  readonly protocol: TraceProtocol
  /** Null for protocols without ports. */
  readonly port: number | null
}

/** Finds what a question's destination means. @throws InvalidInputError with near matches. */
export function targetOf(world: World, question: ParsedQuestion): Target {
  const { to } = question
  switch (to.kind) {
    case 'pod':
    case 'workload':
      return podTarget(podOf(world, to, question.namespace, 'to'), question)
    case 'service':
      return serviceTarget(world, to, question)
    case 'node': {
      const address = nodeAddress(world, to.name)
      if (address === undefined) throw unknownNode(world, to.name, 'to')
      return addressTarget(address, question)
    }
    case 'external':
      return addressTarget(to.address === null ? OUTSIDE_CLIENT : checked(parseIpv4(to.address)!), question)
    case 'address':
      return addressTarget(checked(parseIpv4(to.address)!), question)
    case 'name':
      return { to: { kind: 'name', name: to.name }, ...transportOf(question) }
  }
}

/** Addresses that no packet can be sent to as a question about one receiver; 127.0.0.1 is the client itself. */
function checked(address: Ipv4): Ipv4 {
  if (isHostAddress(address) || isLoopback(address)) return address
  throw noHostAddress('to', address)
}

function addressTarget(address: Ipv4, question: ParsedQuestion): Target {
  return { to: { kind: 'address', address }, ...transportOf(question) }
}

/** Protocol and port when nothing but the question says them. */
function transportOf(question: ParsedQuestion): Pick<Target, 'protocol' | 'port'> {
  const { destinationPort } = question
  const protocol = question.protocol ?? (destinationPort === null ? 'icmp' : 'tcp')
  if (protocol === 'icmp') return { protocol, port: null }
  if (typeof destinationPort === 'string') {
    throw problem('to', `port "${destinationPort}" is a name`, 'only services and pods have named ports: give a number')
  }
  if (destinationPort === null) throw problem('to', `${protocol} needs a port`, 'write it behind the address: …:80')
  return { protocol, port: destinationPort }
}

function podTarget(pod: Pod, question: ParsedQuestion): Target {
  const address = parseIpv4(pod.status.podIP ?? '')
  if (address === undefined) {
    const why = pod.status.message ?? `its phase is ${pod.status.phase ?? 'unknown'}`
    throw problem('to', `pod ${keyOfPod(pod)} has no address: ${why}`)
  }
  const to = { kind: 'address' as const, address }
  if (question.protocol === 'icmp') return { to, protocol: 'icmp', port: null }
  const ports = pod.spec.containers.flatMap((c) => c.ports)
  const wanted = question.destinationPort
  if (typeof wanted === 'string') {
    const found = ports.find((p) => p.name === wanted)
    if (found === undefined) throw unknownPort(`pod ${keyOfPod(pod)}`, wanted, ports)
    return { to, protocol: question.protocol ?? socketProtocol(found.protocol), port: found.containerPort }
  }
  if (wanted !== null) {
    const declared = ports.find((p) => p.containerPort === wanted)
    return { to, protocol: question.protocol ?? socketProtocol(declared?.protocol ?? 'TCP'), port: wanted }
  }
  const [only] = ports
  if (ports.length === 1 && only !== undefined)
    return { to, protocol: socketProtocol(only.protocol), port: only.containerPort }
  if (ports.length === 0 && question.protocol === null) return { to, protocol: 'icmp', port: null }
  const known = ports.map((p) => portLabel(p.name, p.containerPort, p.protocol)).join(', ')
  throw problem('to', `pod ${keyOfPod(pod)} declares ${counted(ports)}`, `say which: ${known || 'pod/NAME:PORT'}`)
}

function serviceTarget(world: World, ref: Extract<EndpointRef, { kind: 'service' }>, question: ParsedQuestion): Target {
  const namespace = ref.namespace ?? question.namespace
  const service = world.store.get('Service', ref.name, namespace)
  if (service === undefined) throw unknownObject(world, 'service', 'Service', namespace, ref.name, 'to')
  const transport = servicePortOf(world, service, question)
  const byName = isHeadless(service) || service.spec.type === 'ExternalName'
  if (byName) {
    return { to: { kind: 'name', name: `${ref.name}.${namespace}.svc.cluster.local` }, ...transport }
  }
  return { to: { kind: 'address', address: parseIpv4(service.spec.clusterIP ?? '')! }, ...transport }
}

function servicePortOf(world: World, service: Service, question: ParsedQuestion): Pick<Target, 'protocol' | 'port'> {
  if (question.protocol === 'icmp') return { protocol: 'icmp', port: null }
  const { ports } = service.spec
  const label = `service ${service.metadata.namespace}/${service.metadata.name}`
  const wanted = question.destinationPort
  if (typeof wanted === 'string') {
    const named = ports.filter((p) => p.name === wanted)
    if (named.length === 0) throw unknownPort(label, wanted, ports)
    return ofServicePort(world, service, pick(named, question.protocol), question)
  }
  if (wanted !== null) {
    const found = ports.filter((p) => p.port === wanted)
    if (found.length === 0) return { protocol: question.protocol ?? 'tcp', port: wanted }
    return ofServicePort(world, service, pick(found, question.protocol), question, wanted)
  }
  const [only] = ports
  if (ports.length === 1 && only !== undefined) return ofServicePort(world, service, only, question)
  const known = ports.map((p) => portLabel(p.name, p.port, p.protocol)).join(', ')
  throw problem('to', `${label} has ${counted(ports)}`, `say which: ${known || 'svc/NAME:PORT'}`)
}

/** `http 80/TCP`, or `80/TCP` of a port without a name. */
function portLabel(name: string, port: number, protocol: Protocol): string {
  return `${name === '' ? '' : `${name} `}${port}/${protocol}`
}

function counted(ports: readonly unknown[]): string {
  return ports.length === 0 ? 'no port' : `${ports.length} ports`
}

function pick(ports: readonly ServicePort[], protocol: TraceProtocol | null): ServicePort {
  return ports.find((p) => socketProtocol(p.protocol) === protocol) ?? ports[0]!
}

/**
 * A headless service has no port of its own: asked for by name, or not at all, packets go to its endpoints' port, as an
 * SRV record would say. A number is taken as it is: that is where a client of the bare name would send.
 */
function ofServicePort(
  world: World,
  service: Service,
  port: ServicePort,
  question: ParsedQuestion,
  asked?: number,
): Pick<Target, 'protocol' | 'port'> {
  const direct = isHeadless(service) && asked === undefined ? endpointPort(world, service, port) : undefined
  return { protocol: question.protocol ?? socketProtocol(port.protocol), port: direct ?? port.port }
}

function endpointPort(world: World, service: Service, port: ServicePort): number | undefined {
  const { namespace, name } = service.metadata
  const slices = world.store.list('EndpointSlice', namespace).filter((slice) => serviceNameOf(slice) === name)
  return slices.flatMap((s) => s.ports).find((p) => p.name === port.name && p.protocol === port.protocol)?.port
}

function unknownPort(label: string, name: string, ports: readonly { readonly name: string }[]): Error {
  const known = ports.map((p) => p.name).filter((n) => n !== '')
  const fix = didYouMean(name, known) ?? (known.length > 0 ? `it has ${known.join(', ')}` : 'its ports have no names')
  return problem('to', `${label} has no port named "${name}"`, fix)
}
