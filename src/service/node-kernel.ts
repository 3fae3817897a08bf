/** What a proxy needs of a node's kernel beyond rules. The composition root implements it on a namespace. */
export interface NodeKernel {
  /** Sets a sysctl by its path below /proc/sys: `net/ipv4/ip_forward`. */
  setSysctl(key: string, value: number): void
}

/** A sysctl that a proxy sets. */
export interface SysctlSetting {
  readonly key: string
  readonly value: number
}

/** Conntrack part of kube-proxy's configuration. Null: left as the kernel has it. */
export interface ConntrackOptions {
  readonly tcpEstablishedSeconds: number | null
  readonly tcpCloseWaitSeconds: number | null
  readonly tcpBeLiberal: boolean
  readonly udpSeconds: number | null
  readonly udpStreamSeconds: number | null
}

/** kube-proxy's defaults: 24 hours established, 1 hour close-wait. */
export const DEFAULT_CONNTRACK_OPTIONS: ConntrackOptions = Object.freeze({
  tcpEstablishedSeconds: 86_400,
  tcpCloseWaitSeconds: 3_600,
  tcpBeLiberal: false,
  udpSeconds: null,
  udpStreamSeconds: null,
})

/** The conntrack sysctls that kube-proxy sets at its start, in every mode. */
export function conntrackSysctls(options: ConntrackOptions): readonly SysctlSetting[] {
  const settings: readonly [string, number | null][] = [
    ['tcp_timeout_established', options.tcpEstablishedSeconds],
    ['tcp_timeout_close_wait', options.tcpCloseWaitSeconds],
    ['tcp_be_liberal', options.tcpBeLiberal ? 1 : null],
    ['udp_timeout', options.udpSeconds],
    ['udp_timeout_stream', options.udpStreamSeconds],
  ]
  return settings.flatMap(([name, value]) =>
    value === null ? [] : [{ key: `net/netfilter/nf_conntrack_${name}`, value }],
  )
}

/** Applies settings to a node, in order. */
export function programKernel(kernel: NodeKernel, settings: readonly SysctlSetting[]): void {
  for (const { key, value } of settings) kernel.setSysctl(key, value)
}
