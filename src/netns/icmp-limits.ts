import type { Ipv4 } from '../addr/index.js'
import type { Millis } from '../base/index.js'

/** XRLIM_BURST_FACTOR: errors saved up per destination. */
const BURST_FACTOR = 6
/** ip_rt_error_cost and ip_rt_error_burst: one "no route" error a second, five at once. */
const ERROR_COST_MS = 1000
const ERROR_BURST_MS = 5000
/** ip_rt_redirect_load, _number, _silence. */
const REDIRECT_LOAD_MS = 20
const REDIRECT_NUMBER = 9
const REDIRECT_SILENCE_MS = REDIRECT_LOAD_MS * 2 ** (REDIRECT_NUMBER + 1)
/** A new peer starts with this much idle time (inet_peer: rate_last = jiffies − 60 HZ). */
const INITIAL_IDLE_MS = 60_000

interface Peer {
  tokens: number
  last: Millis
  redirects: number
}

/**
 * Rate limits on ICMP errors (struct inet_peer, icmp_global). Errors and redirects to one address share one
 * allowance, as in the kernel.
 */
export class IcmpLimits {
  private readonly peers: Map<Ipv4, Peer> = new Map()
  private globalCredit = 0
  private globalStamp: Millis = -1000

  private peer(address: Ipv4, now: Millis): Peer {
    let peer = this.peers.get(address)
    if (peer === undefined) {
      peer = { tokens: 0, last: now - INITIAL_IDLE_MS, redirects: 0 }
      this.peers.set(address, peer)
    }
    return peer
  }

  /** icmpv4_xrlim_allow: a token bucket per destination. */
  allow(address: Ipv4, ratelimitMs: number, now: Millis): boolean {
    if (ratelimitMs === 0) return true
    const peer = this.peer(address, now)
    peer.tokens = Math.min(peer.tokens + now - peer.last, BURST_FACTOR * ratelimitMs)
    peer.last = now
    if (peer.tokens < ratelimitMs) return false
    peer.tokens -= ratelimitMs
    return true
  }

  /** icmp_global_allow: messages per second over all destinations. */
  allowGlobal(perSecond: number, burst: number, now: Millis): boolean {
    const idle = Math.min(now - this.globalStamp, 1000)
    const gained = Math.floor((perSecond * idle) / 1000)
    if (gained > 0) {
      this.globalCredit = Math.min(this.globalCredit + gained, burst)
      this.globalStamp = now
    }
    if (this.globalCredit < 1) return false
    this.globalCredit--
    return true
  }

  /** ip_error: limit of "no route" errors per source. */
  allowRouteError(address: Ipv4, now: Millis): boolean {
    const peer = this.peer(address, now)
    peer.tokens = Math.min(peer.tokens + now - peer.last, ERROR_BURST_MS)
    peer.last = now
    if (peer.tokens < ERROR_COST_MS) return false
    peer.tokens -= ERROR_COST_MS
    return true
  }

  /** ip_rt_send_redirect: spaced by 20 ms × 2ⁿ, nine at most, then silence. */
  allowRedirect(address: Ipv4, now: Millis): boolean {
    const peer = this.peer(address, now)
    if (now > peer.last + REDIRECT_SILENCE_MS) {
      peer.tokens = 0
      peer.redirects = 0
    }
    if (peer.redirects >= REDIRECT_NUMBER) {
      peer.last = now
      return false
    }
    if (peer.redirects !== 0 && now <= peer.last + REDIRECT_LOAD_MS * 2 ** peer.redirects) return false
    peer.last = now
    peer.redirects++
    return true
  }
}
