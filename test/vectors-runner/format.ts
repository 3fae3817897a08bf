/** One recorded scenario: a network, what was done in it, and what a Linux kernel was seen to do. See README.md there. */
export interface VectorFile {
  readonly name: string
  readonly theme: string
  readonly about: string
  readonly scenario: Scenario
  readonly observed: Observed
  /** JSON pointers into `observed` that differed between recordings, and how. */
  readonly unstable: Readonly<Record<string, Instability>>
}

/** `value`: another value each time; `content`: another number of rows; `order`: the same rows in another order. */
export type Instability = 'value' | 'content' | 'order'

export interface Scenario {
  readonly namespaces: readonly string[]
  readonly links: readonly Link[]
  readonly addresses: readonly { readonly ns: string; readonly dev: string; readonly addr: string }[]
  readonly routes: readonly RouteSpec[]
  readonly neighbours?: readonly {
    readonly ns: string
    readonly dev: string
    readonly ip: string
    readonly mac: string
  }[]
  readonly rules?: readonly Readonly<Record<string, string | number>>[]
  readonly sysctls?: PerNamespace<Readonly<Record<string, number>>>
  readonly ipset?: PerNamespace<string>
  readonly iptables?: PerNamespace<string>
  readonly ipvs?: PerNamespace<readonly string[]>
  readonly listeners?: readonly Listener[]
  readonly trace?: readonly string[]
  readonly arp?: boolean
  readonly frames?: 'none'
  readonly untapped?: readonly string[]
  readonly needs?: readonly string[]
  readonly steps: readonly Step[]
  readonly after?: PerNamespace<readonly StateKind[]>
}

export type PerNamespace<T> = Readonly<Record<string, T>>

export type StateKind = 'conntrack' | 'counters' | 'fdb' | 'neigh' | 'route-cache' | 'ipvs' | 'ipvs-services'

export interface LinkEnd {
  readonly ns: string
  readonly name: string
  readonly mac?: string
  readonly mtu?: number
}

interface LinkOptions {
  readonly mac?: string
  readonly mtu?: number
  readonly down?: boolean
}

export type Link =
  | ({ readonly kind: 'veth'; readonly a: LinkEnd; readonly b: LinkEnd } & LinkOptions)
  | ({
      readonly kind: 'bridge'
      readonly ports: readonly { readonly name: string; readonly hairpin?: boolean }[]
    } & LinkEnd &
      LinkOptions)
  | VxlanLink
  | ({ readonly kind: 'dummy' } & LinkEnd & LinkOptions)

export type VxlanLink = {
  readonly kind: 'vxlan'
  readonly vni: number
  readonly port: number
  readonly local: string
  readonly under?: string
  readonly fdb?: readonly { readonly mac: string; readonly to: string }[]
} & LinkEnd &
  LinkOptions

export interface RouteSpec {
  readonly ns: string
  readonly dst: string
  readonly type?: string
  readonly via?: string
  readonly dev?: string
  readonly onlink?: boolean
  readonly src?: string
  readonly metric?: number
  readonly scope?: string
  readonly table?: number | string
}

export interface Listener {
  readonly name: string
  readonly ns: string
  readonly proto: 'tcp' | 'udp'
  readonly port: number
  readonly addr?: string
}

interface StepCommon {
  readonly note?: string
  readonly timeout_ms?: number
  readonly frames?: 'all'
}

/** A connection or datagram from a namespace of the scenario. */
export interface FlowStep extends StepCommon {
  readonly do: 'tcp' | 'udp'
  readonly from: string
  readonly src?: string
  readonly sport?: number
  readonly dst: string
  readonly dport: number
  readonly ttl?: number
  readonly mark?: number
  readonly size?: number
  readonly pmtu?: 'want' | 'do' | 'probe' | 'dont'
  readonly hold?: string
}

export interface EchoStep extends StepCommon {
  readonly do: 'icmp'
  readonly from: string
  readonly src?: string
  readonly dst: string
  readonly id: number
  readonly seq: number
  readonly size?: number
  readonly df?: boolean
  readonly ttl?: number
  readonly mark?: number
}

/** A hand-made packet. */
export interface RawStep extends StepCommon {
  readonly do: 'raw'
  readonly from: string
  readonly proto: string
  readonly src: string
  readonly dst: string
  readonly sport?: number
  readonly dport?: number
  readonly flags?: string
  readonly seq?: number
  readonly ack?: number
  readonly payload?: number
  readonly ttl?: number
  readonly ident?: number
  readonly df?: boolean
  readonly more?: boolean
  readonly offset?: number
  readonly type?: number
  readonly code?: number
  readonly id?: number
  readonly bad_checksum?: boolean
  readonly quote?: Quote
}

