import { describe, expect, it } from 'vitest'
import { EventQueue } from '../../base/index.js'
import { setConntrackSysctl } from './sysctl-names.js'
import { ConntrackTable } from './table.js'

describe('sysctls by name', () => {
  it('set switches and, in seconds, timeouts', () => {
    const table = new ConntrackTable(new EventQueue())
    const set = (name: string, value: number): boolean => setConntrackSysctl(table, `net/netfilter/${name}`, value)
    expect(set('nf_conntrack_tcp_loose', 0)).toBe(true)
    expect(set('nf_conntrack_max', 131_072)).toBe(true)
    expect(set('nf_conntrack_tcp_timeout_close_wait', 3600)).toBe(true)
    expect(set('nf_conntrack_udp_timeout_stream', 180)).toBe(true)
    expect(set('nf_conntrack_sctp_timeout_established', 5)).toBe(true)
    expect(table.sysctls).toMatchObject({
      tcpLoose: false,
      max: 131_072,
      timeouts: { tcp: { CLOSE_WAIT: 3_600_000 }, udpStream: 180_000, sctp: { ESTABLISHED: 5000 } },
    })
  })

  it('leave others to their owner', () => {
    const table = new ConntrackTable(new EventQueue())
    const before = structuredClone(table.sysctls)
    expect(setConntrackSysctl(table, 'net/ipv4/ip_forward', 1)).toBe(false)
    expect(setConntrackSysctl(table, 'net/netfilter/nf_conntrack_tcp_timeout_', 1)).toBe(false)
    expect(setConntrackSysctl(table, 'net/netfilter/nf_conntrack_buckets', 1)).toBe(false)
    expect(table.sysctls).toEqual(before)
  })
})
