import { describe, expect, it } from 'vitest'
import { canonicalCidr, canonicalIp, cidrHasIp, joinHostPort } from './ip-text.js'

describe('addresses as text', () => {
  it('reads leading zeros as decimal', () => {
    expect(canonicalIp('172.030.000.041', 'inet')).toBe('172.30.0.41')
    expect(canonicalIp('0.0.0.0', 'inet')).toBe('0.0.0.0')
    expect(canonicalCidr('010.000.1.0/24', 'inet')).toBe('10.0.1.0/24')
  })

  it('gives nothing for the other family or nonsense', () => {
    expect(canonicalIp('fd00::1', 'inet')).toBeUndefined()
    expect(canonicalIp('10.0.0.1', 'inet6')).toBeUndefined()
    expect(canonicalIp('', 'inet')).toBeUndefined()
    expect(canonicalIp('10.0.0.256', 'inet')).toBeUndefined()
    expect(canonicalCidr('10.0.0.0', 'inet')).toBeUndefined()
    expect(canonicalCidr('fd00::/8', 'inet')).toBeUndefined()
    expect(canonicalCidr('fd00::/129', 'inet6')).toBeUndefined()
  })

  it('clears host bits and shortens IPv6', () => {
    expect(canonicalCidr('203.0.113.7/25', 'inet')).toBe('203.0.113.0/25')
    expect(canonicalIp('FD00:0:0:0::1', 'inet6')).toBe('fd00::1')
    expect(canonicalCidr('fd00::1/64', 'inet6')).toBe('fd00::/64')
  })

  it('finds addresses in networks of their own family only', () => {
    expect(cidrHasIp('10.0.0.0/8', '10.255.0.1')).toBe(true)
    expect(cidrHasIp('10.0.0.0/8', '11.0.0.1')).toBe(false)
    expect(cidrHasIp('0.0.0.0/0', 'fd00::1')).toBe(false)
  })

  it('joins hosts and ports', () => {
    expect(joinHostPort('10.0.0.1', 80)).toBe('10.0.0.1:80')
    expect(joinHostPort('fd00::1', 80)).toBe('[fd00::1]:80')
  })
})
