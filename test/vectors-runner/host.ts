import type { BridgeDevice } from '../../src/bridge/index.js'
import type { IpsetRegistry } from '../../src/ipset/index.js'
import type { Iptables } from '../../src/iptables/index.js'
import type { Netfilter } from '../../src/netfilter/index.js'
import type { EchoServer, Namespace } from '../../src/netns/index.js'

/** One namespace of a scenario with what belongs to it. */
export interface Host {
  readonly ns: Namespace
  readonly netfilter: Netfilter
  readonly sets: IpsetRegistry
  readonly iptables: Iptables
  readonly bridges: BridgeDevice[]
}

/** A listener of the scenario. */
export interface Server {
  readonly name: string
  readonly ns: string
  readonly server: EchoServer
}
