import {
  type Cidr,
  cidrContains,
  cidrOf,
  CidrPool,
  cidrOverlaps,
  formatCidr,
  formatIpv4,
  parseCidr,
  parseIpv4,
} from '../addr/index.js'
import { internalIP, type Node, type NodeAddress } from '../api/index.js'
import { metaOf } from './generated.js'
import { NODE_NETWORK } from './options.js'
import { nameAndPlace, type Settlement } from './settlement.js'

const NODE_PREFIX = 24
/** Generated nodes get .11, .12 … of the node network. */
const FIRST_NODE_HOST = 11
/** No private network is larger (RFC 1918). */
const WIDEST_NODE_NETWORK = 8

/** Makes nodes when there are none; gives every node an InternalIP and a pod CIDR. */
export function settleNodes(s: Settlement): void {
  if (s.store.list('Node').length === 0) makeNodes(s)
  settleAddresses(s)
  settlePodCidrs(s)
}

function makeNodes(s: Settlement): void {
  const { nodes } = s.options
  if (!Number.isInteger(nodes) || nodes < 1) {
    s.issues.push({ path: 'nodes', message: `${nodes} is not a number of nodes`, fix: 'use 1 or more' })
    return
  }
  for (let i = 1; i <= nodes; i++) {
    const name = `node-${i}`
    s.store.put({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: metaOf({
        name,
        namespace: '',
        labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' },
      }),
      spec: { podCIDRs: [], unschedulable: false },
      status: { addresses: [], conditions: [] },
    })
  }
}

function settleAddresses(s: Settlement): void {
  const owners = new Map<string, Node>()
  for (const node of s.store.list('Node')) {
    const ip = internalIP(node)
    if (ip === undefined) continue
    const other = owners.get(ip)
    if (other !== undefined) {
      const message = `address ${ip} is already that of ${nameAndPlace(other)}`
      s.error(node, addressPath(node), message, 'give each node an address of its own')
    } else owners.set(ip, node)
    checkOutside(s, node, ip)
  }
  checkOneNetwork(s, [...owners.keys()])
  const network = networkForNew([...owners.keys()])
  const left = s.store
    .list('Node')
    .filter((node) => internalIP(node) === undefined && !assignAddress(s, node, network, owners))
  const [first] = left
  if (first === undefined) return
  const more = left.length === 1 ? '' : `, nor for ${left.length - 1} more`
  const message = `no address is left for it${more} in the node network ${formatCidr(network)}`
  s.error(first, '', message, 'use fewer nodes, or give them addresses')
}

/** New nodes join those that are there. */
function networkForNew(given: readonly string[]): Cidr {
  const usual = parseCidr(NODE_NETWORK)!
  const addresses = given.flatMap((ip) => parseIpv4(ip) ?? [])
  const [first] = addresses
  if (first === undefined || addresses.some((address) => cidrContains(usual, address))) return usual
  return cidrOf(first, usual.prefix)
}

/** All nodes are on one link: addresses too far apart would make most of the internet a part of it. */
function checkOneNetwork(s: Settlement, given: readonly string[]): void {
  const addresses = given.flatMap((ip) => parseIpv4(ip) ?? [])
  const [first] = addresses
  if (first === undefined) return
  const network = cidrOf(first, WIDEST_NODE_NETWORK)
  const far = s.store.list('Node').find((node) => {
    const address = parseIpv4(internalIP(node) ?? '')
    return address !== undefined && !cidrContains(network, address)
  })
  if (far === undefined) return
  const message = `address ${internalIP(far)} has no /${WIDEST_NODE_NETWORK} in common with ${given[0]} of another node`
  s.error(far, addressPath(far), message, 'nodes are modelled on one network: give them addresses of one')
}

function addressPath(node: Node): string {
  return `status.addresses[${node.status.addresses.findIndex((a) => a.type === 'InternalIP')}].address`
}

function checkOutside(s: Settlement, node: Node, ip: string): void {
  const address = parseIpv4(ip)
  if (address === undefined) return
  const { podCidr, serviceCidr } = s.ranges
  const inside = [
    { what: 'pod network', cidr: podCidr },
    { what: 'service network', cidr: serviceCidr },
  ].find(({ cidr }) => cidrContains(cidr, address))
  if (inside === undefined) return
  s.error(
    node,
    addressPath(node),
    `address ${ip} is inside the ${inside.what} ${formatCidr(inside.cidr)}`,
    'use an address outside it',
  )
}

/** Gives the node the first free address of the network; false when there is none. */
function assignAddress(s: Settlement, node: Node, network: Cidr, owners: Map<string, Node>): boolean {
  for (let host = FIRST_NODE_HOST; host < 255; host++) {
    const ip = formatIpv4(network.address + host)
    if (owners.has(ip)) continue
    owners.set(ip, node)
    const addresses: NodeAddress[] = [{ type: 'InternalIP', address: ip }, ...node.status.addresses]
    s.store.put({ ...node, status: { ...node.status, addresses } })
    return true
  }
  return false
}

function settlePodCidrs(s: Settlement): void {
  const { podCidr, serviceCidr } = s.ranges
  if (podCidr.prefix > NODE_PREFIX) return
  const pool = new CidrPool(podCidr, NODE_PREFIX)
  pool.reserve(serviceCidr)
  const given: { readonly node: Node; readonly cidr: Cidr }[] = []
  for (const node of s.store.list('Node')) {
    const cidr = givenCidr(s, node)
    if (cidr === undefined) continue
    const clash = given.find((g) => cidrOverlaps(g.cidr, cidr))
    if (clash !== undefined) {
      const message = `pod CIDR ${formatCidr(cidr)} overlaps ${formatCidr(clash.cidr)} of ${nameAndPlace(clash.node)}`
      s.error(node, 'spec.podCIDR', message, 'give each node a range of its own')
    }
    given.push({ node, cidr })
    pool.reserve(cidr)
  }
  const left = s.store.list('Node').filter((node) => {
    if (node.spec.podCIDRs.length > 0) return false
    const cidr = pool.allocate()
    if (cidr === undefined) return true
    s.store.put({ ...node, spec: { ...node.spec, podCIDRs: [formatCidr(cidr)] } })
    return false
  })
  const [first] = left
  if (first === undefined || cidrOverlaps(podCidr, serviceCidr)) return
  const more = left.length === 1 ? '' : `, nor for ${left.length - 1} more`
  const message = `no /${NODE_PREFIX} is left for it${more} in the pod network ${formatCidr(podCidr)}`
  s.error(first, '', message, 'use fewer nodes or a larger pod network')
}

function givenCidr(s: Settlement, node: Node): Cidr | undefined {
  const text = node.spec.podCIDRs[0]
  if (text === undefined) return undefined
  const { podCidr } = s.ranges
  const cidr = parseCidr(text)
  if (cidr === undefined) {
    s.error(node, 'spec.podCIDR', `pod CIDR "${text}" is not an IPv4 network`, 'use a network such as 10.244.1.0/24')
  } else if (cidr.prefix < podCidr.prefix || !cidrContains(podCidr, cidr.address)) {
    s.error(
      node,
      'spec.podCIDR',
      `pod CIDR ${text} is outside the pod network ${formatCidr(podCidr)}`,
      'use a part of it',
    )
  } else return cidr
  return undefined
}
