import { describe, expect, test } from 'vitest'
import { type Combine, type Ipv4DevConf, Sysctls } from './sysctl.js'

const NAMES = ['forwarding', 'accept_redirects'] as const

function values(sysctls: Sysctls, ...devices: readonly string[]): Record<string, number[]> {
  return Object.fromEntries(
    devices.map((d) => [d, NAMES.map((name) => sysctls.value(`net/ipv4/conf/${d}/${name}`))] as const),
  )
}

describe('ip_forward (inet_forward_change)', () => {
  test('sets every forwarding and switches accepting redirects off for all alone', () => {
    const sysctls = new Sysctls()
    sysctls.device('eth0')
    sysctls.set('net/ipv4/ip_forward', 1)
    sysctls.device('later')
    expect(values(sysctls, 'all', 'default', 'eth0', 'later')).toEqual({
      all: [1, 0],
      default: [1, 1],
      eth0: [1, 1],
      later: [1, 1],
    })
  })

  test('off again accepts redirects again', () => {
    const sysctls = new Sysctls()
    sysctls.set('net/ipv4/ip_forward', 1)
    sysctls.set('net/ipv4/ip_forward', 0)
    expect(values(sysctls, 'all', 'eth0')).toEqual({ all: [0, 1], eth0: [0, 1] })
  })

  test('conf/all/forwarding is the same knob; a device has its own', () => {
    const sysctls = new Sysctls()
    sysctls.set('net/ipv4/conf/all/forwarding', 1)
    expect(sysctls.value('net/ipv4/ip_forward')).toBe(1)
    sysctls.set('net/ipv4/conf/eth0/forwarding', 0)
    expect(values(sysctls, 'all', 'eth0')).toEqual({ all: [1, 0], eth0: [0, 1] })
  })

  test('written once more with the same value changes nothing', () => {
    const sysctls = new Sysctls()
    sysctls.set('net/ipv4/ip_forward', 1)
    sysctls.set('net/ipv4/conf/all/accept_redirects', 1)
    sysctls.set('net/ipv4/conf/eth0/forwarding', 0)
    sysctls.set('net/ipv4/ip_forward', 1)
    expect(values(sysctls, 'all', 'eth0')).toEqual({ all: [1, 1], eth0: [0, 1] })
  })
})

describe('all and device together', () => {
  test.each<[Combine, [all: number, device: number, result: number][]]>([
    ['device', [[1, 0, 0], [0, 1, 1], [2, 1, 1]]], // prettier-ignore
    ['and', [[1, 0, 0], [0, 1, 0], [1, 2, 1]]], // prettier-ignore
    ['or', [[1, 0, 1], [0, 1, 1], [0, 0, 0]]], // prettier-ignore
    ['max', [[1, 0, 1], [0, 2, 2], [1, 2, 2]]], // prettier-ignore
  ])('%s', (combine, cases) => {
    for (const [all, device, result] of cases) {
      const sysctls = new Sysctls()
      sysctls.set('net/ipv4/conf/all/rp_filter', all)
      sysctls.set('net/ipv4/conf/eth0/rp_filter', device)
      expect(sysctls.effective('rp_filter', 'eth0', combine)).toBe(result)
    }
  })
})

test('a new device starts with the values of default; known devices keep theirs', () => {
  const sysctls = new Sysctls()
  sysctls.device('old')
  sysctls.set('net/ipv4/conf/default/rp_filter', 1)
  expect([sysctls.device('old').rp_filter, sysctls.device('new').rp_filter]).toEqual([0, 1])
})

// Documentation/networking/ip-sysctl.rst
test.each<[Exclude<keyof Ipv4DevConf, 'copy'>, number]>([
  ['rp_filter', 0],
  ['accept_local', 0],
  ['route_localnet', 0],
  ['accept_redirects', 1],
  ['send_redirects', 1],
  ['shared_media', 1],
  ['promote_secondaries', 0],
])('%s is %d from the start', (name, value) => {
  expect(new Sysctls().device('eth0')[name]).toBe(value)
})

test('what is not modelled is kept and has no value before', () => {
  const sysctls = new Sysctls()
  expect(sysctls.get('net/core/somaxconn')).toBeUndefined()
  sysctls.set('net/core/somaxconn', 4096)
  expect([sysctls.get('net/core/somaxconn'), sysctls.value('net/ipv4/nothing')]).toEqual([4096, 0])
})
