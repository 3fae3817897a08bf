import type { Family } from '../addr/index.js'
import type { Pod } from '../api/index.js'
import { assertNever } from '../base/index.js'
import type { ResolvConf, ResolvOption } from './resolv-conf.js'

/** kubelet's settings that pods' DNS depends on. */
export interface KubeletDns {
  /** --cluster-dns; empty = not set. */
  readonly clusterDNS: readonly string[]
  /** --cluster-domain; empty = none. */
  readonly clusterDomain: string
  /** The file of --resolv-conf; null = the flag is the empty string. */
  readonly hostResolvConf: ResolvConf | null
  /** IP families of the node, for the nameserver of last resort. */
  readonly nodeFamilies: readonly Family[]
}

/** An event that kubelet records on the pod. */
export interface DnsWarning {
  readonly reason: 'MissingClusterDNS' | 'DNSConfigForming'
  readonly message: string
}

/** A pod's resolv.conf, and what kubelet has to say about it. */
export interface PodResolvConf extends ResolvConf {
  readonly warnings: readonly DnsWarning[]
}

const MAX_NAMESERVERS = 3
const MAX_SEARCHES = 32
const MAX_SEARCH_CHARACTERS = 2048
const MAX_DOMAIN = 253

/** The resolv.conf kubelet gives a pod, by dnsPolicy, hostNetwork and dnsConfig (kubelet, dns.Configurer GetPodDNS). */
export function podResolvConf(pod: Pod, kubelet: KubeletDns): PodResolvConf {
  const base = policyConf(pod, kubelet)
  const { warnings, ...limited } = withLimits(merged(base, pod))
  return { ...limited, warnings: [...base.warnings, ...warnings] }
}

function policyConf(pod: Pod, kubelet: KubeletDns): PodResolvConf {
  switch (pod.spec.dnsPolicy) {
    case 'None':
      return { nameservers: [], search: [], options: [], warnings: [] }
    case 'Default':
      return hostConf(kubelet)
    case 'ClusterFirst':
      return pod.spec.hostNetwork ? hostConf(kubelet) : clusterConf(pod, kubelet)
    case 'ClusterFirstWithHostNet':
      return clusterConf(pod, kubelet)
    default:
      return assertNever(pod.spec.dnsPolicy)
  }
}

function hostConf(kubelet: KubeletDns): PodResolvConf {
  if (kubelet.hostResolvConf !== null) return { ...kubelet.hostResolvConf, warnings: [] }
  const nameservers = kubelet.nodeFamilies.map((family) => (family === 'inet' ? '127.0.0.1' : '::1'))
  return { nameservers, search: ['.'], options: [], warnings: [] }
}

function clusterConf(pod: Pod, kubelet: KubeletDns): PodResolvConf {
  if (kubelet.clusterDNS.length === 0) {
    const message = `kubelet has no cluster DNS address: the pod gets the node's resolv.conf instead of ${pod.spec.dnsPolicy}`
    return { ...hostConf(kubelet), warnings: [{ reason: 'MissingClusterDNS', message }] }
  }
  const domain = kubelet.clusterDomain
  const own = domain === '' ? [] : [`${pod.metadata.namespace}.svc.${domain}`, `svc.${domain}`, domain]
  const hostSearch = kubelet.hostResolvConf?.search ?? []
  return {
    nameservers: kubelet.clusterDNS,
    search: distinct([...own, ...hostSearch]),
    options: [{ name: 'ndots', value: '5' }],
    warnings: [],
  }
}

/** dnsConfig adds nameservers and searches at the end; of an option given twice, its value wins. */
function merged(base: ResolvConf, pod: Pod): ResolvConf {
  const config = pod.spec.dnsConfig
  if (config === undefined) return base
  const options = new Map<string, ResolvOption>()
  for (const option of [...base.options, ...config.options]) options.set(option.name, option)
  return {
    nameservers: distinct([...base.nameservers, ...config.nameservers]),
    search: distinct([...base.search, ...config.searches]),
    options: [...options.values()],
  }
}

function withLimits(conf: ResolvConf): PodResolvConf {
  const warnings: DnsWarning[] = []
  const nameservers = conf.nameservers.slice(0, MAX_NAMESERVERS)
  if (nameservers.length < conf.nameservers.length)
    warnings.push(forming(`only the first ${MAX_NAMESERVERS} nameservers are used: ${nameservers.join(' ')}`))
  const search = cutSearch(conf.search)
  if (search.length < conf.search.length)
    warnings.push(forming(`the search line is cut to ${search.length} of ${conf.search.length} elements`))
  return { nameservers, search, options: conf.options, warnings }
}

/** Overlong elements go; then the line is cut from its end. Its length counts one space between elements. */
function cutSearch(search: readonly string[]): string[] {
  const kept = search.slice(0, MAX_SEARCHES).filter((domain) => domain.length <= MAX_DOMAIN)
  while (kept.join(' ').length > MAX_SEARCH_CHARACTERS) kept.pop()
  return kept
}

function forming(message: string): DnsWarning {
  return { reason: 'DNSConfigForming', message }
}

function distinct(words: readonly string[]): string[] {
  return [...new Set(words)]
}
