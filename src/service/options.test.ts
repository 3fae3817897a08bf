import { describe, expect, it } from 'vitest'
import { InvalidInputError } from '../base/index.js'
import { DEFAULT_PROXY_OPTIONS, type ProxyOptions, proxyOptions } from './options.js'

function issuesOf(given: Partial<ProxyOptions>): string[] {
  try {
    proxyOptions(given)
    return []
  } catch (error) {
    if (error instanceof InvalidInputError) return error.message.split('\n')
    throw error
  }
}

describe('proxyOptions', () => {
  it('fills defaults in', () => {
    expect(proxyOptions()).toEqual(DEFAULT_PROXY_OPTIONS)
    expect(proxyOptions({ masqueradeBit: 31 })).toEqual({ ...DEFAULT_PROXY_OPTIONS, masqueradeBit: 31 })
  })

  it('names every problem at once', () => {
    const detectLocal = { mode: 'ClusterCIDR', cidrs: ['10.0.0.0/8', '10.0.0.0/33'] } as const
    expect(issuesOf({ masqueradeBit: 32, nodePortAddresses: ['fd00::/8', 'eth0'], detectLocal })).toEqual([
      'masqueradeBit: 32 is not a bit of the mark; give 0 to 31',
      'nodePortAddresses[1]: "eth0" is not a CIDR; write it like 10.0.0.0/8',
      'detectLocal.cidrs[1]: "10.0.0.0/33" is not a CIDR; write it like 10.0.0.0/8',
    ])
  })

  it('wants primary alone and interface names as they are', () => {
    expect(issuesOf({ nodePortAddresses: ['primary', '10.0.0.0/8'] })).toEqual([
      'nodePortAddresses: "primary" stands beside other entries; give "primary" alone',
    ])
    expect(issuesOf({ detectLocal: { mode: 'InterfaceNamePrefix', prefix: 'veth+' } })).toEqual([
      'detectLocal.prefix: "veth+" is not an interface name; give 1 to 15 characters, without + or /',
    ])
    expect(issuesOf({ detectLocal: { mode: 'BridgeInterface', name: '' } })).toEqual([
      'detectLocal.name: "" is not an interface name; give 1 to 15 characters, without + or /',
    ])
  })
})
