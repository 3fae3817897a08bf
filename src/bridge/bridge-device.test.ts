import { describe, expect, test } from 'vitest'
import { ip, type SmallHost, SmallNet } from '../../test/helpers/small-net.js'
import { BROADCAST_MAC, type Mac } from '../addr/index.js'
import { ipv4, Packet, udp } from '../wire/index.js'
import type { BridgeDevice } from './bridge-device.js'

/** Three machines m1 to m3 (10.0.0.1 to .3, MACs 1, 3, 5) on a bridge br0 of host `s`, ports p1 to p3. */
class Lan {
  readonly net: SmallNet
  readonly bridge: BridgeDevice
  readonly s: SmallHost

  constructor(nf = 0) {
    this.net = new SmallNet()
    for (const n of [1, 2, 3]) this.net.cable(`m${n}:eth0 10.0.0.${n}/24`, `s:p${n}`)
    this.s = this.net.host('s').sysctl({ 'net/bridge/bridge-nf-call-iptables': nf })
    this.bridge = this.net.bridge('s:br0 10.0.0.254/24', 'p1', 'p2', 'p3')
  }

  mac(n: number): Mac {
    return this.net.host(`m${n}`).device('eth0').mac
  }

  /** A frame from machine `n`; gives the ports it left by, in order. */
  send(n: number, to: Mac, more: { from?: Mac; size?: number } = {}): string[] {
    const [source, destination] = [ip(`10.0.0.${n}`), ip('192.0.2.1')]
    const payload = udp.emit(
      { sourcePort: 1, destinationPort: 2, payload: new Uint8Array(more.size ?? 8) },
      source,
      destination,
    )
    const bytes = ipv4.emit({ id: 1, ttl: 64, protocol: 17, source, destination, payload })
    const pkt = new Packet(this.net.sim.nextPacketId(), bytes, 0x0800)
    pkt.macDst = to
    pkt.macSrc = more.from ?? this.mac(n)
    this.net.restart()
    this.net.host(`m${n}`).device('eth0').transmit(pkt)
    this.net.run(0)
    return this.net.recording.frames
      .filter((f) => f.netns === 's' && f.direction === (f.device === 'br0' ? 'in' : 'out'))
      .map((f) => f.device)
  }
}

const STRANGER = 0x0200000000ee

describe('learning and forwarding', () => {
  test('an unknown address goes to all other ports, the newest first', () => {
    expect(new Lan().send(1, STRANGER)).toEqual(['p3', 'p2'])
    expect(new Lan().send(3, STRANGER)).toEqual(['p2', 'p1'])
  })

  test('a source is known from its first frame on', () => {
    const lan = new Lan()
    lan.send(2, STRANGER)
    expect(lan.send(1, lan.mac(2))).toEqual(['p2'])
  })

  test('and moves with the station', () => {
    const lan = new Lan()
    lan.send(2, STRANGER, { from: STRANGER })
    expect(lan.send(1, STRANGER)).toEqual(['p2'])
    lan.send(3, lan.mac(2), { from: STRANGER })
    expect(lan.send(1, STRANGER)).toEqual(['p3'])
  })

  test('for 300 seconds without a frame', () => {
    const lan = new Lan()
    lan.send(2, STRANGER)
    lan.net.run(299_999)
    expect(lan.send(1, lan.mac(2))).toEqual(['p2'])
    lan.net.run(1)
    expect(lan.send(1, lan.mac(2))).toEqual(['p3', 'p2'])
  })

  test('each frame starts the time again', () => {
    const lan = new Lan()
    lan.send(2, STRANGER)
    lan.net.run(200_000)
    lan.send(2, STRANGER)
    lan.net.run(200_000)
    expect(lan.send(1, lan.mac(2))).toEqual(['p2'])
  })

  test('a port that does not learn or flood', () => {
    const lan = new Lan()
    lan.bridge.port('p2')!.learning = false
    lan.bridge.port('p3')!.flood = false
    lan.send(2, STRANGER)
    expect(lan.send(1, lan.mac(2))).toEqual(['p2'])
    lan.bridge.port('p2')!.flood = false
    expect(lan.send(1, lan.mac(2))).toEqual([])
    expect(lan.s.dropped()).toEqual(['BRIDGE_NO_EGRESS_PORT'])
  })

  test('an entry by hand neither ages nor moves', () => {
    const lan = new Lan()
    lan.bridge.fdb.addPermanent(STRANGER, lan.s.device('p3'))
    lan.send(2, lan.mac(1), { from: STRANGER })
    lan.net.run(1_000_000)
    expect(lan.send(1, STRANGER)).toEqual(['p3'])
  })

  test('a port that leaves takes what was learnt on it', () => {
    const lan = new Lan()
    lan.send(2, STRANGER)
    lan.bridge.removePort(lan.s.device('p2'))
    expect(lan.bridge.fdb.lookup(lan.mac(2), 0)).toBeUndefined()
    expect(lan.send(1, lan.mac(2))).toEqual(['p3'])
    expect([lan.s.device('p2').master, lan.bridge.listPorts().length]).toEqual([null, 2])
  })

  test('a port that is down gets nothing', () => {
    const lan = new Lan()
    lan.s.device('p2').up = false
    expect(lan.send(1, STRANGER)).toEqual(['p3'])
  })
})

