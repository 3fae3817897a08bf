import { expect, test } from 'vitest'
import { capture } from './capture.js'
import type { RecordedFrame } from './recorder.js'

function frame(netns: string, device: string, comment: string): RecordedFrame {
  return { netns, device, direction: 'in', at: 1, bytes: new Uint8Array(60).fill(0xa5), packet: 7, comment }
}

const INTERFACE_BLOCK = 1
const PACKET_BLOCK = 6

/** Block types and bodies of a little-endian pcapng file. */
function blocksOf(file: Uint8Array): { type: number; body: Uint8Array }[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const blocks = []
  for (let at = 0; at < file.length; at += view.getUint32(at + 4, true)) {
    const length = view.getUint32(at + 4, true)
    blocks.push({ type: view.getUint32(at, true), body: file.subarray(at + 8, at + length - 4) })
  }
  return blocks
}

const textOf = (body: Uint8Array): string => new TextDecoder().decode(body)

test('one interface per device, one comment per frame', () => {
  const frames = [frame('node-1', 'eth0', 'first'), frame('node-2', 'eth0', 'second'), frame('node-1', 'eth0', 'third')]
  const blocks = blocksOf(capture([frames]))
  const interfaces = blocks.filter(({ type }) => type === INTERFACE_BLOCK)
  const packets = blocks.filter(({ type }) => type === PACKET_BLOCK)
  expect(interfaces).toHaveLength(2)
  expect(textOf(interfaces[0]!.body)).toContain('node-1/eth0')
  expect(textOf(interfaces[1]!.body)).toContain('device eth0 of node-2')
  expect(packets.map(({ body }) => new DataView(body.buffer, body.byteOffset).getUint32(0, true))).toEqual([0, 1, 0])
  expect(textOf(packets[2]!.body)).toContain('packet 7: third')
})

test('several outcomes are told apart by their comments', () => {
  const packets = blocksOf(capture([[frame('a', 'b', 'x')], [frame('a', 'b', 'x')]])).filter(
    ({ type }) => type === PACKET_BLOCK,
  )
  expect(packets.map(({ body }) => /outcome \d of \d/.exec(textOf(body))?.[0])).toEqual([
    'outcome 1 of 2',
    'outcome 2 of 2',
  ])
})
