import { Command } from 'commander'
import type { Endpoint, EndpointSlice, Node, Pod, Service } from '../api/index.js'
import { didYouMean, HEADLESS_LABEL, internalIP, isPodReady, SERVICE_NAME_LABEL } from '../api/index.js'
import type { Cluster } from '../cluster/index.js'
import { addClusterFlags, buildCluster, type ClusterFlags, readClusterInput } from './cluster-options.js'
import type { Io } from './io.js'
import { Issues } from './issues.js'
import { table } from './render/index.js'
import { reportWarnings } from './report.js'

type Rows = readonly (readonly string[])[]

/** The kinds that can be listed, by kubectl's names, and their tables. */
const KINDS = {
  nodes: nodeRows,
  pods: podRows,
  services: serviceRows,
  endpointslices: endpointSliceRows,
} as const satisfies Record<string, (cluster: Cluster, namespace: string | undefined) => Rows>

type KindName = keyof typeof KINDS

const ALIASES: Readonly<Record<string, KindName>> = {
  no: 'nodes',
  node: 'nodes',
  nodes: 'nodes',
  po: 'pods',
  pod: 'pods',
  pods: 'pods',
  svc: 'services',
  service: 'services',
  services: 'services',
  endpointslice: 'endpointslices',
  endpointslices: 'endpointslices',
  ep: 'endpointslices',
  endpoints: 'endpointslices',
}

const HELP = `
Kinds: nodes (no), pods (po), services (svc), endpointslices (ep); all of them when none is named.

Examples:
  $ kubehop get -f app.yaml
  $ kubehop get pods,svc -n shop -f app.yaml`

/** `kubehop get`: the objects of the cluster with the addresses they were given. */
export function getCommand(io: Io): Command {
  return addClusterFlags(new Command('get').description('list what is in the cluster: names, addresses, nodes'))
    .argument('[kinds]', 'kinds, separated by commas', 'nodes,pods,svc,ep')
    .addHelpText('after', HELP)
    .action((kinds: string, flags: ClusterFlags) => runGet(kinds, flags, io))
}

function runGet(kinds: string, flags: ClusterFlags, io: Io): void {
  const issues = new Issues()
  const input = readClusterInput(flags, io, issues)
  const names = kinds.split(',').flatMap((kind) => kindName(kind.trim(), issues))
  const cluster = buildCluster(input, issues)
  issues.throwIfAny()
  reportWarnings(cluster!.warnings, io)
  const tables = names.map((name) => table(KINDS[name](cluster!, flags.namespace)).join('\n'))
  io.stdout(`${tables.join('\n\n')}\n`)
}

function kindName(text: string, issues: Issues): KindName[] {
  const key = text.toLowerCase()
  const name = Object.hasOwn(ALIASES, key) ? ALIASES[key] : undefined
  if (name !== undefined) return [name]
  const fix = didYouMean(text, Object.keys(ALIASES)) ?? `use ${Object.keys(KINDS).join(', ')}`
  issues.add({ path: 'get', message: `"${text}" is not a kind that can be listed`, fix })
  return []
}

function nodeRows(cluster: Cluster): Rows {
  const nodes: readonly Node[] = cluster.list('Node')
  const rows = nodes.map((node) => [node.metadata.name, internalIP(node) ?? '-', node.spec.podCIDRs.join(',') || '-'])
  return [['NODE', 'INTERNAL-IP', 'POD-CIDR'], ...rows]
}

function podRows(cluster: Cluster, namespace: string | undefined): Rows {
  const pods: readonly Pod[] = byName(cluster.list('Pod', namespace))
  const rows = pods.map((pod) => [
    pod.metadata.namespace,
    pod.metadata.name,
    isPodReady(pod) ? 'yes' : 'no',
    pod.status.podIP ?? '-',
    pod.spec.nodeName ?? '-',
    pod.spec.containers.flatMap((c) => c.ports.map((port) => `${port.containerPort}/${port.protocol}`)).join(',') ||
      '-',
  ])
  return [['NAMESPACE', 'POD', 'READY', 'IP', 'NODE', 'PORTS'], ...rows]
}

function serviceRows(cluster: Cluster, namespace: string | undefined): Rows {
  const services: readonly Service[] = byName(cluster.list('Service', namespace))
  const rows = services.map(({ metadata, spec, status }) => [
    metadata.namespace,
    metadata.name,
    spec.type,
    spec.clusterIP || '-',
    [...spec.externalIPs, ...status.loadBalancer.ingress.flatMap(({ ip }) => ip ?? [])].join(',') ||
      spec.externalName ||
      '-',
    spec.ports.map((p) => `${p.port}${p.nodePort ? `:${p.nodePort}` : ''}/${p.protocol}`).join(',') || '-',
  ])
  return [['NAMESPACE', 'SERVICE', 'TYPE', 'CLUSTER-IP', 'EXTERNAL', 'PORTS'], ...rows]
}

function endpointSliceRows(cluster: Cluster, namespace: string | undefined): Rows {
  const slices: readonly EndpointSlice[] = byName(cluster.list('EndpointSlice', namespace))
  const rows = slices.map((slice) => [
    slice.metadata.namespace,
    slice.metadata.labels[SERVICE_NAME_LABEL] ?? '-',
    slice.metadata.labels[HEADLESS_LABEL] === undefined ? '' : 'headless',
    slice.ports.map((port) => `${port.port ?? '*'}/${port.protocol}`).join(',') || '-',
    slice.endpoints.map(endpointText).join(' ') || '-',
  ])
  return [['NAMESPACE', 'SERVICE', 'KIND', 'PORTS', 'ENDPOINTS'], ...rows]
}

/** In order of namespace and name, as kubectl lists them. */
function byName<T extends { readonly metadata: { readonly namespace: string; readonly name: string } }>(
  objects: readonly T[],
): T[] {
  const key = ({ metadata }: T): string => `${metadata.namespace} ${metadata.name}`
  return objects.toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
}

function endpointText({ addresses, conditions }: Endpoint): string {
  const state = conditions.terminating === true ? ' (terminating)' : conditions.ready === false ? ' (not ready)' : ''
  return `${addresses[0] ?? '-'}${state}`
}
