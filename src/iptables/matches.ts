import { assertNever } from '../base/index.js'
import { connectionOf, ctStateOf } from '../netfilter/index.js'
import { ipv4 } from '../wire/index.js'
import type { CompiledMatch, LimitMatch, LimitState, NthMatch, NthState, RecentMatch } from './compile.js'
import { CREDITS_PER_JIFFY, HZ } from './limit-credits.js'
import { matchConntrack } from './matches-conntrack.js'
import { matchAddrtype, matchMac, matchOwner, matchPhysdev, matchPkttype } from './matches-device.js'
import { matchIcmp, matchMultiport, matchSctp, matchTcp, matchUdp } from './matches-transport.js'
import type { Match, NumberRange } from './types.js'
import type { WalkContext } from './walk-context.js'

/** What a match says; 'unknown' = it is not modelled. */
export type MatchResult = boolean | 'unknown'

/** Asks one match. Malformed packets set `context.hotdrop`. `label` names a rule in a choice. */
export function runMatch(
  match: CompiledMatch,
  context: WalkContext,
  rule: { chain: string; number: number },
): MatchResult {
  switch (match.kind) {
    case 'tcp':
      return matchTcp(match, context)
    case 'udp':
      return matchUdp(match, context)
    case 'sctp':
      return matchSctp(match, context)
    case 'icmp':
      return matchIcmp(match, context)
    case 'multiport':
      return matchMultiport(match, context)
    case 'mark':
      return ((context.pkt.mark & match.mark.mask) >>> 0 === match.mark.value) !== match.mark.invert
    case 'connmark': {
      const connection = connectionOf(context.pkt)
      if (connection === null) return false
      return ((connection.mark & match.mark.mask) >>> 0 === match.mark.value) !== match.mark.invert
    }
    case 'conntrack':
      return matchConntrack(match, context.pkt, context.state.env.clock.now)
    case 'state':
      return match.states.includes(ctStateOf(context.pkt)) !== match.invert
    case 'addrtype':
      return matchAddrtype(match, context)
    case 'statistic':
      return matchRandom(match, context, rule)
    case 'nth':
      return matchNth(match, context.states.nth[match.slot]!)
    case 'limit':
      return matchLimit(match, context.states.limit[match.slot]!, context.state.env.clock.now)
    case 'recent':
      return matchRecent(match, context)
    case 'set':
      return matchSet(match, context)
    case 'physdev':
      return matchPhysdev(match, context.pkt)
    case 'mac':
      return matchMac(match, context)
    case 'iprange':
      return inRange(match.source, context.source) && inRange(match.destination, context.destination)
    case 'owner':
      return matchOwner(match, context.pkt)
    case 'length':
      return inRange(match.range, context.length)
    case 'ttl':
      return matchTtl(match, ipv4.ttl(context.pkt.view, 0))
    case 'pkttype':
      return matchPkttype(match, context.pkt)
    case 'unknown':
      return 'unknown'
    default:
      return assertNever(match)
  }
}

type Of<K extends Match['kind']> = Extract<Match, { kind: K }>

/** In the range, or outside it when inverted; null = any. */
export function inRange(range: NumberRange | null, value: number): boolean {
  return range === null || (value >= range.min && value <= range.max) !== range.invert
}

function matchTtl(match: Of<'ttl'>, ttl: number): boolean {
  switch (match.op) {
    case 'eq':
      return ttl === match.ttl
    case 'ne':
      return ttl !== match.ttl
    case 'lt':
      return ttl < match.ttl
    case 'gt':
      return ttl > match.ttl
  }
}

/** A draw below probability/2³¹ (statistic_mt). */
function matchRandom(
  match: Extract<Match, { mode: 'random' }>,
  context: WalkContext,
  rule: { chain: string; number: number },
): boolean {
  const probability = match.probability / 0x8000_0000
  const label = `statistic ${context.table} ${rule.chain} rule ${rule.number}`
  const hit = context.state.env.sim.choices.choose(label, [probability, 1 - probability]) === 0
  return hit !== match.invert
}

function matchNth(match: NthMatch, state: NthState): boolean {
  state.count = state.count === match.every - 1 ? 0 : state.count + 1
  return (state.count === 0) !== match.invert
}

/** limit_mt: credits come in with time and every match costs some. */
function matchLimit(match: LimitMatch, state: LimitState, now: number): boolean {
  const jiffies = Math.floor((now * HZ) / 1000)
  if (state.previous !== null) state.credit += (jiffies - state.previous) * CREDITS_PER_JIFFY
  state.previous = jiffies
  if (state.credit > match.cap) state.credit = match.cap
  if (state.credit < match.cost) return false
  state.credit -= match.cost
  return true
}

/** recent_mt. A forwarded packet counts with the TTL it had when it came. */
function matchRecent(compiled: RecentMatch, context: WalkContext): boolean {
  const match = compiled.match
  const list = context.states.recent[compiled.slot]!
  const now = Math.floor((context.state.env.clock.now * HZ) / 1000)
  const forwarded = context.state.out !== null && context.pkt.owner === null
  const ttl = ipv4.ttl(context.pkt.view, 0) + (forwarded ? 1 : 0)
  const side = match.side === 'rdest' ? context.destination : context.source
  const address = (side & match.mask) >>> 0
  const entry = list.lookup(address, match.rttl ? ttl : 0)
  if (entry === null) {
    if (match.mode !== 'set') return match.invert
    list.add(address, ttl, now)
    return !match.invert
  }
  let result = match.invert
  if (match.mode === 'set') {
    result = !result
  } else if (match.mode === 'remove') {
    list.remove(entry)
    return !result
  } else {
    const oldest = now - match.seconds * HZ
    if (enoughHits(entry.stamps, match.seconds === 0 ? null : oldest, match.hitcount)) result = !result
    if (match.reap) list.reap(oldest, match.mode === 'update' && result ? entry : null)
  }
  if (match.mode === 'set' || (match.mode === 'update' && result)) list.update(entry, ttl, now)
  return result
}

function enoughHits(stamps: readonly number[], oldest: number | null, hitcount: number): boolean {
  let hits = 0
  for (const stamp of stamps) {
    if (oldest !== null && oldest > stamp) continue
    if (hitcount === 0 || ++hits >= hitcount) return true
  }
  return false
}

/** set_match_v4. */
function matchSet(match: Of<'set'>, context: WalkContext): boolean {
  const found = context.sets.test(match.set, context.pkt, {
    directions: match.directions,
    in: context.inName,
    out: context.outName,
    now: context.state.env.clock.now,
    returnNomatch: match.returnNomatch,
    updateCounters: match.updateCounters,
    updateSubcounters: match.updateSubcounters,
    packets: match.packets,
    bytes: match.bytes,
  })
  return found !== match.invert
}
