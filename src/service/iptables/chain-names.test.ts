import { describe, expect, it } from 'vitest'
import { endpointChain, isServiceChain, portHash, serviceChains } from './chain-names.js'

const name = (text: string) => {
  const [service, port = ''] = text.split(':') as [string, string?]
  const [namespace, plain] = service.split('/') as [string, string]
  return { namespace, name: plain, port, protocol: 'TCP' as const }
}

describe('chain names', () => {
  it.each([
    ['ns1/svc1:p80', 'XPGD46QRK7WJZT7O'],
    ['ns2/svc2:p80', 'GNZBNJ2PO5MGZ6GT'],
    ['ns2/svc2:p8080', '2VJB64SDSIJUP5T6'],
    ['ns3/svc3:p80', 'X27LE4BHSL4DOUIK'],
    ['ns4/svc4:p80', '4SW47YFZTEDKD3PK'],
    ['ns5/svc5:p80', 'NUKIZ6OKUXPJNT4C'],
    ['ns4/svc4:p8082', 'EBDQOQU5SJFXRIL3'],
  ])('of %s are those of a real node', (text, hash) => {
    expect(serviceChains(name(text))).toEqual({
      svc: `KUBE-SVC-${hash}`,
      svl: `KUBE-SVL-${hash}`,
      ext: `KUBE-EXT-${hash}`,
      fw: `KUBE-FW-${hash}`,
    })
  })

  it('of an endpoint hash its address too', () => {
    expect(endpointChain(name('ns1/svc1:p80'), '10.180.0.1:80')).toBe('KUBE-SEP-SXIVWICOYRO3J4NJ')
  })

  it('tell protocols apart and fit the kernel', () => {
    const tcp = serviceChains(name('kube-system/kube-dns:dns'))
    const udp = serviceChains({ ...name('kube-system/kube-dns:dns'), protocol: 'UDP' })
    expect(udp.svc).toBe('KUBE-SVC-TCOU7JCQXEZGVUNU')
    expect(tcp.svc).not.toBe(udp.svc)
    expect(portHash('x')).toMatch(/^[A-Z2-7]{16}$/)
    expect(tcp.svc.length).toBeLessThanOrEqual(28)
  })

  it('tell which chains can be stale', () => {
    expect(['KUBE-SVC-A', 'KUBE-SVL-A', 'KUBE-EXT-A', 'KUBE-FW-A', 'KUBE-SEP-A'].every(isServiceChain)).toBe(true)
    expect(['KUBE-SERVICES', 'KUBE-FIREWALL', 'KUBE-MARK-MASQ', 'DOCKER'].some(isServiceChain)).toBe(false)
  })
})
