import { formatIpv4, type Ipv4 } from '../addr/index.js'
import { joinHostPort } from './model/ip-text.js'
import type { EndpointsMap } from './model/service-endpoint.js'
import { servicePortKey, type ServicePortInfo } from './model/service-port.js'

/** What the clean-up reads of a conntrack entry. */
export interface ConntrackEntry {
  readonly original: { readonly protocol: number; readonly destination: Ipv4; readonly destinationPort: number }
  readonly reply: { readonly source: Ipv4; readonly sourcePort: number }
}

const UDP = 17

/** Whether a sync must clean up: the endpoints of some UDP service port are not the same any more. */
export function needsConntrackCleanup(before: EndpointsMap, after: EndpointsMap): boolean {
  const keys = new Set([...before.keys(), ...after.keys()])
  return [...keys].some((key) => key.endsWith('/udp') && print(before, key) !== print(after, key))
}

/**
 * Entries that kube-proxy deletes after endpoints changed (CleanStaleEntries): UDP only, sent to a service address
 * and port or to a node port, and answered by none of the service's serving endpoints; entries that were never
 * translated are among them. A service without serving endpoints keeps its stale entries. Traffic policies and
 * topology play no part.
 */
export function staleConntrackEntries<E extends ConntrackEntry>(
  change: { readonly before: EndpointsMap; readonly after: EndpointsMap },
  ports: readonly ServicePortInfo[],
  entries: Iterable<E>,
): readonly E[] {
  if (!needsConntrackCleanup(change.before, change.after)) return []
  const { byAddress, byNodePort } = servingEndpoints(ports, change.after)
  return [...entries].filter(({ original, reply }) => {
    if (original.protocol !== UDP) return false
    const answeredBy = joinHostPort(formatIpv4(reply.source), reply.sourcePort)
    const sentTo = joinHostPort(formatIpv4(original.destination), original.destinationPort)
    const allowed = [byAddress.get(sentTo), byNodePort.get(original.destinationPort)]
    return allowed.some((endpoints) => endpoints !== undefined && !endpoints.has(answeredBy))
  })
}

function servingEndpoints(
  ports: readonly ServicePortInfo[],
  endpointsMap: EndpointsMap,
): { byAddress: Map<string, ReadonlySet<string>>; byNodePort: Map<number, ReadonlySet<string>> } {
  const byAddress = new Map<string, ReadonlySet<string>>()
  const byNodePort = new Map<number, ReadonlySet<string>>()
  for (const port of ports) {
    if (port.protocol !== 'UDP') continue
    const endpoints = endpointsMap.get(servicePortKey(port)) ?? []
    const serving = new Set(endpoints.filter((endpoint) => endpoint.serving).map((endpoint) => endpoint.text))
    if (serving.size === 0) continue
    for (const ip of [port.clusterIP, ...port.loadBalancerVIPs, ...port.externalIPs]) {
      byAddress.set(joinHostPort(ip, port.servicePort), serving)
    }
    if (port.nodePort !== null) byNodePort.set(port.nodePort, serving)
  }
  return { byAddress, byNodePort }
}

function print(endpoints: EndpointsMap, key: string): string {
  return JSON.stringify(endpoints.get(key) ?? [])
}
