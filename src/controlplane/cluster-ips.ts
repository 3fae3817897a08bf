import { cidrContains, formatCidr, formatIpv4, hostsOf, type Ipv4, parseIpv4 } from '../addr/index.js'
import { describeObject, keyOf, type Service } from '../api/index.js'
import { drawFromBands } from './bands.js'
import { systemFirst } from './order.js'
import { nameAndPlace, type Settlement } from './settlement.js'

/** Checks the cluster IPs that were asked for and allocates the others. */
export function settleClusterIps(s: Settlement): void {
  const owners = new Map<string, Service>()
  for (const service of systemServicesFirst(s)) {
    service.spec.clusterIPs.forEach((ip, i) => {
      if (ip !== 'None') reserve(s, service, ip, i, owners)
    })
  }
  for (const service of systemServicesFirst(s)) {
    if (service.spec.type !== 'ExternalName' && service.spec.clusterIPs.length === 0) allocate(s, service, owners)
  }
}

/** The kubernetes service and those of kube-system were there before any other. */
function systemServicesFirst(s: Settlement): Service[] {
  const services = systemFirst(s.store.list('Service'))
  const isFirst = (service: Service): boolean => keyOf(service) === 'default/kubernetes'
  return [...services.filter(isFirst), ...services.filter((service) => !isFirst(service))]
}

function reserve(s: Settlement, service: Service, ip: string, index: number, owners: Map<string, Service>): void {
  const path = index === 0 ? 'spec.clusterIP' : `spec.clusterIPs[${index}]`
  const address = parseIpv4(ip)
  const { serviceCidr } = s.ranges
  if (address !== undefined && !isUsable(s, address)) {
    const hosts = hostsOf(serviceCidr)
    const range = `${formatIpv4(hosts.first)} to ${formatIpv4(hosts.last)}`
    const problem = cidrContains(serviceCidr, address) ? 'is not a usable address of' : 'is outside'
    s.error(service, path, `cluster IP ${ip} ${problem} the service network ${formatCidr(serviceCidr)}`, `use ${range}`)
  }
  const other = owners.get(ip)
  if (other !== undefined) {
    s.error(
      service,
      path,
      `cluster IP ${ip} is already that of ${nameAndPlace(other)}`,
      'leave it out to have one allocated',
    )
  } else owners.set(ip, service)
}

function isUsable(s: Settlement, address: Ipv4): boolean {
  const hosts = hostsOf(s.ranges.serviceCidr)
  return address >= hosts.first && address <= hosts.last
}

/**
 * Dynamic allocation (ServiceIPStaticSubrange): upward from a random point of the upper band, round it, and the
 * lower band, kept for addresses that people choose, only when the upper is full.
 */
function allocate(s: Settlement, service: Service, owners: Map<string, Service>): void {
  if (!service.spec.ipFamilies.includes('IPv4')) {
    s.warn(service, 'spec.ipFamilies', 'IPv6 cluster IPs are not modelled: it gets none')
    return
  }
  if (service.spec.ipFamilies.includes('IPv6')) {
    s.warn(service, 'spec.ipFamilies', 'IPv6 cluster IPs are not modelled: it gets an IPv4 address only')
  }
  const { serviceCidr } = s.ranges
  const hosts = hostsOf(serviceCidr)
  const band = bandOffset(2 ** (32 - serviceCidr.prefix))
  const rng = s.rngFor(`cluster IP ${describeObject(service)}`)
  const address = drawFromBands(hosts.first, hosts.last, band, rng, (a) => owners.has(formatIpv4(a)))
  if (address === undefined) {
    s.error(
      service,
      '',
      `no address is left in the service network ${formatCidr(serviceCidr)}`,
      'use a larger service network',
    )
    return
  }
  const ip = formatIpv4(address)
  owners.set(ip, service)
  s.store.put({ ...service, spec: { ...service.spec, clusterIP: ip, clusterIPs: [ip] } })
}

/** How many addresses at the bottom of a service network are kept for explicit requests. */
export function bandOffset(size: number): number {
  return size <= 16 ? 0 : Math.min(Math.max(16, Math.floor(size / 16)), 256)
}
