import { familyOf } from '../addr/index.js'
import {
  cidrText,
  ipAddress,
  labels,
  port,
  portOrName,
  portOrZero,
  protocol,
  reportDuplicates,
} from './decode-common.js'
import {
  bool,
  checked,
  checkedOrEmpty,
  type Decoder,
  defaulted,
  integer,
  list,
  mapped,
  oneOf,
  optional,
  record,
  required,
  text,
} from './decode.js'
import type { IntOrString } from './meta.js'
import { dns1123LabelProblem, dns1123SubdomainProblem } from './names.js'
import type { Report } from './report.js'
import type {
  IPFamily,
  LoadBalancerIngress,
  ServicePort,
  ServiceSpec,
  ServiceStatus,
  TrafficPolicy,
} from './service.js'

interface RawServicePort extends Omit<ServicePort, 'targetPort'> {
  readonly targetPort?: IntOrString
}

const servicePort: Decoder<ServicePort> = mapped(
  record<RawServicePort>({
    name: defaulted(checkedOrEmpty(dns1123LabelProblem), ''),
    protocol: defaulted(protocol, 'TCP'),
    port: required(port),
    targetPort: optional((value, path, report) =>
      value === 0 || value === '' ? undefined : portOrName(value, path, report),
    ),
    nodePort: optional(portOrZero),
    appProtocol: optional(text),
  }),
  ({ nodePort, ...rest }) => ({
    ...rest,
    targetPort: rest.targetPort ?? rest.port,
    ...(nodePort === undefined || nodePort === 0 ? {} : { nodePort }),
  }),
)

/** A cluster IP: an address, `None`, or empty for "allocate one". */
const clusterIp: Decoder<string> = (value, path, report) =>
  value === '' || value === 'None' ? value : ipAddress(value, path, report)

const affinityConfig = record<{ clientIP?: { timeoutSeconds: number } }>({
  clientIP: optional(record<{ timeoutSeconds: number }>({ timeoutSeconds: defaulted(integer(1, 86400), 10800) })),
})

/** What a person wrote, before the defaults that depend on other fields. */
interface RawServiceSpec extends Omit<
  ServiceSpec,
  'externalTrafficPolicy' | 'sessionAffinityConfig' | 'ipFamilies' | 'ipFamilyPolicy' | 'ports' | 'clusterIPs'
> {
  readonly externalTrafficPolicy?: TrafficPolicy
  readonly sessionAffinityConfig?: { readonly clientIP?: { readonly timeoutSeconds: number } }
  readonly ipFamilies?: readonly IPFamily[]
  readonly ipFamilyPolicy?: ServiceSpec['ipFamilyPolicy']
  readonly ports?: readonly ServicePort[]
  readonly clusterIPs?: readonly string[]
}

const rawSpec = record<RawServiceSpec>(
  {
    type: defaulted(oneOf('ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'), 'ClusterIP'),
    selector: optional(labels),
    clusterIP: optional(clusterIp),
    clusterIPs: optional(list(clusterIp)),
    ipFamilies: optional(list(oneOf('IPv4', 'IPv6'))),
    ipFamilyPolicy: optional(oneOf('SingleStack', 'PreferDualStack', 'RequireDualStack')),
    ports: optional(list(servicePort)),
    externalIPs: defaulted(list(ipAddress), []),
    externalName: optional(text),
    sessionAffinity: defaulted(oneOf('None', 'ClientIP'), 'None'),
    sessionAffinityConfig: optional(affinityConfig),
    externalTrafficPolicy: optional(oneOf('Cluster', 'Local')),
    internalTrafficPolicy: defaulted(oneOf('Cluster', 'Local'), 'Cluster'),
    healthCheckNodePort: optional(portOrZero),
    allocateLoadBalancerNodePorts: defaulted(bool, true),
    loadBalancerSourceRanges: defaulted(list(cidrText), []),
    loadBalancerIP: optional(text),
    publishNotReadyAddresses: defaulted(bool, false),
    trafficDistribution: optional(oneOf('PreferClose', 'PreferSameZone', 'PreferSameNode')),
  },
  ['loadBalancerClass'],
)

/** spec of a Service, checked and defaulted as the API server does. */
export const serviceSpec: Decoder<ServiceSpec> = mapped(rawSpec, (raw, path, report) => {
  checkPorts(raw, path, report)
  checkClusterIps(raw, path, report)
  checkTypeFields(raw, path, report)
  return withDefaults(raw)
})

function withDefaults(raw: RawServiceSpec): ServiceSpec {
  const { clusterIP, healthCheckNodePort, sessionAffinityConfig: config, ...rest } = raw
  const clusterIPs = (raw.clusterIPs ?? (clusterIP === undefined ? [] : [clusterIP])).filter((ip) => ip !== '')
  const first = clusterIPs[0]
  const external = raw.type === 'ExternalName'
  return {
    ...rest,
    ...(first === undefined || external ? {} : { clusterIP: first }),
    clusterIPs: external ? [] : clusterIPs,
    ports: raw.ports ?? [],
    ipFamilies: raw.ipFamilies ?? familiesOf(clusterIPs),
    ipFamilyPolicy: raw.ipFamilyPolicy ?? 'SingleStack',
    externalTrafficPolicy: raw.externalTrafficPolicy ?? 'Cluster',
    ...(raw.sessionAffinity === 'ClientIP'
      ? { sessionAffinityConfig: { clientIP: config?.clientIP ?? { timeoutSeconds: 10800 } } }
      : {}),
    ...(healthCheckNodePort === undefined || healthCheckNodePort === 0 ? {} : { healthCheckNodePort }),
  }
}

