import { describeObject, type Service, wantsHealthCheckNodePort, wantsNodePorts } from '../api/index.js'
import { drawFromBands } from './bands.js'
import { nameAndPlace, type Settlement } from './settlement.js'

/** Checks the node ports that were asked for and allocates the others, health check ports included. */
export function settleNodePorts(s: Settlement): void {
  const owners = new Map<number, Service>()
  for (const service of s.store.list('Service')) reserveGiven(s, service, owners)
  for (const service of s.store.list('Service')) allocateMissing(s, service, owners)
}

/** One number belongs to one service, whatever the protocol; within it, different protocols may share it. */
function reserveGiven(s: Settlement, service: Service, owners: Map<number, Service>): void {
  service.spec.ports.forEach((port, i) => {
    if (port.nodePort !== undefined) reserve(s, service, port.nodePort, `spec.ports[${i}].nodePort`, owners)
  })
  const health = service.spec.healthCheckNodePort
  if (health !== undefined) reserve(s, service, health, 'spec.healthCheckNodePort', owners)
}

function reserve(s: Settlement, service: Service, port: number, path: string, owners: Map<number, Service>): void {
  const { first, last } = s.ranges.nodePorts
  if (port < first || port > last) {
    s.error(service, path, `node port ${port} is outside the node port range`, `use ${first} to ${last}`)
  }
  const other = owners.get(port)
  const fromHealthCheck = other === service && path === 'spec.healthCheckNodePort'
  if (other !== undefined && (other !== service || fromHealthCheck)) {
    const whose = fromHealthCheck ? 'already one of its own' : `already that of ${nameAndPlace(other)}`
    s.error(service, path, `node port ${port} is ${whose}`, 'leave it out to have one allocated')
  } else owners.set(port, service)
}

function allocateMissing(s: Settlement, service: Service, owners: Map<number, Service>): void {
  const draw = (label: string): number | undefined => {
    const { first, last } = s.ranges.nodePorts
    const rng = s.rngFor(`node port ${describeObject(service)} ${label}`)
    const port = drawFromBands(first, last, nodePortBandOffset(last - first + 1), rng, (n) => owners.has(n))
    if (port === undefined) s.error(service, '', `no node port is left in ${first}-${last}`, 'use a larger range')
    else owners.set(port, service)
    return port
  }
  const ports = service.spec.ports.map((port) => {
    if (port.nodePort !== undefined || !wantsNodePorts(service)) return port
    const nodePort = draw(`${port.name} ${port.protocol}`)
    return nodePort === undefined ? port : { ...port, nodePort }
  })
  const { healthCheckNodePort } = service.spec
  const wantsHealth = wantsHealthCheckNodePort(service) && healthCheckNodePort === undefined
  const health = wantsHealth ? draw('health check') : healthCheckNodePort
  const spec = { ...service.spec, ports, ...(health === undefined ? {} : { healthCheckNodePort: health }) }
  s.store.put({ ...service, spec })
}

/** How many ports at the bottom of the range are kept for explicit requests: 86 of 30000-32767. */
export function nodePortBandOffset(size: number): number {
  return size <= 16 ? 0 : Math.min(Math.max(16, Math.floor(size / 32)), 128)
}
