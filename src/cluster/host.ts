import type { Ipv4, Mac } from '../addr/index.js'
import { IpsetRegistry } from '../ipset/index.js'
import { Iptables } from '../iptables/index.js'
import { type DeviceKind, VethDevice } from '../netdev/index.js'
import { Netfilter, setConntrackSysctl } from '../netfilter/index.js'
import { Namespace, SCOPE, TABLE } from '../netns/index.js'
import type { Simulation } from '../trace/index.js'

/** A namespace with its netfilter and tables: a node, a pod, or a machine outside. */
export class Host {
  readonly ns: Namespace
  readonly netfilter: Netfilter
  readonly sets: IpsetRegistry
  readonly iptables: Iptables

  constructor(sim: Simulation, name: string) {
    this.ns = new Namespace(sim, name)
    this.netfilter = new Netfilter(this.ns, this.ns.hooks)
    this.sets = new IpsetRegistry(this.ns.clock)
    this.iptables = new Iptables(this.netfilter, this.ns, this.sets)
  }

  get name(): string {
    return this.ns.name
  }

  /** Writes a sysctl, by its path below /proc/sys. */
  setSysctl(key: string, value: number): void {
    if (!setConntrackSysctl(this.netfilter.conntrack, key, value)) this.ns.sysctls.set(key, value)
  }

  /** `ip route add DESTINATION via GATEWAY dev DEVICE`, or without a gateway. */
  route(destination: Ipv4, prefix: number, device: string, gateway: Ipv4 = 0, table: number = TABLE.main): void {
    const dev = this.ns.device(device)!
    this.ns.addRoute({
      type: 'unicast',
      destination,
      prefix,
      table,
      tos: 0,
      metric: 0,
      scope: gateway === 0 ? SCOPE.link : SCOPE.universe,
      protocol: 'boot',
      prefSrc: 0,
      mtu: 0,
      nextHops: [{ device: dev, gateway, weight: 1, onlink: false }],
    })
  }
}

/** One end of a cable. */
export interface CableEnd {
  readonly host: Host
  readonly name: string
  readonly kind: DeviceKind
  readonly mac: Mac
}

/** Makes a veth pair between two hosts; gives both ends. */
export function cable(a: CableEnd, b: CableEnd, mtu: number): [VethDevice, VethDevice] {
  const [first, second] = [a, b].map((end) => {
    const dev = new VethDevice(end.host.ns, end.name, end.host.ns.takeIfindex(), end.kind, end.mac, mtu)
    end.host.ns.addDevice(dev)
    return dev
  })
  VethDevice.join(first!, second!)
  return [first!, second!]
}