describe('the bridge itself', () => {
  test('takes what is for its own MAC or a port’s', () => {
    const lan = new Lan()
    expect(lan.send(1, lan.bridge.mac)).toEqual(['br0'])
    expect(lan.send(1, lan.s.device('p3').mac)).toEqual(['br0'])
  })

  test('gets a copy of broadcasts and multicasts behind the ports', () => {
    const lan = new Lan()
    expect(lan.send(1, BROADCAST_MAC)).toEqual(['p3', 'p2', 'br0'])
    expect(lan.send(1, 0x01005e000009)).toEqual(['p3', 'p2', 'br0'])
  })

  test('its own address as source teaches nothing', () => {
    const lan = new Lan()
    lan.send(1, STRANGER, { from: lan.bridge.mac })
    expect(lan.bridge.fdb.lookup(lan.bridge.mac, 0)).toMatchObject({ local: true })
  })

  test('answers hosts and reaches them', () => {
    const lan = new Lan()
    expect(lan.net.result(lan.net.host('m1').ping('10.0.0.254')).verdict).toBe('answered')
    expect(lan.net.result(lan.s.ping('10.0.0.3'))).toMatchObject({ verdict: 'answered', from: ip('10.0.0.3') })
  })

  test('to its own MAC it sends nothing', () => {
    const lan = new Lan()
    lan.s.ip(`neigh replace 10.0.0.77 lladdr ${hex(lan.bridge.mac)} dev br0 nud permanent`)
    lan.s.udp('10.0.0.77:9')
    expect(lan.s.dropped()).toEqual(['BRIDGE_MAC_LOCAL'])
  })
})

describe('what is not forwarded', () => {
  test.each([0x0180c2000000, 0x0180c200000e, 0x0180c200000f])('link-local group %d', (mac) => {
    const lan = new Lan()
    expect(lan.send(1, mac)).toEqual([])
    expect(lan.s.dropped()).toEqual(['BRIDGE_NON_FORWARDING_STATE'])
  })

  test('the group behind them is', () => {
    expect(new Lan().send(1, 0x0180c2000010)).toEqual(['p3', 'p2', 'br0'])
  })

  test.each([BROADCAST_MAC, 0x01005e000001, 0])('frames from %d, no station’s address', (from) => {
    const lan = new Lan()
    expect(lan.send(1, lan.mac(2), { from })).toEqual([])
    expect(lan.s.dropped()).toEqual(['NOT_SPECIFIED'])
  })

  test('a frame longer than the MTU of the port it should leave by', () => {
    const lan = new Lan()
    lan.s.device('p2').mtu = 100
    expect(lan.send(1, STRANGER, { size: 200 })).toEqual(['p3'])
    expect(lan.s.dropped()).toEqual(['PKT_TOO_BIG'])
    // VLAN_HLEN: four bytes more than the MTU pass.
    expect(lan.send(1, STRANGER, { size: 104 - 28 })).toEqual(['p3', 'p2'])
    expect(lan.send(1, STRANGER, { size: 105 - 28 })).toEqual(['p3'])
  })
})

describe('port options', () => {
  test('back out of the port it came in on only in hairpin mode', () => {
    const lan = new Lan()
    lan.send(1, STRANGER, { from: STRANGER })
    expect(lan.send(1, STRANGER)).toEqual([])
    expect(lan.s.dropped()).toEqual(['BRIDGE_NO_EGRESS_PORT'])
    lan.bridge.port('p1')!.hairpin = true
    expect(lan.send(1, STRANGER)).toEqual(['p1'])
    expect(lan.send(1, BROADCAST_MAC)).toEqual(['p3', 'p2', 'p1', 'br0'])
  })

  test('isolated ports reach the others, not each other', () => {
    const lan = new Lan()
    lan.bridge.port('p1')!.isolated = true
    lan.bridge.port('p2')!.isolated = true
    expect(lan.send(1, STRANGER)).toEqual(['p3'])
    expect(lan.send(3, STRANGER)).toEqual(['p2', 'p1'])
    lan.send(2, STRANGER)
    expect(lan.send(1, lan.mac(2))).toEqual([])
    expect(lan.send(1, lan.bridge.mac)).toEqual(['br0'])
  })
})

