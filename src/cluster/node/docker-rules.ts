import { type Cidr, formatCidr, formatIpv4, type Ipv4 } from '../../addr/index.js'
import type { Protocol } from '../../api/index.js'

/** How dockerd's default bridge is set up. */
export interface DockerRulesSpec {
  readonly bridge: string
  readonly subnet: Cidr
  /** `--ip-masq`; off where flannel masquerades. */
  readonly ipMasq: boolean
  /** `--userland-proxy`: a process serves what DNAT does not see. */
  readonly userlandProxy: boolean
  /** `--icc`: containers of the bridge may talk to each other. */
  readonly icc: boolean
}

/**
 * What dockerd 20.10 writes when it starts on a node that has none of its rules and whose ip_forward was 0 (hence
 * FORWARD's policy DROP), as text for `iptables-restore --noflush`. The lines stand in dockerd's own order, since
 * many insert.
 */
export function dockerRules(spec: DockerRulesSpec): string {
  return [...natLines(spec), ...filterLines(spec), ''].join('\n')
}

function natLines({ bridge, subnet, ipMasq, userlandProxy }: DockerRulesSpec): string[] {
  const notLoopback = userlandProxy ? '! -d 127.0.0.0/8 ' : ''
  return [
    '*nat',
    ':DOCKER - [0:0]',
    ...(ipMasq ? [`-I POSTROUTING -s ${formatCidr(subnet)} ! -o ${bridge} -j MASQUERADE`] : []),
    ...(ipMasq && userlandProxy ? [`-I DOCKER -i ${bridge} -j RETURN`] : []),
    ...(userlandProxy ? [] : [`-I POSTROUTING -o ${bridge} -m addrtype --src-type LOCAL -j MASQUERADE`]),
    '-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER',
    `-A OUTPUT ${notLoopback}-m addrtype --dst-type LOCAL -j DOCKER`,
    'COMMIT',
  ]
}

function filterLines({ bridge, icc }: DockerRulesSpec): string[] {
  return [
    '*filter',
    ':FORWARD DROP [0:0]',
    ':DOCKER - [0:0]',
    ':DOCKER-ISOLATION-STAGE-1 - [0:0]',
    ':DOCKER-ISOLATION-STAGE-2 - [0:0]',
    '-A DOCKER-ISOLATION-STAGE-1 -j RETURN',
    '-A DOCKER-ISOLATION-STAGE-2 -j RETURN',
    icc ? `-I FORWARD -i ${bridge} -o ${bridge} -j ACCEPT` : `-A FORWARD -i ${bridge} -o ${bridge} -j DROP`,
    `-I FORWARD -i ${bridge} ! -o ${bridge} -j ACCEPT`,
    `-I FORWARD -o ${bridge} -j DOCKER`,
    `-I FORWARD -o ${bridge} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
    '-I FORWARD -j DOCKER-ISOLATION-STAGE-1',
    `-I DOCKER-ISOLATION-STAGE-1 -i ${bridge} ! -o ${bridge} -j DOCKER-ISOLATION-STAGE-2`,
    `-I DOCKER-ISOLATION-STAGE-2 -o ${bridge} -j DROP`,
    ':DOCKER-USER - [0:0]',
    '-A DOCKER-USER -j RETURN',
    '-I FORWARD -j DOCKER-USER',
    'COMMIT',
  ]
}

/** One published port of a container (`-p [HOSTIP:]HOSTPORT:CONTAINERPORT/PROTOCOL`). */
export interface DockerPublishSpec {
  readonly bridge: string
  readonly containerIp: Ipv4
  /** null, or 0.0.0.0, = every address of the node. */
  readonly hostIp: Ipv4 | null
  readonly hostPort: number
  readonly containerPort: number
  readonly protocol: Protocol
  /** As the daemon was started: see {@link DockerRulesSpec}. */
  readonly userlandProxy: boolean
}

/** What dockerd 20.10 appends for one published port, as text for `iptables-restore --noflush`. */
export function dockerPublish(spec: DockerPublishSpec): string {
  return publishText('-A', spec)
}

/** The same rules taken away. */
export function dockerUnpublish(spec: DockerPublishSpec): string {
  return publishText('-D', spec)
}

function publishText(verb: '-A' | '-D', spec: DockerPublishSpec): string {
  const { bridge, hostIp, hostPort, containerPort, userlandProxy } = spec
  const protocol = spec.protocol.toLowerCase()
  const container = formatIpv4(spec.containerIp)
  const host = hostIp === null || hostIp === 0 ? '' : ` -d ${formatIpv4(hostIp)}/32`
  const outside = userlandProxy ? ` ! -i ${bridge}` : ''
  const port = (number: number): string => `-p ${protocol} -m ${protocol} --dport ${number}`
  const fill = `-p sctp -m sctp --sport ${containerPort} -j CHECKSUM --checksum-fill`
  return [
    '*nat',
    `${verb} DOCKER${host}${outside} ${port(hostPort)} -j DNAT --to-destination ${container}:${containerPort}`,
    `${verb} POSTROUTING -s ${container}/32 -d ${container}/32 ${port(containerPort)} -j MASQUERADE`,
    'COMMIT',
    '*filter',
    `${verb} DOCKER -d ${container}/32 ! -i ${bridge} -o ${bridge} ${port(containerPort)} -j ACCEPT`,
    'COMMIT',
    ...(protocol === 'sctp' ? ['*mangle', `${verb} POSTROUTING ${fill}`, 'COMMIT'] : []),
    '',
  ].join('\n')
}
