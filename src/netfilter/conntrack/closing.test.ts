import { expect, it } from 'vitest'
import { ip, NetfilterRouter, tcpPacket, udpPacket } from '../../../test/helpers/netfilter-router.js'
import { rangeOf } from '../nat/range.js'
import { setClosing } from './closing.js'

it('a rejected connection is closed, and soon forgotten', () => {
  const router = new NetfilterRouter()
  router.forward(tcpPacket('10.0.0.1:40000', '10.0.0.2:80', 'S'))
  const answer = router.forward(tcpPacket('10.0.0.2:80', '10.0.0.1:40000', 'SA', { ack: 1 }))!
  expect(router.entries()[0]!.tcp!.state).toBe('SYN_RECV')
  setClosing(answer)
  expect(router.entries()[0]!.tcp!.state).toBe('CLOSE')
  expect(router.entries()[0]!.expires).toBe(router.sim.queue.now + 10_000)
})

it('what was never confirmed, or is no TCP, is left alone', () => {
  const router = new NetfilterRouter()
  const datagram = router.forward(udpPacket('10.0.0.1:40000', '10.0.0.2:53'))!
  setClosing(datagram)
  expect(router.entries()[0]!.expires).toBe(router.sim.queue.now + 30_000)
})

it('connections masqueraded behind an address go with it', () => {
  const router = new NetfilterRouter()
  const address = ip('192.0.2.1')
  const range = rangeOf(address)
  router.rules.push({ hook: 'POSTROUTING', matches: () => true, range, by: 'MASQUERADE', masquerade: true })
  router.forward(udpPacket('10.0.0.1:40000', '10.0.0.2:53'))
  expect(router.entries()).toHaveLength(1)
  router.netfilter.hooks.addressGone(router.out0.ifindex, ip('192.0.2.2'))
  router.netfilter.hooks.addressGone(router.in0.ifindex, address)
  expect(router.entries()).toHaveLength(1)
  router.netfilter.hooks.addressGone(router.out0.ifindex, address)
  expect(router.entries()).toHaveLength(0)
})
