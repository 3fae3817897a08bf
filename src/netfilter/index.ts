/**
 * @module netfilter
 * Hooks and verdicts, connection tracking, NAT and reassembly: what sits below both iptables/ipvs and
 * netns/bridge.
 */
export {
  Connection,
  type SctpConntrackState,
  type SctpTrack,
  type TcpConntrackState,
  type TcpTrack,
  type TcpWindow,
} from './conntrack/connection.js'
export { setClosing } from './conntrack/closing.js'
export { printConnection } from './conntrack/print.js'
export {
  attachConntrack,
  connectionOf,
  type CtState,
  ctStateOf,
  directionOf,
  resetConntrack,
} from './conntrack/state.js'
export { setConntrackSysctl } from './conntrack/sysctl-names.js'
export { type ConntrackSysctls, type ConntrackTimeouts } from './conntrack/sysctls.js'
export { ConntrackTable, type TupleEntry } from './conntrack/table.js'
export { type Direction, invertTuple, opposite, printTuple, sameTuple, type Tuple } from './conntrack/tuple.js'
export { ConntrackTemplate, DEFAULT_ZONE, type Zone, type ZoneDirection } from './conntrack/zone.js'
export { type DefragUser, Reassembler } from './defrag/reassembler.js'
export {
  type AddressListener,
  type AddressType,
  HOOK_PRIORITY,
  HookChains,
  type HookDrop,
  type HookFunction,
  HookState,
  type NetfilterEnv,
  type RejectWith,
  type Verdict,
} from './hooks.js'
export { NatHook, type NatRules } from './nat/nat-hook.js'
export { type NatManip, type NatRange, rangeOf } from './nat/range.js'
export { setupNat } from './nat/setup.js'
export { Netfilter } from './netfilter.js'
