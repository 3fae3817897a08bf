import { printServicePortName, type ServicePortName } from '../model/service-port.js'
import { sha256 } from '../sha256.js'

/** Chains that kube-proxy always has. */
export const KUBE_SERVICES = 'KUBE-SERVICES'
export const KUBE_EXTERNAL_SERVICES = 'KUBE-EXTERNAL-SERVICES'
export const KUBE_NODEPORTS = 'KUBE-NODEPORTS'
export const KUBE_FORWARD = 'KUBE-FORWARD'
export const KUBE_PROXY_FIREWALL = 'KUBE-PROXY-FIREWALL'
export const KUBE_POSTROUTING = 'KUBE-POSTROUTING'
export const KUBE_MARK_MASQ = 'KUBE-MARK-MASQ'
/** Only with localhost node ports; the kubelet may own it as well. */
export const KUBE_FIREWALL = 'KUBE-FIREWALL'
/** Empty chains whose disappearance tells that somebody flushed the table. */
export const KUBE_PROXY_CANARY = 'KUBE-PROXY-CANARY'

/** The chains of one service port; all share one hash. */
export interface ServiceChains {
  /** Balances over the cluster-wide set. */
  readonly svc: string
  /** Balances over the endpoints of this node. */
  readonly svl: string
  /** Entry of traffic from outside: external IPs, load balancer addresses, node port. */
  readonly ext: string
  /** Gate of loadBalancerSourceRanges. */
  readonly fw: string
}

const SERVICE_PREFIXES = ['KUBE-SVC-', 'KUBE-SVL-', 'KUBE-EXT-', 'KUBE-FW-', 'KUBE-SEP-']
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Names of a service port's chains: 16 characters of base32 of SHA-256 of its name and protocol. */
export function serviceChains(name: ServicePortName): ServiceChains {
  const hash = portHash(hashInput(name))
  return { svc: `KUBE-SVC-${hash}`, svl: `KUBE-SVL-${hash}`, ext: `KUBE-EXT-${hash}`, fw: `KUBE-FW-${hash}` }
}

/** Name of the chain of one endpoint (`ip:port`) of a service port. */
export function endpointChain(name: ServicePortName, endpoint: string): string {
  return `KUBE-SEP-${portHash(hashInput(name) + endpoint)}`
}

/** Whether a nat chain is one of those written per service: stale unless wanted. */
export function isServiceChain(name: string): boolean {
  return SERVICE_PREFIXES.some((prefix) => name.startsWith(prefix))
}

/** First 16 characters of standard base32 of SHA-256 of an ASCII text. */
export function portHash(text: string): string {
  const digest = sha256(Uint8Array.from(text, (c) => c.charCodeAt(0)))
  let hash = ''
  for (let bits = 0, held = 0, at = 0; hash.length < 16; bits -= 5) {
    while (bits < 5) {
      held = ((held << 8) | digest[at++]!) & 0xffff
      bits += 8
    }
    hash += BASE32[(held >>> (bits - 5)) & 31]!
  }
  return hash
}

function hashInput(name: ServicePortName): string {
  return printServicePortName(name) + name.protocol.toLowerCase()
}
