/** Per-device IPv4 knobs (struct ipv4_devconf), the ones that decide about packets. */
export class Ipv4DevConf {
  forwarding = 0
  rp_filter = 0
  accept_local = 0
  route_localnet = 0
  arp_ignore = 0
  arp_announce = 0
  arp_filter = 0
  arp_accept = 0
  proxy_arp = 0
  accept_redirects = 1
  send_redirects = 1
  secure_redirects = 1
  shared_media = 1
  bc_forwarding = 0
  promote_secondaries = 0
  src_valid_mark = 0
  ignore_routes_with_linkdown = 0

  /** A new device starts with the values of `default`. */
  copy(): Ipv4DevConf {
    return Object.assign(new Ipv4DevConf(), this)
  }
}

type ConfName = keyof Omit<Ipv4DevConf, 'copy'>

/** Values outside conf/, with the kernel's defaults. */
const DEFAULTS: ReadonlyMap<string, number> = new Map([
  ['net/ipv4/ip_forward', 0],
  ['net/ipv4/ip_default_ttl', 64],
  ['net/ipv4/icmp_echo_ignore_all', 0],
  ['net/ipv4/icmp_echo_ignore_broadcasts', 1],
  ['net/ipv4/icmp_errors_use_inbound_ifaddr', 0],
  ['net/ipv4/icmp_ratelimit', 1000],
  ['net/ipv4/icmp_ratemask', 6168],
  ['net/ipv4/icmp_msgs_per_sec', 1000],
  ['net/ipv4/icmp_msgs_burst', 50],
  ['net/ipv4/ip_local_port_range_min', 32768],
  ['net/ipv4/ip_local_port_range_max', 60999],
  ['net/ipv4/ip_no_pmtu_disc', 0],
  ['net/ipv4/ip_forward_use_pmtu', 0],
  ['net/ipv4/fwmark_reflect', 0],
  ['net/ipv4/route/mtu_expires', 600],
  ['net/ipv4/route/min_pmtu', 552],
  ['net/ipv4/tcp_syn_retries', 6],
  ['net/ipv4/tcp_syn_linear_timeouts', 4],
  ['net/ipv4/tcp_synack_retries', 5],
  ['net/ipv4/fib_multipath_hash_policy', 0],
  ['net/bridge/bridge-nf-call-iptables', 1],
  ['net/ipv4/neigh/default/retrans_time_ms', 1000],
  ['net/ipv4/neigh/default/mcast_solicit', 3],
  ['net/ipv4/neigh/default/base_reachable_time_ms', 30000],
])

/** How a conf/all value combines with a device's (IN_DEV_ANDCONF, ORCONF, MAXCONF). */
export type Combine = 'device' | 'and' | 'or' | 'max'

/** The sysctls of one namespace, by their names below /proc/sys with slashes. */
export class Sysctls {
  readonly all: Ipv4DevConf = new Ipv4DevConf()
  readonly default: Ipv4DevConf = new Ipv4DevConf()
  private readonly devices: Map<string, Ipv4DevConf> = new Map()
  /** What was set outside conf/. */
  private readonly values: Map<string, number> = new Map()

  /** The knobs of a device; made from `default` when the device is first asked for. */
  device(name: string): Ipv4DevConf {
    let conf = this.devices.get(name)
    if (conf === undefined) {
      conf = this.default.copy()
      this.devices.set(name, conf)
    }
    return conf
  }

  /** Effective value of a device knob. */
  effective(name: ConfName, device: string, combine: Combine): number {
    const own = this.device(device)[name]
    const all = this.all[name]
    switch (combine) {
      case 'device':
        return own
      case 'and':
        return own !== 0 && all !== 0 ? 1 : 0
      case 'or':
        return own !== 0 || all !== 0 ? 1 : 0
      case 'max':
        return Math.max(own, all)
    }
  }

  /** Value of a sysctl; undefined when it is not modelled. */
  get(key: string): number | undefined {
    const value = this.values.get(key) ?? DEFAULTS.get(key)
    if (value !== undefined) return value
    const conf = this.confOf(key)
    return conf?.conf[conf.name]
  }

  /** Value of a sysctl that is known to exist. */
  value(key: string): number {
    return this.get(key) ?? 0
  }

  /**
   * Writes a sysctl as /proc does: `ip_forward` also sets every device's `forwarding` and switches accepting
   * redirects off or on (inet_forward_change); `conf/all/forwarding` is the same knob. A key that is not modelled is
   * kept and has no effect.
   */
  set(key: string, value: number): void {
    if (key === 'net/ipv4/ip_forward' || key === 'net/ipv4/conf/all/forwarding') {
      this.setForwarding(value)
      return
    }
    const conf = this.confOf(key)
    if (conf === undefined) this.values.set(key, value)
    else conf.conf[conf.name] = value
  }

  private setForwarding(value: number): void {
    if (this.all.forwarding === value) return
    this.values.set('net/ipv4/ip_forward', value)
    this.all.forwarding = value
    this.default.forwarding = value
    this.all.accept_redirects = value === 0 ? 1 : 0
    for (const conf of this.devices.values()) conf.forwarding = value
  }

  private confOf(key: string): { conf: Ipv4DevConf; name: ConfName } | undefined {
    const match = /^net\/ipv4\/conf\/([^/]+)\/([a-z_]+)$/.exec(key)
    if (match === null) return undefined
    const [, device, name] = match
    if (!(name! in this.all) || name === 'copy') return undefined
    const conf = device === 'all' ? this.all : device === 'default' ? this.default : this.device(device!)
    return { conf, name: name as ConfName }
  }
}
