import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { parseManifests } from '../../src/api/index.js'
import { cloneGraph } from '../../src/base/index.js'
import { Cluster, type ClusterOptions } from '../../src/cluster/index.js'
import { resolveOptions } from '../../src/cluster/options.js'
import { World } from '../../src/cluster/world.js'
import { type NetDevice, setPacketType } from '../../src/netdev/index.js'
import { Store } from '../../src/store/index.js'
import { describeStep, Recorder } from '../../src/trace/index.js'
import { checksum, ethernet, Packet, viewOf } from '../../src/wire/index.js'

const MANIFEST = `
apiVersion: v1
kind: Pod
metadata: { name: client }
spec: { nodeName: node-1, containers: [{ name: client, image: client }] }
---
apiVersion: v1
kind: Pod
metadata: { name: server, labels: { app: server } }
spec:
  nodeName: node-2
  containers:
    - name: server
      image: server
      ports:
        - { containerPort: 80, hostPort: 8080 }
        - { containerPort: 53, protocol: UDP }
        - { containerPort: 3868, protocol: SCTP }
---
apiVersion: v1
kind: Service
metadata: { name: server }
spec:
  type: NodePort
  selector: { app: server }
  ports:
    - { name: web, port: 80, nodePort: 30080 }
    - { name: query, port: 53, protocol: UDP, nodePort: 30053 }
    - { name: signal, port: 3868, protocol: SCTP, nodePort: 30868 }
`
const QUESTIONS = [
  { from: 'pod/client', to: 'svc/server:80' },
  { from: 'pod/client', to: 'svc/server:53', protocol: 'udp', size: 4000 },
  { from: 'pod/client', to: 'svc/server:3868', protocol: 'sctp' },
  { from: 'pod/client', to: 'pod/server', protocol: 'icmp', size: 100 },
  { from: 'pod/client', to: 'pod/server:9', protocol: 'udp' },
  { from: 'external', to: 'node/node-1:30080' },
  { from: 'external', to: 'node/node-1:9' },
  { from: 'pod/client', to: 'http://server.default' },
] as const

/** How bytes are spoilt, or made. */
type Spoiling =
  | { readonly kind: 'bytes'; readonly payload: Uint8Array; readonly etherType: number }
  | {
      readonly kind: 'mutation'
      readonly frame: number
      readonly edits: readonly (readonly [number, number])[]
      readonly length: number
      readonly repaired: boolean
    }

const arbitraryBytes: fc.Arbitrary<Spoiling> = fc.record({
  kind: fc.constant('bytes' as const),
  payload: fc.uint8Array({ maxLength: 120 }),
  etherType: fc.constantFrom(0x0800, 0x0806, 0x86dd, 0x8100, 0x05dc),
})

const arbitraryMutation: fc.Arbitrary<Spoiling> = fc.record({
  kind: fc.constant('mutation' as const),
  frame: fc.nat(0xffff),
  edits: fc.array(fc.tuple(fc.nat(100), fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat(0xff))), {
    maxLength: 4,
  }),
  length: fc.oneof({ weight: 3, arbitrary: fc.constant(0xffff) }, { weight: 1, arbitrary: fc.nat(120) }),
  repaired: fc.boolean(),
})

const arbitraryInjection = fc.record({
  spoiling: fc.oneof({ weight: 1, arbitrary: arbitraryBytes }, { weight: 4, arbitrary: arbitraryMutation }),
  device: fc.nat(0xffff),
  to: fc.constantFrom('device', 'as it was', 'broadcast'),
})

/** Frames of real conversations, and the worlds to throw them into. */
class Laboratory {
  readonly world: World
  readonly frames: readonly Uint8Array[]

