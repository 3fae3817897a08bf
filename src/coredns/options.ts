import type { dns } from '../wire/index.js'

/** What the outside world answers to a question that is not ours. */
export interface UpstreamAnswer {
  readonly rcode: number
  readonly answers: readonly dns.ResourceRecord[]
}

/** Stands for the servers behind the forward plugin: null when nothing is known of the name. */
export type Upstream = (question: dns.Question) => UpstreamAnswer | null

/** How pod names are answered: the kubernetes plugin's `pods` option. */
export type PodsMode = 'disabled' | 'insecure' | 'verified'

/** The Corefile, as far as it is modelled. Names are written without the last dot. */
export interface ClusterDnsOptions {
  /** The cluster's zone. */
  readonly zone: string
  /** Reverse zones of the kubernetes plugin. */
  readonly reverseZones: readonly string[]
  /** Seconds; kubeadm says 30. */
  readonly ttl: number
  readonly pods: PodsMode
  /** Zones whose unknown names go to the next plugin. */
  readonly fallthrough: readonly string[]
  /** Only these namespaces are exposed; null = all. */
  readonly namespaces: readonly string[] | null
  /** `ignore empty_service`: a cluster IP service without ready endpoints does not exist. */
  readonly ignoreEmptyService: boolean
  /** `endpoint_pod_names`: endpoints without a hostname go by their pod's name. */
  readonly endpointPodNames: boolean
  /** `noendpoints`: no slice is watched. */
  readonly noEndpoints: boolean
  /** Whether the API watch has delivered its first list. */
  readonly synced: boolean
  /** Addresses of the server itself: from them follow the NS records. */
  readonly localAddresses: readonly string[]
  /** The forward plugin's servers; null = no forward plugin. */
  readonly upstream: Upstream | null
}

/** kubeadm's Corefile, with an outside world of which nothing is known. */
export const DEFAULT_OPTIONS: ClusterDnsOptions = Object.freeze<ClusterDnsOptions>({
  zone: 'cluster.local',
  reverseZones: Object.freeze(['in-addr.arpa', 'ip6.arpa']),
  ttl: 30,
  pods: 'insecure',
  fallthrough: Object.freeze(['in-addr.arpa', 'ip6.arpa']),
  namespaces: null,
  ignoreEmptyService: false,
  endpointPodNames: false,
  noEndpoints: false,
  synced: true,
  localAddresses: Object.freeze<string[]>([]),
  upstream: () => null,
})
