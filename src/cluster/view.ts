import { formatIpv4, formatMac } from '../addr/index.js'
import { BridgeDevice } from '../bridge/index.js'
import type { NetDevice } from '../netdev/index.js'
import { printRoute, printRule, runIp, SCOPE, TABLE } from '../netns/index.js'
import { VxlanDevice } from '../overlay/index.js'
import type { World } from './world.js'
import type { Host } from './host.js'

/** What stands in the kernel of one host at this moment, as the usual tools print it. */
export class HostView {
  private readonly host: Host
  private readonly world: World

  constructor(host: Host, world: World) {
    this.host = host
    this.world = world
  }

  /** Name of the namespace: `node-1`, `pod/default/web`. */
  get name(): string {
    return this.host.name
  }

  /** `iptables-save`, with `-c` if `counters`. */
  iptablesSave(options: { readonly counters?: boolean } = {}): string {
    return this.host.iptables.save(options)
  }

  /**
   * `iptables-restore` on this host, for a what-if: without `noflush` the tables it names are replaced.
   * @throws InvalidInputError with every problem; then nothing is changed.
   */
  iptablesRestore(text: string, options: { readonly noflush?: boolean } = {}): this {
    this.host.iptables.restore(text, options)
    return this
  }

  /** Writes a sysctl by its path below /proc/sys: `net/ipv4/ip_forward`. */
  setSysctl(key: string, value: number): this {
    this.host.setSysctl(key, value)
    return this
  }

  /**
   * `ip route|addr|neigh|rule …` with the arguments behind `ip`, for a what-if.
   * @throws InvalidInputError as iproute2 complains.
   */
  ip(args: string): this {
    runIp(this.host.ns, args)
    return this
  }

  /** `ip rule` and `ip route show table all`, one a line. */
  routes(): string {
    const { fib } = this.host.ns
    const rules = fib.policyRules().map(printRule)
    const main = fib.routes(TABLE.main).map(printRoute)
    const local = fib.routes(TABLE.local).map((r) => `${printRoute(r)} table local`)
    return lines([...rules, '', ...main, '', ...local])
  }

  /** `ip neigh`. */
  neighbours(): string {
    return lines(
      this.host.ns.neighbours.entries().map((n) => {
        const lladdr = n.mac === null || !n.valid ? '' : ` lladdr ${formatMac(n.mac)}`
        return `${formatIpv4(n.address)} dev ${n.device.name}${lladdr} ${n.state}`
      }),
    )
  }

  /** `bridge fdb`. */
  fdb(): string {
    return lines(this.host.ns.listDevices().flatMap((dev) => this.fdbOf(dev)))
  }

  private fdbOf(dev: NetDevice): string[] {
    if (dev instanceof BridgeDevice) {
      return dev.fdb.list(this.world.sim.queue.now).map((e) => {
        const where = e.port === dev ? `dev ${dev.name}` : `dev ${e.port.name} master ${dev.name}`
        return `${formatMac(e.mac)} ${where}${e.permanent ? ' permanent' : ''}`
      })
    }
    if (!(dev instanceof VxlanDevice)) return []
    return dev.fdbEntries().map((e) => {
      const state = e.permanent ? ' permanent' : ''
      return `${formatMac(e.mac)} dev ${dev.name} dst ${formatIpv4(e.remote)} self${state}`
    })
  }

  /** `conntrack -L`. */
  conntrack(): string {
    return lines(this.host.netfilter.conntrack.print())
  }

  /** `ipset save`. */
  ipsets(): string {
    return this.host.sets.save()
  }

  /** `ip addr`, one device a line. */
  devices(): string {
    return lines(
      this.host.ns.listDevices().map((dev) => {
        const addresses = this.host.ns.addresses.list(dev).map((a) => {
          const scope = a.scope === SCOPE.host ? ' scope host' : ''
          return `${formatIpv4(a.address)}/${a.prefix}${scope}`
        })
        const master = dev.master === null ? '' : ` master ${dev.master.name}`
        const state = dev.up ? 'UP' : 'DOWN'
        return `${dev.ifindex}: ${dev.name} ${dev.kind} ${formatMac(dev.mac)} mtu ${dev.mtu} ${state}${master} ${addresses.join(' ')}`.trimEnd()
      }),
    )
  }
}

function lines(texts: readonly string[]): string {
  return texts.length === 0 ? '' : `${texts.join('\n')}\n`
}
