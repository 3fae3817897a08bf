import { type Service, serviceNameOf } from '../api/index.js'
import type { dns } from '../wire/index.js'
import { clusterIPsOf, readyEndpointsAt } from './endpoint-names.js'
import { type AddressItem, addressItem } from './item.js'
import type { ZoneQuery } from './zone-query.js'

/** Whatever the ttl option says, the SOA of an answer is not kept longer than this. */
const MAX_SOA_TTL = 300

/** The SOA record of the zone, spelled as in the question (plugin/backend_lookup.go SOA; RFC 2308 section 3). */
export function soaRecord(query: ZoneQuery): dns.SoaRecord {
  const { zoneAsAsked: zone, options, serial } = query
  return {
    name: zone,
    type: 'SOA',
    class: 'IN',
    ttl: Math.min(options.ttl, MAX_SOA_TTL),
    data: {
      mname: `ns.dns.${zone}`,
      rname: `hostmaster.${zone}`,
      serial,
      refresh: 7200,
      retry: 1800,
      expire: 86400,
      minimum: options.ttl,
    },
  }
}

/** Whether the question is for `ns.dns.ZONE`. The zone is compared as asked, so only a lower-case one is found. */
export function isDefaultServerName(query: ZoneQuery, name: string): boolean {
  return name === `ns.dns.${query.zoneAsAsked}`
}

/**
 * The server's names with their addresses: of the services whose ready endpoints have an address of the server
 * (kube-dns, usually), else `ns.dns` with the server's own addresses. Targets are below the zone.
 */
export function serverItems(query: ZoneQuery): AddressItem[] {
  const { store, options } = query
  const viaServices = options.localAddresses.flatMap((local) =>
    readyEndpointsAt(store, local, options).flatMap(({ name, slice }) => {
      const { namespace } = slice.metadata
      const service = store.get('Service', serviceNameOf(slice)!, namespace)
      return service === undefined ? [] : serviceItems(service, name, local)
    }),
  )
  const items = viaServices.length > 0 ? viaServices : options.localAddresses.map((ip) => addressItem(ip, -1, 'ns.dns'))
  return items.filter((item) => item !== undefined)
}

function serviceItems(service: Service, endpoint: string, local: string): (AddressItem | undefined)[] {
  const name = `${service.metadata.name}.${service.metadata.namespace}.svc`
  const clusterIPs = clusterIPsOf(service)
  if (clusterIPs.length === 0) return [addressItem(local, -1, `${endpoint}.${name}`)]
  return clusterIPs.map((ip) => addressItem(ip, -1, name))
}
