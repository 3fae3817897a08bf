import type { Container, Endpoint, EndpointSlice, Pod, Protocol } from '../api/index.js'

/** A port that a process of the pod listens on. */
export interface ListeningPort {
  readonly port: number
  readonly protocol: 'tcp' | 'udp' | 'sctp'
  readonly process: string
}

/**
 * Ports that the pod's processes listen on: those its containers declare (sidecars among the init containers too). A
 * pod that declares none is taken to listen where its services send.
 */
export function listeningPorts(pod: Pod, slices: readonly EndpointSlice[]): ListeningPort[] {
  const running = [...pod.spec.containers, ...pod.spec.initContainers.filter((c) => c.restartPolicy === 'Always')]
  const declared = running.flatMap((container) =>
    container.ports.map((port) => listening(container, port.containerPort, port.protocol)),
  )
  return distinct(declared.length > 0 ? declared : targetedPorts(pod, slices))
}

/** The protocol as sockets name it. */
export function socketProtocol(protocol: Protocol): ListeningPort['protocol'] {
  return protocol.toLowerCase() as ListeningPort['protocol']
}

function listening(container: Pick<Container, 'name'>, port: number, protocol: Protocol): ListeningPort {
  return { port, protocol: socketProtocol(protocol), process: `container ${container.name}, port ${port}` }
}

function targetedPorts(pod: Pod, slices: readonly EndpointSlice[]): ListeningPort[] {
  const container = pod.spec.containers[0] ?? { name: pod.metadata.name }
  const mine = slices.filter((slice) => slice.endpoints.some((endpoint) => pointsAt(endpoint, pod)))
  return mine.flatMap((slice) =>
    slice.ports.flatMap(({ port, protocol }) => (port === undefined ? [] : [listening(container, port, protocol)])),
  )
}

/** By targetRef where there is one: hostNetwork pods of a node share their address. */
function pointsAt({ targetRef, addresses }: Endpoint, pod: Pod): boolean {
  if (targetRef?.kind !== 'Pod') return addresses[0] === pod.status.podIP
  return targetRef.name === pod.metadata.name && targetRef.namespace === pod.metadata.namespace
}

function distinct(ports: readonly ListeningPort[]): ListeningPort[] {
  const seen = new Set<string>()
  return ports.filter(({ port, protocol }) => {
    const key = `${port}/${protocol}`
    return seen.has(key) ? false : seen.add(key)
  })
}