/** The packet an ICMP error quotes: its IP header and eight bytes. */
export interface Quote {
  readonly proto: string
  readonly src: string
  readonly dst: string
  readonly sport?: number
  readonly dport?: number
  readonly type?: number
  readonly code?: number
  readonly id?: number
  readonly seq?: number
  readonly ttl?: number
}

export interface BurstStep extends StepCommon {
  readonly do: 'burst'
  readonly from: string
  readonly proto: 'tcp' | 'udp'
  readonly count: number
  readonly dst?: string
  readonly destinations?: readonly string[]
  readonly sources?: readonly string[]
  readonly dport: number
  readonly sport: number
  readonly sport_step?: number
}

export type Step =
  | FlowStep
  | EchoStep
  | RawStep
  | BurstStep
  | (StepCommon & { readonly do: 'send' | 'close'; readonly on: string })
  | (StepCommon & { readonly do: 'iptables' | 'ipset'; readonly ns: string; readonly restore: string })
  | (StepCommon & { readonly do: 'ipvs'; readonly ns: string; readonly rules: readonly string[] })
  | (StepCommon & { readonly do: 'ip' | 'bridge' | 'conntrack'; readonly ns: string; readonly args: string })
  | (StepCommon & { readonly do: 'sysctl'; readonly ns: string; readonly set: Readonly<Record<string, number>> })
  | (StepCommon & { readonly do: 'sleep'; readonly ms: number })
  | (StepCommon & { readonly do: 'snapshot'; readonly ns: string; readonly what: readonly StateKind[] })

export interface Observed {
  readonly steps: readonly ObservedStep[]
  readonly after?: PerNamespace<ObservedState>
}

/** `[namespace, device, in | out, protocol, source, destination, note, TTL, length]` */
export type FrameRow = readonly (string | number | null)[]

/** `[namespace, in, out, protocol, source, destination, note, mark, rules]` */
export type TraceRow = readonly (string | number | readonly string[])[]

export interface ReceivedRow {
  readonly listener: string
  readonly ns: string
  readonly local: string
  readonly peer: string
  /** errno of the server's own answer, if it could not be sent. */
  readonly reply_error?: string
}

/** What a step showed. A probe has some of the first group, a snapshot some of the last. */
export interface ObservedStep extends ObservedState {
  readonly verdict?: string
  readonly errno?: string
  readonly by?: string
  readonly ttl?: number
  readonly client?: string
  readonly icmp?: { readonly type: number; readonly code: number; readonly from: string; readonly mtu?: number }
  readonly received?: readonly ReceivedRow[]
  readonly served?: readonly string[]
  readonly frames?: readonly FrameRow[]
  readonly trace?: readonly TraceRow[]
}

export interface ConntrackRow {
  readonly proto: string
  readonly state: string
  readonly mark: number
  readonly orig: string
  readonly reply: string
  readonly status: readonly string[]
}

export interface ChainCounters {
  /** `[packets, bytes, rule as iptables-save prints it]` */
  readonly rules: readonly (readonly [number, number, string])[]
  /** Of built-in chains. */
  readonly policy?: string
  readonly counters?: readonly [number, number]
}

export type TableCounters = Readonly<Record<string, ChainCounters>>

/** What was read out of a namespace. */
export interface ObservedState {
  readonly conntrack?: readonly ConntrackRow[]
  readonly counters?: Readonly<Record<string, TableCounters>>
  readonly fdb?: readonly string[]
  readonly neigh?: readonly string[]
  readonly 'route-cache'?: readonly string[]
}

/** The pieces of a vector file that must be there. @throws Error naming the first that is not */
export function parseVectorFile(text: string, name: string): VectorFile {
  const file = JSON.parse(text) as VectorFile
  const complete = Array.isArray(file.scenario?.steps) && Array.isArray(file.observed?.steps)
  if (!complete) throw new Error(`${name}: no vector file: scenario.steps and observed.steps are missing`)
  if (file.scenario.steps.length !== file.observed.steps.length) {
    throw new Error(`${name}: ${file.scenario.steps.length} steps, but ${file.observed.steps.length} observed`)
  }
  return file
}

/** How many probes a step is: each flow of a burst counts. */
export function probesOf(step: Step): number {
  switch (step.do) {
    case 'tcp':
    case 'udp':
    case 'icmp':
    case 'raw':
    case 'send':
      return 1
    case 'burst':
      return step.count
    default:
      return 0
  }
}
