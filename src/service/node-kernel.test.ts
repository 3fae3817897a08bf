import { describe, expect, it } from 'vitest'
import { iptablesSysctls } from './iptables/sysctls.js'
import { conntrackSysctls, DEFAULT_CONNTRACK_OPTIONS, programKernel } from './node-kernel.js'
import { type ProxyOptions, proxyOptions } from './options.js'

const node = { name: 'node-1', ips: ['192.168.0.2'], labels: {}, localAddresses: ['127.0.0.1', '192.168.0.2'] }
const routeLocalnet = (given: Partial<ProxyOptions>, family: 'inet' | 'inet6' = 'inet'): boolean =>
  iptablesSysctls(node, proxyOptions(given), family).some(
    ({ key, value }) => key === 'net/ipv4/conf/all/route_localnet' && value === 1,
  )

describe('sysctls', () => {
  it('sets route_localnet exactly where node ports answer on localhost', () => {
    expect(routeLocalnet({})).toBe(true)
    expect(routeLocalnet({ localhostNodePorts: false })).toBe(false)
    expect(routeLocalnet({ nodePortAddresses: ['192.168.0.0/24'] })).toBe(false)
    expect(routeLocalnet({ nodePortAddresses: ['127.0.0.0/8'] })).toBe(true)
    expect(routeLocalnet({}, 'inet6')).toBe(false)
  })

  it('sets the conntrack timeouts that are configured', () => {
    expect(conntrackSysctls(DEFAULT_CONNTRACK_OPTIONS)).toEqual([
      { key: 'net/netfilter/nf_conntrack_tcp_timeout_established', value: 86_400 },
      { key: 'net/netfilter/nf_conntrack_tcp_timeout_close_wait', value: 3_600 },
    ])
    const all = { ...DEFAULT_CONNTRACK_OPTIONS, tcpBeLiberal: true, udpSeconds: 10, udpStreamSeconds: 20 }
    expect(conntrackSysctls(all).slice(2)).toEqual([
      { key: 'net/netfilter/nf_conntrack_tcp_be_liberal', value: 1 },
      { key: 'net/netfilter/nf_conntrack_udp_timeout', value: 10 },
      { key: 'net/netfilter/nf_conntrack_udp_timeout_stream', value: 20 },
    ])
  })

  it('lands on a kernel in order', () => {
    const written: string[] = []
    const kernel = { setSysctl: (key: string, value: number) => void written.push(`${key}=${value}`) }
    programKernel(kernel, [
      ...iptablesSysctls(node, proxyOptions(), 'inet'),
      ...conntrackSysctls(DEFAULT_CONNTRACK_OPTIONS),
    ])
    expect(written).toEqual([
      'net/ipv4/conf/all/route_localnet=1',
      'net/netfilter/nf_conntrack_tcp_timeout_established=86400',
      'net/netfilter/nf_conntrack_tcp_timeout_close_wait=3600',
    ])
  })
})
