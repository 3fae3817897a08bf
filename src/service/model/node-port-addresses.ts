import type { Family } from '../../addr/index.js'
import { canonicalCidr, canonicalIp, cidrHasIp, isZeroCidr } from './ip-text.js'

/** Which of a node's addresses answer on node ports, in one family. */
export interface NodePortAddresses {
  /** Networks to look in; null means every local address. */
  readonly cidrs: readonly string[] | null
  /** Addresses of 127.0.0.0/8 are among them. */
  readonly containsLoopback: boolean
}

/**
 * Reads `--nodeport-addresses` for one family: CIDRs of both families, or `primary` alone for the node's primary
 * addresses. No CIDR of the family left means every address, so a list with IPv4 only leaves IPv6 open
 * (NewNodePortAddresses).
 */
export function nodePortAddresses(
  list: readonly string[],
  family: Family,
  nodeIps: readonly string[],
): NodePortAddresses {
  const cidrs = list.includes('primary') ? primaryCidrs(nodeIps, family) : cidrsOf(list, family)
  if (cidrs.length === 0 || cidrs.some(isZeroCidr)) return { cidrs: null, containsLoopback: family === 'inet' }
  return { cidrs, containsLoopback: family === 'inet' && cidrs.some(touchesLoopback) }
}

/** Those of a node's addresses that lie in the CIDRs, in the node's order, without duplicates. */
export function matchingNodeIps(cidrs: readonly string[], localAddresses: readonly string[], family: Family): string[] {
  const local = localAddresses.map((text) => canonicalIp(text, family)).filter((ip) => ip !== undefined)
  return [...new Set(local)].filter((ip) => cidrs.some((cidr) => cidrHasIp(cidr, ip)))
}

/** 127.0.0.0/8 or ::1. */
export function isLoopbackIp(ip: string): boolean {
  return ip === '::1' || ip.startsWith('127.')
}

function cidrsOf(list: readonly string[], family: Family): string[] {
  return list.map((text) => canonicalCidr(text, family)).filter((cidr) => cidr !== undefined)
}

function primaryCidrs(nodeIps: readonly string[], family: Family): string[] {
  const ips = nodeIps.map((text) => canonicalIp(text, family)).filter((ip) => ip !== undefined)
  return ips.map((ip) => `${ip}/${family === 'inet' ? 32 : 128}`)
}

/** A network inside 127.0.0.0/8, or one that holds 127.0.0.0. */
function touchesLoopback(cidr: string): boolean {
  return cidr.startsWith('127.') || cidrHasIp(cidr, '127.0.0.0')
}
