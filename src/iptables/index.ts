/**
 * @module iptables
 * Tables as typed values, iptables-save text both ways, and the rule walk.
 */
export type { Counters } from './change.js'
export { type ChainListing, Iptables } from './iptables.js'
export { parseRestore, parseRuleSet } from './parse.js'
export { type ChainCounters, type CounterSource, printRule, printSave } from './print.js'
export type { RuleSetChange } from './change.js'
export type { SetLookups } from './set-lookups.js'
export type {
  AddressMatch,
  Chain,
  CtState,
  InterfaceMatch,
  MaskedValue,
  Match,
  NatTo,
  NumberRange,
  ProtocolMatch,
  RejectType,
  Rule,
  RuleSet,
  SetReference,
  Table,
  TableName,
  Target,
} from './types.js'
