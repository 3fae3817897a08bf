import type { Host } from './host.js'

/** Sets a sysctl of a namespace, by its name below /proc/sys with slashes; those of conntrack live in its table. */
export function setSysctl(host: Host, key: string, value: number): void {
  const { sysctls } = host.netfilter.conntrack
  switch (key) {
    case 'net/netfilter/nf_conntrack_tcp_loose':
      sysctls.tcpLoose = value !== 0
      return
    case 'net/netfilter/nf_conntrack_tcp_be_liberal':
      sysctls.tcpBeLiberal = value !== 0
      return
    case 'net/netfilter/nf_conntrack_checksum':
      sysctls.checksum = value !== 0
      return
    case 'net/netfilter/nf_conntrack_max':
      sysctls.max = value
      return
    default:
      host.ns.sysctls.set(key, value)
  }
}