  constructor(options: ClusterOptions) {
    const store = new Store()
    for (const object of parseManifests([{ file: 'lab.yaml', text: MANIFEST }]).objects) store.put(object)
    this.world = World.build(resolveOptions(options), store).world
    const cluster = Cluster.fromManifests(MANIFEST, options)
    this.frames = QUESTIONS.flatMap((question) =>
      cluster.traceWithFrames(question).frames[0]!.map(({ bytes }) => bytes),
    )
  }

  /** The bytes behind the Ethernet header, and that header's destination and type. */
  spoil(spoiling: Spoiling): { payload: Uint8Array; etherType: number; destination: number } {
    if (spoiling.kind === 'bytes') return { ...spoiling, destination: 0 }
    const frame = this.frames[spoiling.frame % this.frames.length]!.slice()
    const { etherType, destination } = ethernet.parse(frame) as ethernet.Frame
    const payload = frame.slice(ethernet.HEADER_LEN, ethernet.HEADER_LEN + spoiling.length)
    for (const [offset, value] of spoiling.edits) if (payload.length > 0) payload[offset % payload.length] = value
    if (spoiling.repaired && etherType === 0x0800) repairHeader(payload)
    return { payload, etherType, destination }
  }
}

/** Makes the IPv4 header's checksum right again, so that the packet gets further than the first check. */
function repairHeader(bytes: Uint8Array): void {
  const length = (bytes[0]! & 15) * 4
  if (length < 20 || length > bytes.length) return
  const view = viewOf(bytes)
  view.setUint16(10, 0)
  view.setUint16(10, ~checksum.sum(bytes, 0, length) & 0xffff)
}

function devicesOf(world: World): NetDevice[] {
  const { gateway, external } = world.outside
  const hosts = [...world.nodes.values(), ...[...world.pods.values()].map((pod) => pod.host), gateway, external]
  return hosts.flatMap((host) => host.ns.listDevices())
}

const MAC_BROADCAST = 0xffff_ffff_ffff

describe.each([
  { cni: 'flannel-vxlan', bridge: 'docker0' },
  { cni: 'flannel-host-gw', bridge: 'cni0' },
] as const)('$cni, $bridge', (options) => {
  let laboratory: Laboratory
  beforeAll(() => {
    laboratory = new Laboratory(options)
  })

  test('conversations give frames of every kind to spoil', () => {
    const types = new Set(laboratory.frames.map((frame) => (ethernet.parse(frame) as ethernet.Frame).etherType))
    expect([...types].sort()).toEqual([0x0800, 0x0806])
    expect(laboratory.frames.length).toBeGreaterThan(100)
  })

  test('no bytes make the stack throw, nor the trace of them', () => {
    fc.assert(
      fc.property(fc.array(arbitraryInjection, { minLength: 1, maxLength: 20 }), (injections) => {
        const world = cloneGraph(laboratory.world)
        const { sim } = world
        const recorder = new Recorder({ clock: sim.queue, nodeOf: (netns) => world.nodeOf(netns), everyRule: true })
        sim.trace = recorder
        const devices = devicesOf(world)
        for (const { spoiling, device, to } of injections) {
          const { payload, etherType, destination } = laboratory.spoil(spoiling)
          const dev = devices[device % devices.length]!
          const pkt = new Packet(sim.nextPacketId(), payload, etherType)
          pkt.macSrc = 0x0200_0000_0001
          pkt.macDst = to === 'device' ? dev.mac : to === 'broadcast' ? MAC_BROADCAST : destination
          setPacketType(pkt, dev)
          recorder.packet(pkt, dev.owner.name, 'the test', null)
          dev.receive(pkt)
          sim.queue.settle()
        }
        sim.queue.runUntil(sim.queue.now + 60_000)
        const texts = recorder.conversation().flatMap((p) => p.hops.flatMap((hop) => hop.steps.map(describeStep)))
        expect(texts.length).toBeGreaterThan(0)
        expect(texts.filter((text) => /undefined|NaN|\[object/.test(text))).toEqual([])
      }),
      { numRuns: 60 },
    )
  })
})
