import type { Clock } from '../base/index.js'
import type { Ipv4 } from '../addr/index.js'
import type { DropReason, Hook, Simulation } from '../trace/index.js'
import type { DeviceRef, Packet } from '../wire/index.js'

/** enum nf_ip_hook_priorities: order within a hook. */
export const HOOK_PRIORITY = {
  FIRST: -2147483648,
  RAW_BEFORE_DEFRAG: -450,
  CONNTRACK_DEFRAG: -400,
  RAW: -300,
  CONNTRACK: -200,
  MANGLE: -150,
  NAT_DST: -100,
  FILTER: 0,
  SECURITY: 50,
  NAT_SRC: 100,
  CONNTRACK_HELPER: 300,
  CONNTRACK_CONFIRM: 2147483647,
} as const

/** Address types of the `addrtype` match (enum in linux/rtnetlink.h, RTN_*). */
export type AddressType =
  | 'UNSPEC'
  | 'UNICAST'
  | 'LOCAL'
  | 'BROADCAST'
  | 'ANYCAST'
  | 'MULTICAST'
  | 'BLACKHOLE'
  | 'UNREACHABLE'
  | 'PROHIBIT'
  | 'THROW'

/** How REJECT answers: `icmp` with a type-3 code, or a TCP reset. */
export type RejectWith = { readonly kind: 'icmp'; readonly code: number } | { readonly kind: 'tcp-reset' }

/** What hook functions may ask of the namespace they run in. `netns` implements it. */
export interface NetfilterEnv {
  /** Name of the namespace, for traces. */
  readonly name: string
  readonly sim: Simulation
  readonly clock: Clock
  /** inet_addr_type / inet_dev_addr_type: what kind of address it is here; with `device`, LOCAL only if on that device. */
  addressType(address: Ipv4, device: DeviceRef | null): AddressType
  /** Address MASQUERADE takes on `out` for this packet's next hop (inet_select_addr); null when the host has none. */
  masqueradeAddress(pkt: Packet, out: DeviceRef): Ipv4 | null
  /** Largest packet both ways between this packet's ends, as the host's routes know (TCPMSS --clamp-mss-to-pmtu). */
  pathMtu(pkt: Packet): number
  /** First global address of the device (REDIRECT on a forwarded path); null when it has none. */
  primaryAddress(device: DeviceRef): Ipv4 | null
}

/** Why and where a hook dropped the packet. */
export interface HookDrop {
  readonly reason: DropReason
  /** e.g. `filter FORWARD policy`, `nat POSTROUTING` */
  readonly where: string
  /** The rule's own text, when a rule did it. */
  readonly rule: string | null
  /** What a local sender's system call returns instead of EPERM (NF_DROP_ERR). */
  readonly errno?: string
}

/** Borrowed by hook functions for one traversal of one hook; do not keep. */
export class HookState {
  readonly hook: Hook
  readonly in: DeviceRef | null
  readonly out: DeviceRef | null
  readonly env: NetfilterEnv
  /** Set by whoever returns 'drop'. */
  drop: HookDrop | null = null
  /** Set by REJECT together with 'drop': the caller sends the answer. */
  reject: RejectWith | null = null

  constructor(hook: Hook, inDev: DeviceRef | null, outDev: DeviceRef | null, env: NetfilterEnv) {
    this.hook = hook
    this.in = inDev
    this.out = outDev
    this.env = env
  }
}

/** NF_ACCEPT, NF_DROP, NF_STOLEN. `stolen`: the function keeps the packet (a fragment waiting for the rest). */
export type Verdict = 'accept' | 'drop' | 'stolen'

/** One registered hook function (struct nf_hook_ops). */
export interface HookFunction {
  readonly name: string
  readonly priority: number
  run(pkt: Packet, state: HookState): Verdict
}

const HOOKS: readonly Hook[] = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING']

/** Wants to know when a device loses an address (inetaddr_notifier). */
export interface AddressListener {
  addressGone(ifindex: number, address: Ipv4): void
}

/** The hook functions of one namespace, sorted by priority; equal priorities in order of registration. */
export class HookChains {
  private readonly functions: Map<Hook, HookFunction[]> = new Map(HOOKS.map((hook) => [hook, []]))

  private readonly addressListeners: AddressListener[] = []

  /** Tells `listener` of every address that goes from now on. */
  onAddressGone(listener: AddressListener): void {
    this.addressListeners.push(listener)
  }

  /** A device has lost an address. */
  addressGone(ifindex: number, address: Ipv4): void {
    for (const listener of this.addressListeners) listener.addressGone(ifindex, address)
  }

  register(hook: Hook, fn: HookFunction): void {
    const list = this.functions.get(hook)!
    const at = list.findIndex((other) => other.priority > fn.priority)
    list.splice(at === -1 ? list.length : at, 0, fn)
  }

  unregister(hook: Hook, fn: HookFunction): void {
    const list = this.functions.get(hook)!
    const at = list.indexOf(fn)
    if (at !== -1) list.splice(at, 1)
  }

  /** Anything registered at `hook`? */
  isEmpty(hook: Hook): boolean {
    return this.functions.get(hook)!.length === 0
  }

  /** Runs the functions in order until one does not accept (nf_hook_slow). */
  run(pkt: Packet, state: HookState): Verdict {
    const list = this.functions.get(state.hook)!
    for (let i = 0; i < list.length; i++) {
      const verdict = list[i]!.run(pkt, state)
      if (verdict !== 'accept') return verdict
    }
    return 'accept'
  }
}
