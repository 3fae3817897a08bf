import type { Ipv4 } from '../addr/index.js'
import { ConfirmHook } from './conntrack/confirm.js'
import { ConntrackTable } from './conntrack/table.js'
import { TrackHook } from './conntrack/track.js'
import { DefragHook } from './defrag/defrag-hook.js'
import { type AddressListener, HookChains, type NetfilterEnv } from './hooks.js'

/**
 * Netfilter of one namespace: its hook chains and its connection table. Connections are tracked only while somebody
 * retains tracking: a rule that needs it (nf_ct_netns_get).
 */
export class Netfilter implements AddressListener {
  readonly hooks: HookChains
  readonly conntrack: ConntrackTable
  private users = 0
  private readonly defrag: DefragHook = new DefragHook()
  private readonly track: TrackHook
  private readonly confirm: ConfirmHook = new ConfirmHook()

  constructor(env: NetfilterEnv, hooks: HookChains = new HookChains()) {
    this.hooks = hooks
    this.conntrack = new ConntrackTable(env.clock)
    this.track = new TrackHook(this.conntrack)
    hooks.onAddressGone(this)
  }

  /** Connections masqueraded behind an address end with it (masq_inet_event). */
  addressGone(ifindex: number, address: Ipv4): void {
    this.conntrack.delete((c) => c.masqueradeIndex === ifindex && c.reply.destination === address)
  }

  /** Is tracking on? */
  get tracks(): boolean {
    return this.users > 0
  }

  /** One more user of connection tracking; the first turns it on. */
  retainConntrack(): void {
    if (++this.users > 1) return
    this.conntrack.forgetWindows()
    this.hooks.register('PREROUTING', this.defrag)
    this.hooks.register('OUTPUT', this.defrag)
    this.hooks.register('PREROUTING', this.track)
    this.hooks.register('OUTPUT', this.track)
    this.hooks.register('INPUT', this.confirm)
    this.hooks.register('POSTROUTING', this.confirm)
  }

  /** One user less; the last turns tracking off. The table keeps its entries until they expire. */
  releaseConntrack(): void {
    if (--this.users > 0) return
    this.users = 0
    this.hooks.unregister('PREROUTING', this.defrag)
    this.hooks.unregister('OUTPUT', this.defrag)
    this.hooks.unregister('PREROUTING', this.track)
    this.hooks.unregister('OUTPUT', this.track)
    this.hooks.unregister('INPUT', this.confirm)
    this.hooks.unregister('POSTROUTING', this.confirm)
  }
}
