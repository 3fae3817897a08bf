import {
  conditions,
  dnsLabel,
  ipAddress,
  labels,
  port,
  portOrZero,
  protocol,
  reportDuplicates,
  templateMeta,
  texts,
} from './decode-common.js'
import {
  bool,
  checked,
  checkedOrEmpty,
  type Decoder,
  defaulted,
  list,
  mapped,
  oneOf,
  optional,
  record,
  required,
  text,
} from './decode.js'
import { dns1123SubdomainProblem, portNameProblem } from './names.js'
import type { Container, ContainerPort, PodDnsConfig, PodSpec, PodStatus, PodTemplate } from './pod.js'
import type { Report } from './report.js'

const containerPort: Decoder<ContainerPort> = mapped(
  record<ContainerPort>({
    name: defaulted(checkedOrEmpty(portNameProblem), ''),
    containerPort: required(port),
    protocol: defaulted(protocol, 'TCP'),
    hostPort: optional(portOrZero),
    hostIP: optional(ipAddress),
  }),
  ({ hostPort, ...rest }) => (hostPort === undefined || hostPort === 0 ? rest : { ...rest, hostPort }),
)

const IGNORED_CONTAINER = [
  'args',
  'command',
  'env',
  'envFrom',
  'imagePullPolicy',
  'lifecycle',
  'livenessProbe',
  'readinessProbe',
  'resizePolicy',
  'resources',
  'restartPolicyRules',
  'securityContext',
  'startupProbe',
  'stdin',
  'stdinOnce',
  'terminationMessagePath',
  'terminationMessagePolicy',
  'tty',
  'volumeDevices',
  'volumeMounts',
  'workingDir',
]

const container: Decoder<Container> = mapped(
  record<Container>(
    {
      name: required(dnsLabel),
      image: defaulted(text, ''),
      ports: defaulted(list(containerPort), []),
      restartPolicy: optional(oneOf('Always')),
    },
    IGNORED_CONTAINER,
  ),
  (value, path, report) => {
    reportDuplicates(
      value.ports,
      (p) => (p.name === '' ? undefined : p.name),
      (_, i, name) =>
        report.error(`${path}.ports[${i}].name`, `port name "${name}" is used twice in container ${value.name}`),
    )
    return value
  },
)

const dnsConfig: Decoder<PodDnsConfig> = record<PodDnsConfig>({
  nameservers: defaulted(list(ipAddress), []),
  searches: defaulted(texts, []),
  options: defaulted(
    list(record<{ name: string; value?: string }>({ name: required(text), value: optional(text) })),
    [],
  ),
})

const hostAlias = record<PodSpec['hostAliases'][number]>({ ip: required(ipAddress), hostnames: defaulted(texts, []) })

const IGNORED_SPEC = [
  'activeDeadlineSeconds',
  'affinity',
  'automountServiceAccountToken',
  'enableServiceLinks',
  'ephemeralContainers',
  'hostIPC',
  'hostPID',
  'hostUsers',
  'hostnameOverride',
  'imagePullSecrets',
  'os',
  'overhead',
  'preemptionPolicy',
  'priority',
  'priorityClassName',
  'readinessGates',
  'resourceClaims',
  'resources',
  'runtimeClassName',
  'schedulerName',
  'schedulingGates',
  'securityContext',
  'serviceAccount',
  'serviceAccountName',
  'setHostnameAsFQDN',
  'shareProcessNamespace',
  'terminationGracePeriodSeconds',
  'tolerations',
  'topologySpreadConstraints',
  'volumes',
]

/** spec of a Pod or of a pod template, defaulted as the API server does. */
export const podSpec: Decoder<PodSpec> = mapped(
  record<PodSpec>(
    {
      nodeName: optional(checked(dns1123SubdomainProblem)),
      nodeSelector: defaulted(labels, {}),
      hostNetwork: defaulted(bool, false),
      dnsPolicy: defaulted(oneOf('ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'), 'ClusterFirst'),
      dnsConfig: optional(dnsConfig),
      hostname: optional(dnsLabel),
      subdomain: optional(dnsLabel),
      restartPolicy: defaulted(oneOf('Always', 'OnFailure', 'Never'), 'Always'),
      containers: required(list(container)),
      initContainers: defaulted(list(container), []),
      hostAliases: defaulted(list(hostAlias), []),
    },
    IGNORED_SPEC,
  ),
  (spec, path, report) => {
    const withPorts = spec.hostNetwork ? withHostPorts(spec, path, report) : spec
    checkPodSpec(withPorts, path, report)
    return withPorts
  },
)

