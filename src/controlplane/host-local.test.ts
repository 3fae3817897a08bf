import { describe, expect, it } from 'vitest'
import { formatIpv4, parseCidr, parseIpv4 } from '../addr/index.js'
import { HostLocalRange } from './host-local.js'

const CIDR = parseCidr('10.244.1.0/29')!

function allocateAll(range: HostLocalRange): string[] {
  const all: string[] = []
  for (let a = range.allocate(); a !== undefined; a = range.allocate())
    all.push(formatIpv4(a).slice('10.244.1.'.length))
  return all
}

describe('HostLocalRange', () => {
  it('begins at .2 and leaves out the gateway and the broadcast address', () => {
    expect(allocateAll(new HostLocalRange(CIDR))).toEqual(['2', '3', '4', '5', '6'])
  })

  it('goes on after the last reserved address and round, past what is used', () => {
    const range = new HostLocalRange(CIDR, parseIpv4('10.244.1.4'))
    range.reserve(parseIpv4('10.244.1.6')!)
    expect(allocateAll(range)).toEqual(['5', '2', '3', '4'])
  })
})
