import {
  type Cidr,
  cidrContains,
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
  for (const node of s.store.list('Node')) {
    if (internalIP(node) === undefined) assignAddress(s, node, owners)
  }
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

function assignAddress(s: Settlement, node: Node, owners: Map<string, Node>): void {
  const network = parseCidr(NODE_NETWORK)!
  for (let host = FIRST_NODE_HOST; host < 255; host++) {
    const ip = formatIpv4(network.address + host)
    if (owners.has(ip)) continue
    owners.set(ip, node)
    const addresses: NodeAddress[] = [{ type: 'InternalIP', address: ip }, ...node.status.addresses]
    s.store.put({ ...node, status: { ...node.status, addresses } })
    return
  }
  s.error(node, '', `no address is left in the node network ${NODE_NETWORK}`, 'use fewer nodes, or give them addresses')
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
  for (const node of s.store.list('Node')) {
    if (node.spec.podCIDRs.length > 0) continue
    const cidr = pool.allocate()
    if (cidr === undefined) {
      const fix = 'use fewer nodes or a larger pod network'
      s.error(node, '', `no /${NODE_PREFIX} is left for it in the pod network ${formatCidr(podCidr)}`, fix)
    } else s.store.put({ ...node, spec: { ...node.spec, podCIDRs: [formatCidr(cidr)] } })
  }
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
