import { type Cidr, formatCidr, formatIpv4, type Ipv4 } from '../../addr/index.js'
import type { Protocol } from '../../api/index.js'
import { sha512 } from './sha512.js'

/** One hostPort of a pod. */
export interface PortMapping {
  readonly hostPort: number
  readonly containerPort: number
  readonly protocol: Protocol
  /** null, or 0.0.0.0, = every address of the node. */
  readonly hostIp: Ipv4 | null
}

/** The hostPorts of one pod sandbox. */
export interface PortmapSpec {
  /** Name of the network in the CNI configuration: `cbr0` in flannel's. */
  readonly networkName: string
  /** Id of the sandbox, 64 hexadecimal digits. */
  readonly containerId: string
  /** Pods of the node: their own packets are masqueraded (hairpin). */
  readonly podSubnet: Cidr
  readonly podIp: Ipv4
  /** At least one. */
  readonly mappings: readonly PortMapping[]
}

/** As many ports as one multiport match takes. */
const MULTIPORT_MAX = 15
/** Longest chain name that iptables takes. */
const CHAIN_NAME_MAX = 28

const text = (lines: readonly string[]): string => ['*nat', ...lines, 'COMMIT', ''].join('\n')

/**
 * The chains that the CNI portmap plugin makes with the first hostPort of a node, as text for
 * `iptables-restore --noflush`. Its masquerading jump is inserted, the DNAT jumps are appended: node ports win.
 */
export function portmapSetup(): string {
  return text([
    ':CNI-HOSTPORT-SETMARK - [0:0]',
    '-A CNI-HOSTPORT-SETMARK -m comment --comment "CNI portfwd masquerade mark" -j MARK --set-xmark 0x2000/0x2000',
    ':CNI-HOSTPORT-MASQ - [0:0]',
    '-A CNI-HOSTPORT-MASQ -m mark --mark 0x2000/0x2000 -j MASQUERADE',
    '-I POSTROUTING -m comment --comment "CNI portfwd requiring masquerade" -j CNI-HOSTPORT-MASQ',
    ':CNI-HOSTPORT-DNAT - [0:0]',
    '-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT',
    '-A OUTPUT -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT',
  ])
}

/**
 * What portmap's ADD writes for a pod, as text for `iptables-restore --noflush`; {@link portmapSetup} comes first.
 * Beside it the plugin sets `route_localnet` of the bridge and forgets UDP connections to the host ports.
 */
export function portmapAdd(spec: PortmapSpec): string {
  const chain = portmapChain(spec)
  const rules = spec.mappings.flatMap((mapping) => mappingRules(chain, spec, mapping))
  return text([`:${chain} - [0:0]`, ...rules, ...entryRules(chain, spec).map((rule) => `-A ${rule}`)])
}

/** What portmap's DEL takes away: the pod's chain and the references to it. */
export function portmapRemove(spec: PortmapSpec): string {
  const chain = portmapChain(spec)
  return text([...entryRules(chain, spec).map((rule) => `-D ${rule}`), `-F ${chain}`, `-X ${chain}`])
}

/** `CNI-DN-` and as much of the hash of network and sandbox as fits. */
function portmapChain({ networkName, containerId }: PortmapSpec): string {
  const digest = sha512(Uint8Array.from(networkName + containerId, (char) => char.charCodeAt(0)))
  const hex = [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return `CNI-DN-${hex}`.slice(0, CHAIN_NAME_MAX)
}

/** Hairpin mark, loopback mark, DNAT. */
function mappingRules(chain: string, { podSubnet, podIp }: PortmapSpec, mapping: PortMapping): string[] {
  const { hostIp, hostPort, containerPort } = mapping
  const protocol = mapping.protocol.toLowerCase()
  const to = hostIp === null || hostIp === 0 ? '' : ` -d ${formatIpv4(hostIp)}/32`
  const port = `-p ${protocol} -m ${protocol} --dport ${hostPort}`
  return [
    `-A ${chain} -s ${formatCidr(podSubnet)}${to} ${port} -j CNI-HOSTPORT-SETMARK`,
    `-A ${chain} -s 127.0.0.1/32${to} ${port} -j CNI-HOSTPORT-SETMARK`,
    `-A ${chain}${to} ${port} -j DNAT --to-destination ${formatIpv4(podIp)}:${containerPort}`,
  ]
}

/** The rules that lead into the pod's chain, without their verb: by protocol, at most 15 ports each. */
function entryRules(chain: string, { networkName, containerId, mappings }: PortmapSpec): string[] {
  const comment = `-m comment --comment "dnat name: \\"${networkName}\\" id: \\"${containerId}\\""`
  const protocols = [...new Set(mappings.map((mapping) => mapping.protocol))].sort()
  return protocols.flatMap((protocol) => {
    const ports = mappings.filter((mapping) => mapping.protocol === protocol).map((mapping) => mapping.hostPort)
    return chunks(ports, MULTIPORT_MAX).map(
      (some) =>
        `CNI-HOSTPORT-DNAT -p ${protocol.toLowerCase()} ${comment} -m multiport --dports ${some.join(',')} -j ${chain}`,
    )
  })
}

function chunks<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size))
}