/** On the host network a container port is a host port; the API server copies it and refuses another number. */
function withHostPorts(spec: PodSpec, path: string, report: Report): PodSpec {
  const fill = (field: string) => (c: Container, i: number) => ({
    ...c,
    ports: c.ports.map((p, j) => {
      if (p.hostPort !== undefined && p.hostPort !== p.containerPort) {
        const at = `${path}.${field}[${i}].ports[${j}].hostPort`
        report.error(at, `${p.hostPort} differs from containerPort on the host network`, `use ${p.containerPort}`)
      }
      return { ...p, hostPort: p.containerPort }
    }),
  })
  return {
    ...spec,
    containers: spec.containers.map(fill('containers')),
    initContainers: spec.initContainers.map(fill('initContainers')),
  }
}

function checkPodSpec(spec: PodSpec, path: string, report: Report): void {
  if (spec.containers.length === 0) report.error(`${path}.containers`, 'must have at least one container')
  const containers = spec.initContainers
    .map((c, i) => ({ c, at: `${path}.initContainers[${i}]` }))
    .concat(spec.containers.map((c, i) => ({ c, at: `${path}.containers[${i}]` })))
  reportDuplicates(
    containers,
    ({ c }) => c.name,
    ({ at }, _, name) => report.error(`${at}.name`, `container name "${name}" is used twice`),
  )
  const hostPorts = spec.containers.flatMap((c, i) =>
    c.ports.map((p, j) => ({ p, at: `${path}.containers[${i}].ports[${j}].hostPort` })),
  )
  reportDuplicates(
    hostPorts,
    ({ p }) => (p.hostPort === undefined ? undefined : `${p.hostPort}/${p.protocol} ${p.hostIP ?? ''}`.trim()),
    ({ at }, _, key) => report.error(at, `host port ${key} is used twice in this pod`),
  )
  if (spec.dnsPolicy === 'None' && (spec.dnsConfig?.nameservers.length ?? 0) === 0) {
    report.error(`${path}.dnsConfig.nameservers`, 'is required with dnsPolicy None', 'give at least one nameserver')
  }
}

/** status of a Pod: what a person says of its state. */
export const podStatus: Decoder<PodStatus> = mapped(
  record<PodStatus>(
    {
      phase: optional(oneOf('Pending', 'Running', 'Succeeded', 'Failed', 'Unknown')),
      message: optional(text),
      podIP: optional(ipAddress),
      podIPs: defaulted(list(record<{ ip: string }>({ ip: required(ipAddress) })), []),
      hostIP: optional(ipAddress),
      conditions: defaulted(conditions, []),
    },
    [
      'containerStatuses',
      'ephemeralContainerStatuses',
      'hostIPs',
      'initContainerStatuses',
      'nominatedNodeName',
      'observedGeneration',
      'qosClass',
      'reason',
      'resize',
      'resourceClaimStatuses',
      'startTime',
    ],
  ),
  (status, path, report) => {
    const first = status.podIP ?? status.podIPs[0]?.ip
    if (first === undefined) return status
    const given = status.podIPs[0]?.ip ?? first
    if (given !== first) report.error(`${path}.podIPs[0].ip`, `${given} differs from podIP ${first}`)
    return { ...status, podIP: first, podIPs: [{ ip: first }, ...status.podIPs.slice(1)] }
  },
)

/** The pod template of a workload. */
export const podTemplate: Decoder<PodTemplate> = mapped(
  record<PodTemplate>({
    metadata: defaulted(templateMeta, { labels: {}, annotations: {} }),
    spec: required(podSpec),
  }),
  (template, path, report) => {
    const { restartPolicy } = template.spec
    if (restartPolicy !== 'Always') {
      report.error(`${path}.spec.restartPolicy`, `"${restartPolicy}" is not supported in a workload`, 'use "Always"')
    }
    return template
  },
)
