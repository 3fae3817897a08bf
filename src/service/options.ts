import { type InputIssue, InvalidInputError } from '../base/index.js'
import { canonicalCidr } from './model/ip-text.js'

/** How kube-proxy tells the traffic of pods (`--detect-local-mode`). */
export type LocalDetector =
  /** CIDRs of all pods, one per family. */
  | { readonly mode: 'ClusterCIDR'; readonly cidrs: readonly string[] }
  /** podCIDRs of this node only. */
  | { readonly mode: 'NodeCIDR'; readonly cidrs: readonly string[] }
  | { readonly mode: 'BridgeInterface'; readonly name: string }
  | { readonly mode: 'InterfaceNamePrefix'; readonly prefix: string }
  /** No detection: nothing is masqueraded by source, and pods count as outsiders. */
  | { readonly mode: 'None' }

/** Configuration of kube-proxy as far as packets feel it. */
export interface ProxyOptions {
  readonly detectLocal: LocalDetector
  /** Masquerade everything sent to a cluster IP. */
  readonly masqueradeAll: boolean
  /** Which bit of the mark means "masquerade": 0 … 31. */
  readonly masqueradeBit: number
  /** CIDRs, or `primary` alone; empty means every address. */
  readonly nodePortAddresses: readonly string[]
  /** `iptables.localhostNodePorts`: serve node ports on 127.0.0.0/8 (IPv4 only). */
  readonly localhostNodePorts: boolean
  /** MASQUERADE picks its port fully at random (iptables 1.6.2 and later). */
  readonly randomFully: boolean
  /** nf_conntrack_tcp_be_liberal is on, which leaves out the rule that drops INVALID packets. */
  readonly tcpBeLiberal: boolean
  /** The nfacct extension is usable, and rules count with it. */
  readonly nfacct: boolean
  /** Feature gate PreferSameTrafficDistribution: node hints are honoured. */
  readonly sameNode: boolean
  /** More endpoints than this in all: rules go without their endpoint comments. */
  readonly largeClusterThreshold: number
}

/** kube-proxy's defaults; without a cluster CIDR it cannot tell pods. */
export const DEFAULT_PROXY_OPTIONS: ProxyOptions = Object.freeze({
  detectLocal: Object.freeze({ mode: 'None' as const }),
  masqueradeAll: false,
  masqueradeBit: 14,
  nodePortAddresses: Object.freeze([]),
  localhostNodePorts: true,
  randomFully: true,
  tcpBeLiberal: false,
  nfacct: false,
  sameNode: true,
  largeClusterThreshold: 1000,
})

/**
 * Fills `given` up with the defaults.
 * @throws InvalidInputError naming every bad CIDR, bit or interface name.
 */
export function proxyOptions(given: Partial<ProxyOptions> = {}): ProxyOptions {
  const options = Object.freeze({ ...DEFAULT_PROXY_OPTIONS, ...given })
  const issues = [...bitIssues(options), ...addressIssues(options), ...detectorIssues(options.detectLocal)]
  if (issues.length > 0) throw new InvalidInputError(issues)
  return options
}

function bitIssues({ masqueradeBit }: ProxyOptions): InputIssue[] {
  if (Number.isInteger(masqueradeBit) && masqueradeBit >= 0 && masqueradeBit <= 31) return []
  return [{ path: 'masqueradeBit', message: `${masqueradeBit} is not a bit of the mark`, fix: 'give 0 to 31' }]
}

function addressIssues({ nodePortAddresses: list }: ProxyOptions): InputIssue[] {
  if (list.includes('primary')) {
    if (list.length === 1) return []
    return [
      { path: 'nodePortAddresses', message: '"primary" stands beside other entries', fix: 'give "primary" alone' },
    ]
  }
  return list.flatMap((text, i) => cidrIssues(`nodePortAddresses[${i}]`, text))
}

function detectorIssues(detector: LocalDetector): InputIssue[] {
  const name = 'name' in detector ? detector.name : 'prefix' in detector ? detector.prefix : null
  if (name !== null) return interfaceIssues('name' in detector ? 'detectLocal.name' : 'detectLocal.prefix', name)
  if (!('cidrs' in detector)) return []
  return detector.cidrs.flatMap((text, i) => cidrIssues(`detectLocal.cidrs[${i}]`, text))
}

function interfaceIssues(path: string, name: string): InputIssue[] {
  if (/^[^\s/+]{1,15}$/.test(name)) return []
  return [{ path, message: `"${name}" is not an interface name`, fix: 'give 1 to 15 characters, without + or /' }]
}

function cidrIssues(path: string, text: string): InputIssue[] {
  const known = canonicalCidr(text, 'inet') ?? canonicalCidr(text, 'inet6')
  return known !== undefined ? [] : [{ path, message: `"${text}" is not a CIDR`, fix: 'write it like 10.0.0.0/8' }]
}
