import type { Ipv4 } from '../addr/index.js'
import type { Millis } from '../base/index.js'

/** What ICMP taught about one destination (struct fib_nh_exception). */
export interface RouteException {
  /** Learnt path MTU; 0 = none. */
  readonly pmtu: number
  /** The error named a smaller MTU than is believed (fnhe_mtu_locked). */
  readonly locked: boolean
  /** Gateway of a redirect; 0 = none. */
  readonly gateway: Ipv4
  readonly expires: Millis
}

/** Path MTUs and redirects by destination: `ip route show cache`. */
export class RouteExceptions {
  private readonly entries: Map<Ipv4, RouteException> = new Map()

  lookup(destination: Ipv4, now: Millis): RouteException | undefined {
    const found = this.entries.get(destination)
    if (found === undefined || found.expires > now) return found
    this.entries.delete(destination)
    return undefined
  }

  learnPmtu(destination: Ipv4, pmtu: number, expires: Millis, now: Millis, locked = false): void {
    const known = this.entries.get(destination)
    // __ip_rt_update_pmtu: a path MTU only ever falls, until it expires.
    if (known !== undefined && known.pmtu !== 0 && known.pmtu < pmtu && known.expires > now) return
    this.entries.set(destination, { pmtu, locked, gateway: known?.gateway ?? 0, expires })
  }

  learnRedirect(destination: Ipv4, gateway: Ipv4, expires: Millis): void {
    const known = this.entries.get(destination)
    this.entries.set(destination, { pmtu: known?.pmtu ?? 0, locked: known?.locked ?? false, gateway, expires })
  }

  /** `ip route flush cache`. */
  flush(): void {
    this.entries.clear()
  }

  list(now: Millis): [Ipv4, RouteException][] {
    return [...this.entries].filter(([, e]) => e.expires > now)
  }
}
