import { parseCidr, parseIpv4 } from '../addr/index.js'
import { type InputIssue, InvalidInputError } from '../base/index.js'

/** Shape of a cluster. */
export interface ClusterOptions {
  /** Nodes to make when the manifests have none; default 2. */
  readonly nodes?: number
  /** Pod network; default `flannel-vxlan`. */
  readonly cni?: 'flannel-vxlan' | 'flannel-host-gw'
  /** The pods' bridge: docker0 carrying the flannel subnet (default), or cni0 by the CNI bridge plugin. */
  readonly bridge?: 'docker0' | 'cni0'
  /** kube-proxy's mode; default `iptables`. */
  readonly proxyMode?: 'iptables'
  /** Network of the pods; default 10.244.0.0/16. */
  readonly podCidr?: string
  /** Network of the cluster IPs; default 10.96.0.0/12. */
  readonly serviceCidr?: string
  /** Seed of everything that is left to chance; default 1. */
  readonly seed?: number
  /** Unknown kinds and fields are errors; default false. */
  readonly strict?: boolean
  /** Namespace of objects that name none; default `default`. */
  readonly defaultNamespace?: string
  /** Names outside of the cluster that DNS knows, with their addresses. */
  readonly hosts?: Readonly<Record<string, readonly string[]>>
}

/** Options with every default filled in. */
export type ResolvedOptions = Required<ClusterOptions>

const DEFAULTS: ResolvedOptions = Object.freeze({
  nodes: 2,
  cni: 'flannel-vxlan' as const,
  bridge: 'docker0' as const,
  proxyMode: 'iptables' as const,
  podCidr: '10.244.0.0/16',
  serviceCidr: '10.96.0.0/12',
  seed: 1,
  strict: false,
  defaultNamespace: 'default',
  hosts: Object.freeze({}),
})

const CHOICES = {
  cni: ['flannel-vxlan', 'flannel-host-gw'],
  bridge: ['docker0', 'cni0'],
  proxyMode: ['iptables'],
} as const

/**
 * Fills up options with defaults.
 * @throws InvalidInputError naming every option that is wrong.
 */
export function resolveOptions(given: ClusterOptions): ResolvedOptions {
  const options = { ...DEFAULTS, ...given }
  const issues = [...numberIssues(options), ...choiceIssues(options), ...networkIssues(options), ...hostIssues(options)]
  if (issues.length > 0) throw new InvalidInputError(issues)
  return Object.freeze(options)
}

function numberIssues(options: ResolvedOptions): InputIssue[] {
  const issues: InputIssue[] = []
  const check = (path: 'nodes' | 'seed', min: number, max: number): void => {
    const value: unknown = options[path]
    if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) return
    issues.push({ path, message: `${String(value)} is out of range`, fix: `use a whole number from ${min} to ${max}` })
  }
  check('nodes', 1, 1000)
  check('seed', 0, Number.MAX_SAFE_INTEGER)
  return issues
}

function choiceIssues(options: ResolvedOptions): InputIssue[] {
  return (Object.keys(CHOICES) as (keyof typeof CHOICES)[]).flatMap((path) => {
    const allowed: readonly string[] = CHOICES[path]
    if (allowed.includes(options[path])) return []
    return [{ path, message: `"${String(options[path])}" is not known`, fix: `use ${allowed.join(' or ')}` }]
  })
}

function networkIssues(options: ResolvedOptions): InputIssue[] {
  return (['podCidr', 'serviceCidr'] as const).flatMap((path) => {
    if (parseCidr(options[path]) !== undefined) return []
    const fix = 'write ADDRESS/PREFIX with no bit set behind the prefix, such as 10.244.0.0/16'
    return [{ path, message: `"${options[path]}" is not an IPv4 network`, fix }]
  })
}

function hostIssues(options: ResolvedOptions): InputIssue[] {
  return Object.entries(options.hosts).flatMap(([name, addresses]) =>
    addresses.flatMap((address, i) =>
      parseIpv4(address) !== undefined
        ? []
        : [{ path: `hosts["${name}"][${i}]`, message: `"${address}" is not an IPv4 address`, fix: 'use a.b.c.d' }],
    ),
  )
}