function familiesOf(clusterIPs: readonly string[]): IPFamily[] {
  const families = clusterIPs.filter((ip) => ip !== 'None').map((ip) => (familyOf(ip) === 'inet6' ? 'IPv6' : 'IPv4'))
  return families.length > 0 ? families : ['IPv4']
}

function isRawHeadless(raw: RawServiceSpec): boolean {
  return raw.clusterIP === 'None' || raw.clusterIPs?.[0] === 'None'
}

function checkPorts(raw: RawServiceSpec, path: string, report: Report): void {
  const ports = raw.ports ?? []
  const portless = raw.type === 'ExternalName' || isRawHeadless(raw)
  if (ports.length === 0 && !portless && !report.hasError(`${path}.ports`)) {
    report.error(`${path}.ports`, 'is required', 'give at least one port')
  }
  if (ports.length > 1) {
    ports.forEach((p, i) => {
      if (p.name === '')
        report.error(`${path}.ports[${i}].name`, 'is required', 'name every port when there are several')
    })
  }
  reportDuplicates(
    ports,
    (p) => (p.name === '' ? undefined : p.name),
    (_, i, name) => report.error(`${path}.ports[${i}].name`, `port name "${name}" is used twice`),
  )
  reportDuplicates(
    ports,
    (p) => `${p.port}/${p.protocol}`,
    (_, i, key) => report.error(`${path}.ports[${i}].port`, `port ${key} is used twice`),
  )
  reportDuplicates(
    ports,
    (p) => (p.nodePort === undefined ? undefined : `${p.nodePort}/${p.protocol}`),
    (_, i, key) => report.error(`${path}.ports[${i}].nodePort`, `node port ${key} is used twice`),
  )
}

function checkClusterIps(raw: RawServiceSpec, path: string, report: Report): void {
  if (raw.clusterIP !== undefined && raw.clusterIPs?.[0] !== undefined && raw.clusterIPs[0] !== raw.clusterIP) {
    report.error(`${path}.clusterIPs[0]`, `"${raw.clusterIPs[0]}" differs from clusterIP "${raw.clusterIP}"`)
  }
  if (isRawHeadless(raw) && (raw.type === 'NodePort' || raw.type === 'LoadBalancer')) {
    report.error(`${path}.clusterIP`, `may not be "None" for type ${raw.type}`, 'leave it out, or use type "ClusterIP"')
  }
  if (raw.type === 'ExternalName' && raw.clusterIP !== undefined && raw.clusterIP !== '') {
    report.error(`${path}.clusterIP`, 'may not be set for type ExternalName', 'leave it out')
  }
}

function checkTypeFields(raw: RawServiceSpec, path: string, report: Report): void {
  const hasNodePorts = raw.type === 'NodePort' || raw.type === 'LoadBalancer'
  if (!hasNodePorts) {
    raw.ports?.forEach((p, i) => {
      if (p.nodePort === undefined) return
      report.error(`${path}.ports[${i}].nodePort`, `may not be set for type ${raw.type}`, 'use type "NodePort"')
    })
  }
  if (raw.externalTrafficPolicy === 'Local' && !hasNodePorts && raw.externalIPs.length === 0) {
    const fix = 'leave it out: nothing outside the cluster reaches this service'
    report.error(`${path}.externalTrafficPolicy`, `may not be set for type ${raw.type}`, fix)
  }
  const healthChecked = raw.type === 'LoadBalancer' && raw.externalTrafficPolicy === 'Local'
  if ((raw.healthCheckNodePort ?? 0) !== 0 && !healthChecked) {
    const only = 'may only be set for type LoadBalancer with externalTrafficPolicy Local'
    report.error(`${path}.healthCheckNodePort`, only, 'leave it out')
  }
  if (raw.loadBalancerSourceRanges.length > 0 && raw.type !== 'LoadBalancer') {
    report.error(`${path}.loadBalancerSourceRanges`, 'may only be set for type LoadBalancer', 'leave it out')
  }
  checkExternalName(raw, path, report)
}

function checkExternalName(raw: RawServiceSpec, path: string, report: Report): void {
  if (raw.type !== 'ExternalName') return
  const name = raw.externalName
  if (name === undefined || name === '') {
    report.error(`${path}.externalName`, 'is required for type ExternalName')
    return
  }
  const problem = dns1123SubdomainProblem(name.replace(/\.$/, ''))
  if (problem !== undefined) report.error(`${path}.externalName`, `"${name}" is not valid`, problem)
}

const ingress: Decoder<LoadBalancerIngress> = record<LoadBalancerIngress>(
  {
    ip: optional(ipAddress),
    hostname: optional(checked(dns1123SubdomainProblem)),
    ipMode: optional(oneOf('VIP', 'Proxy')),
  },
  ['ports'],
)

/** status of a Service. */
export const serviceStatus: Decoder<ServiceStatus> = record<ServiceStatus>(
  {
    loadBalancer: defaulted(record<ServiceStatus['loadBalancer']>({ ingress: defaulted(list(ingress), []) }), {
      ingress: [],
    }),
  },
  ['conditions'],
)
