/**
 * @module coredns
 * Cluster DNS: the server that answers from the store, and the pod's side: resolv.conf, hosts file, stub resolver.
 */
export { type ClientOptions, ClusterDns } from './cluster-dns.js'
export type { QueryStep, StubEvent, StubQuery } from './exchange.js'
export { upstreamOf } from './forward.js'
export {
  type HostsEntry,
  lookupHosts,
  NODE_HOSTS,
  podHostname,
  type PodHosts,
  podHosts,
  printHosts,
} from './hosts-file.js'
export {
  type ClusterDnsOptions,
  DEFAULT_OPTIONS,
  type PodsMode,
  type Upstream,
  type UpstreamAnswer,
} from './options.js'
export { type DnsWarning, type KubeletDns, podResolvConf, type PodResolvConf } from './pod-resolv-conf.js'
export { parseResolvConf, printResolvConf, type ResolvConf, type ResolvOption } from './resolv-conf.js'
export type { Flavour } from './resolver-options.js'
export {
  type AskedQuery,
  type DoneStep,
  type Resolution,
  resolve,
  type StubOptions,
  StubResolver,
} from './stub-resolver.js'