describe('br_netfilter', () => {
  /** m1 asks the service address 10.9.0.1, which `s` turns into 10.0.0.2 (or another address). */
  function service(nf: number, backend = '10.0.0.2'): Lan {
    const lan = new Lan(nf)
    lan.s.sysctl({ ip_forward: 1, icmp_ratelimit: 0 })
    lan.s.rules('nat', `-A PREROUTING -d 10.9.0.1/32 -j DNAT --to-destination ${backend}`)
    for (const n of [1, 2, 3]) lan.net.host(`m${n}`).ip('route add default via 10.0.0.254').serve('udp/53')
    return lan
  }

  test('a translated frame is switched on: TTL kept, in and out the bridge, and the answer is translated back', () => {
    const lan = service(1)
    lan.s.rules('filter', '-A FORWARD -i br0 -o br0 -m physdev --physdev-in p1 --physdev-out p2 -j ACCEPT')
    const { net, s } = lan
    expect(net.result(net.host('m1').udp('10.9.0.1:53'))).toMatchObject({ verdict: 'answered', from: ip('10.9.0.1') })
    expect(net.host('m2').seen()).toContain('eth0 in 10.0.0.1 > 10.0.0.2 udp 53 ttl 64')
    expect(s.iptables.save({ counters: true })).toMatch(/\[1:\d+\] -A FORWARD -i br0 -o br0/)
  })

  test('off: routed with one TTL less, and the answer goes past the translation', () => {
    const { net } = service(0)
    expect(net.result(net.host('m1').udp('10.9.0.1:53')).verdict).toBe('timeout')
    expect(net.host('m2').seen()).toContain('eth0 in 10.0.0.1 > 10.0.0.2 udp 53 ttl 63')
    expect(net.host('m1').dropped()).toEqual(['NO_SOCKET'])
  })

  test('a destination elsewhere is routed', () => {
    const lan = service(1, '10.5.0.2')
    lan.net.cable('s:eth9 10.5.0.1/24', 'far:eth0 10.5.0.2/24')
    const far = lan.net.host('far').ip('route add default via 10.5.0.1')
    far.serve('udp/53')
    expect(lan.net.result(lan.net.host('m1').udp('10.9.0.1:53')).verdict).toBe('answered')
    expect(far.seen()).toContain('eth0 in 10.0.0.1 > 10.5.0.2 udp 53 ttl 63')
  })

  test('back to the sender needs hairpin mode, and a new source', () => {
    for (const hairpin of [false, true]) {
      const lan = service(1, '10.0.0.1')
      lan.bridge.port('p1')!.hairpin = hairpin
      lan.s.rules('nat', '-A POSTROUTING -s 10.0.0.1/32 -d 10.0.0.1/32 -j MASQUERADE')
      const { verdict } = lan.net.result(lan.net.host('m1').udp('10.9.0.1:53'))
      expect(verdict).toBe(hairpin ? 'answered' : 'timeout')
      expect(lan.s.dropped().includes('BRIDGE_NO_EGRESS_PORT')).toBe(!hairpin)
    }
  })

  test('the FORWARD policy stops bridged traffic only when it is on', () => {
    for (const [nf, verdict] of [
      [1, 'timeout'],
      [0, 'answered'],
    ] as const) {
      // prettier-ignore
      const lan = service(nf)
      lan.s.iptables.restore('*filter\n:FORWARD DROP [0:0]\nCOMMIT\n', { noflush: true })
      expect(lan.net.result(lan.net.host('m1').udp('10.0.0.2:53')).verdict).toBe(verdict)
    }
  })

  test('REJECT answers from the bridge’s address, tcp-reset with the peer’s', () => {
    const lan = service(1)
    lan.s.rules(
      'filter',
      '-A FORWARD -p udp -j REJECT --reject-with icmp-port-unreachable',
      '-A FORWARD -p tcp -j REJECT --reject-with tcp-reset',
    )
    const m1 = lan.net.host('m1')
    expect(lan.net.result(m1.udp('10.0.0.2:53'))).toMatchObject({
      verdict: 'refused',
      icmp: { type: 3, code: 3, from: ip('10.0.0.254') },
    })
    expect(lan.net.result(m1.tcp('10.0.0.2:80'))).toMatchObject({ verdict: 'refused', icmp: null })
    expect(
      m1
        .seen()
        .filter((l) => l.includes(' tcp '))
        .at(-1),
    ).toMatch(/^eth0 in 10\.0\.0\.2 > 10\.0\.0\.1 tcp/)
  })
})

function hex(mac: Mac): string {
  return mac
    .toString(16)
    .padStart(12, '0')
    .replace(/..(?!$)/g, '$&:')
}
