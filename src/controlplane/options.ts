import { type Cidr, cidrOverlaps, formatCidr, parseCidr } from '../addr/index.js'
import type { InputIssue, Rng } from '../base/index.js'

/** The network the nodes sit in when manifests do not say otherwise. */
export const NODE_NETWORK = '192.168.10.0/24'

/** Shape of the cluster, in Kubernetes' own flag values. */
export interface ControlPlaneOptions {
  /** Nodes to make when the store has none. */
  readonly nodes: number
  /** --cluster-cidr; /24 blocks of it go to the nodes. */
  readonly podCidr: string
  /** --service-cluster-ip-range. */
  readonly serviceCidr: string
  /** --service-node-port-range; `30000-32767` if omitted. */
  readonly nodePortRange?: string
  /** Domain of cluster DNS; `cluster.local` if omitted. */
  readonly clusterDomain?: string
  /** Where random names, addresses and ports come from. */
  readonly rng: Rng
}

/** Options as values. */
export interface Ranges {
  readonly podCidr: Cidr
  readonly serviceCidr: Cidr
  readonly nodePorts: { readonly first: number; readonly last: number }
}

const FALLBACK: Ranges = {
  podCidr: parseCidr('10.244.0.0/16')!,
  serviceCidr: parseCidr('10.96.0.0/12')!,
  nodePorts: { first: 30000, last: 32767 },
}

/** Reads the ranges; what is wrong goes to `issues`, and a default takes its place so that checks can go on. */
export function readRanges(options: ControlPlaneOptions, issues: InputIssue[]): Ranges {
  const cidr = (path: 'podCidr' | 'serviceCidr'): Cidr => {
    const parsed = parseCidr(options[path])
    if (parsed !== undefined) return parsed
    const fix = 'use a network such as 10.244.0.0/16, with no host bits set'
    issues.push({ path, message: `"${options[path]}" is not an IPv4 network`, fix })
    return FALLBACK[path]
  }
  const podCidr = cidr('podCidr')
  const serviceCidr = cidr('serviceCidr')
  const nodeNetwork = parseCidr(NODE_NETWORK)!
  if (podCidr.prefix > 24) {
    issues.push({ path: 'podCidr', message: `${options.podCidr} is too small`, fix: 'each node needs a /24 of it' })
  }
  reserved('podCidr', podCidr, issues)
  reserved('serviceCidr', serviceCidr, issues)
  const overlap = (path: string, a: Cidr, other: string, b: Cidr): void => {
    if (!cidrOverlaps(a, b)) return
    const message = `${formatCidr(a)} overlaps the ${other} ${formatCidr(b)}`
    issues.push({ path, message, fix: 'use networks that share no address' })
  }
  overlap('serviceCidr', serviceCidr, 'pod network', podCidr)
  overlap('podCidr', podCidr, 'node network', nodeNetwork)
  overlap('serviceCidr', serviceCidr, 'node network', nodeNetwork)
  return { podCidr, serviceCidr, nodePorts: readPortRange(options.nodePortRange, issues) }
}

/** Addresses that mean something else everywhere. */
const RESERVED = [
  { cidr: parseCidr('0.0.0.0/8')!, what: '"this network" (0.0.0.0/8)' },
  { cidr: parseCidr('127.0.0.0/8')!, what: 'loopback (127.0.0.0/8)' },
  { cidr: parseCidr('224.0.0.0/4')!, what: 'multicast (224.0.0.0/4)' },
  { cidr: parseCidr('240.0.0.0/4')!, what: 'the reserved range 240.0.0.0/4' },
]

function reserved(path: string, cidr: Cidr, issues: InputIssue[]): void {
  const clash = RESERVED.find((each) => cidrOverlaps(each.cidr, cidr))
  if (clash === undefined) return
  const message = `${formatCidr(cidr)} overlaps ${clash.what}`
  issues.push({ path, message, fix: 'use unicast addresses, such as those of 10.0.0.0/8' })
}

function readPortRange(text: string | undefined, issues: InputIssue[]): Ranges['nodePorts'] {
  if (text === undefined) return FALLBACK.nodePorts
  const match = /^(\d{1,5})-(\d{1,5})$/.exec(text)
  const [first, last] = [Number(match?.[1]), Number(match?.[2])]
  if (match !== null && first >= 1 && last <= 65535 && first <= last) return { first, last }
  issues.push({
    path: 'nodePortRange',
    message: `"${text}" is not a port range`,
    fix: 'use FIRST-LAST, such as 30000-32767',
  })
  return FALLBACK.nodePorts
}
