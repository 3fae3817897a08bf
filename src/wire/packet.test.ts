import { expect, test } from 'vitest'
import { type BridgeInfo, Packet } from './packet.js'

test('a view of exactly its bytes, also after they are replaced', () => {
  const packet = new Packet(1, Uint8Array.of(9, 1, 2, 9).subarray(1, 3), 0x0800)
  expect([packet.view.byteLength, packet.view.getUint16(0)]).toEqual([2, 0x0102])
  packet.setBytes(Uint8Array.of(5, 6, 7))
  expect([packet.view.byteLength, packet.view.getUint8(2)]).toEqual([3, 7])
})

test('a copy has every field and shares no bytes', () => {
  const device = { name: 'veth0', ifindex: 3 }
  const bridge: BridgeInfo = {
    physIn: device,
    physOut: null,
    originalDaddr: 1,
    inPrerouting: true,
    sabotageInDone: true,
    pktOtherhost: true,
    bridgedDnat: true,
    savedMacSrc: 2,
    fragMaxSize: 0,
  }
  const packet = Object.assign(new Packet(7, Uint8Array.of(1, 2), 0x0806), {
    macDst: 1,
    macSrc: 2,
    packetType: 'broadcast' as const,
    inDev: device,
    mark: 3,
    nfct: { id: 4 },
    ctInfo: 'established' as const,
    bridge,
    fragMaxSize: 5,
    fragDf: true,
    owner: { uid: 6, gid: 7 },
    encapLimit: 1,
    nfTrace: true,
  })
  const copy = packet.copy()
  expect(copy).toEqual(packet)
  copy.bytes[0] = 0xff
  copy.bridge!.physOut = device
  expect(packet.bytes[0]).toBe(1)
  expect(copy.view.getUint8(0)).toBe(0xff)
  expect(packet.bridge?.physOut).toBeNull()
})
