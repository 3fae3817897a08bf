import {
  type ApiObject,
  type Node,
  type Pod,
  type Service,
  type ServicePort,
  wantsHealthCheckNodePort,
  wantsNodePorts,
} from '../api/index.js'
import type { Store } from '../store/index.js'

/**
 * Stores an object as `kubectl apply` would: what the cluster filled in before (addresses, node ports, the node
 * of a pod) and the new manifest leaves open stays as it is. Settle the store afterwards.
 * @returns the stored object.
 */
export function apply(store: Store, object: ApiObject): ApiObject {
  switch (object.kind) {
    case 'Service': {
      const before = store.get('Service', object.metadata.name, object.metadata.namespace)
      return store.put(before === undefined ? object : keepServiceAllocations(before, object))
    }
    case 'Pod': {
      const before = store.get('Pod', object.metadata.name, object.metadata.namespace)
      return store.put(before === undefined ? object : keepPodPlace(before, object))
    }
    case 'Node': {
      const before = store.get('Node', object.metadata.name)
      return store.put(before === undefined ? object : keepNodeAllocations(before, object))
    }
    default:
      return store.put(object)
  }
}

/** The API server's patchAllocatedValues: cluster IP, node ports by port and protocol, health check node port. */
function keepServiceAllocations(before: Service, object: Service): Service {
  const { clusterIP, clusterIPs, healthCheckNodePort } = before.spec
  const wantsIp = object.spec.type !== 'ExternalName' && object.spec.clusterIPs.length === 0
  const keepHealth =
    wantsHealthCheckNodePort(before) &&
    wantsHealthCheckNodePort(object) &&
    object.spec.healthCheckNodePort === undefined
  const givenIngress = object.status.loadBalancer.ingress.length > 0
  return {
    ...object,
    spec: {
      ...object.spec,
      ...(wantsIp && clusterIP !== undefined ? { clusterIP, clusterIPs } : {}),
      ...(keepHealth && healthCheckNodePort !== undefined ? { healthCheckNodePort } : {}),
      ports: keepNodePorts(before, object),
    },
    status: givenIngress || object.spec.type !== 'LoadBalancer' ? object.status : before.status,
  }
}

function keepNodePorts(before: Service, object: Service): readonly ServicePort[] {
  if (!wantsNodePorts(before) || !wantsNodePorts(object)) return object.spec.ports
  const used = new Set(object.spec.ports.map((port) => port.nodePort))
  return object.spec.ports.map((port) => {
    const same = before.spec.ports.find((old) => old.port === port.port && old.protocol === port.protocol)
    if (port.nodePort !== undefined || same?.nodePort === undefined || used.has(same.nodePort)) return port
    return { ...port, nodePort: same.nodePort }
  })
}

/** A running pod stays where it is with its address; whether it is ready follows from the new manifest. */
function keepPodPlace(before: Pod, object: Pod): Pod {
  const { nodeName } = before.spec
  const moved = object.spec.nodeName !== undefined && object.spec.nodeName !== nodeName
  const changedNetwork = object.spec.hostNetwork !== before.spec.hostNetwork
  if (nodeName === undefined || before.status.podIP === undefined || moved || changedNetwork) return object
  const { conditions: _, ...place } = before.status
  return { ...object, spec: { ...object.spec, nodeName }, status: { ...place, ...withoutEmptyIps(object.status) } }
}

function withoutEmptyIps(status: Pod['status']): Omit<Pod['status'], 'podIPs'> {
  const { podIPs, ...rest } = status
  return podIPs.length === 0 ? rest : status
}

function keepNodeAllocations(before: Node, object: Node): Node {
  const podCIDRs = object.spec.podCIDRs.length > 0 ? object.spec.podCIDRs : before.spec.podCIDRs
  const addresses = object.status.addresses.length > 0 ? object.status.addresses : before.status.addresses
  return { ...object, spec: { ...object.spec, podCIDRs }, status: { ...object.status, addresses } }
}
