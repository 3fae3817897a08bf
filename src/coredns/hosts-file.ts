import type { Pod } from '../api/index.js'
import { lowerCase } from './names.js'

/** One line of a hosts file (hosts(5)). */
export interface HostsEntry {
  readonly address: string
  readonly names: readonly string[]
}

/** Lines that kubelet writes at the top of every pod's file. */
const STANDARD: readonly HostsEntry[] = Object.freeze([
  { address: '127.0.0.1', names: ['localhost'] },
  { address: '::1', names: ['localhost', 'ip6-localhost', 'ip6-loopback'] },
  { address: 'fe00::0', names: ['ip6-localnet'] },
  { address: 'fe00::0', names: ['ip6-mcastprefix'] },
  { address: 'fe00::1', names: ['ip6-allnodes'] },
  { address: 'fe00::2', names: ['ip6-allrouters'] },
])

/** What every Linux distribution writes into a node's own file. */
export const NODE_HOSTS: readonly HostsEntry[] = Object.freeze([
  { address: '127.0.0.1', names: ['localhost'] },
  { address: '::1', names: ['localhost', 'ip6-localhost', 'ip6-loopback'] },
])

const MAX_HOSTNAME = 63

/** The hosts file of a pod, in the parts that kubelet writes. */
export interface PodHosts {
  readonly hostNetwork: boolean
  readonly entries: readonly HostsEntry[]
  readonly aliases: readonly HostsEntry[]
}

/** The pod's hostname: spec.hostname or its name, cut to 63 characters without a dash or dot at the end. */
export function podHostname(pod: Pod): string {
  const wanted = pod.spec.hostname ?? pod.metadata.name
  return wanted.length <= MAX_HOSTNAME ? wanted : wanted.slice(0, MAX_HOSTNAME).replace(/[-.]+$/, '')
}

/**
 * The pod's /etc/hosts (kubelet, ensureHostsFile). With hostNetwork it holds the node's file, else localhost and
 * the pod's own name; hostAliases come last.
 * @param nodeHosts entries of the node's own file.
 */
export function podHosts(pod: Pod, clusterDomain: string, nodeHosts: readonly HostsEntry[] = NODE_HOSTS): PodHosts {
  const aliases = pod.spec.hostAliases.map(({ ip, hostnames }) => ({ address: ip, names: hostnames }))
  if (pod.spec.hostNetwork) return { hostNetwork: true, entries: nodeHosts, aliases }
  const hostname = podHostname(pod)
  const { subdomain } = pod.spec
  const inDomain =
    subdomain === undefined ? [] : [`${hostname}.${subdomain}.${pod.metadata.namespace}.svc.${clusterDomain}`]
  const own = pod.status.podIPs.map(({ ip }) => ({ address: ip, names: [...inDomain, hostname] }))
  return { hostNetwork: false, entries: [...STANDARD, ...own], aliases }
}

/** Prints the file with kubelet's comments, fields separated by tabs. */
export function printHosts(hosts: PodHosts): string {
  const title = `# Kubernetes-managed hosts file${hosts.hostNetwork ? ' (host network)' : ''}.`
  const line = ({ address, names }: HostsEntry): string => [address, ...names].join('\t')
  const aliases = hosts.aliases.length === 0 ? [] : ['', '# Entries added by HostAliases.', ...hosts.aliases.map(line)]
  return [title, ...hosts.entries.map(line), ...aliases].map((each) => `${each}\n`).join('')
}

/** Addresses of a name in a hosts file, letter case ignored, in the order of the lines. */
export function lookupHosts(hosts: PodHosts, name: string): string[] {
  const wanted = lowerCase(name)
  return [...hosts.entries, ...hosts.aliases]
    .filter((entry) => entry.names.some((each) => lowerCase(each) === wanted))
    .map((entry) => entry.address)
}
