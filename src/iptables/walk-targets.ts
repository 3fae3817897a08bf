import { assertNever } from '../base/index.js'
import { connectionOf, ConntrackTemplate, DEFAULT_ZONE, type Verdict, type Zone } from '../netfilter/index.js'
import { ipv4, tcp } from '../wire/index.js'
import type { CompiledRule, CompiledTarget } from './compile.js'
import { runNat } from './walk-nat.js'
import type { RejectType, SetReference } from './types.js'
import type { WalkContext } from './walk-context.js'
import { hex } from './values.js'

/** Targets that the walk itself does not run. */
export type ExtensionTarget = Exclude<
  CompiledTarget,
  { readonly kind: 'jump' | 'goto' | 'none' | 'ACCEPT' | 'DROP' | 'RETURN' | 'unknown' }
>

/** 'continue' = XT_CONTINUE: on to the next rule. */
export type TargetResult = Verdict | 'continue' | 'unknown'

/** Whether the target always decides (so that the trace can tell of the rule before its effects). */
export function isTerminal(target: ExtensionTarget): boolean {
  switch (target.kind) {
    case 'REJECT':
    case 'DNAT':
    case 'SNAT':
    case 'MASQUERADE':
    case 'REDIRECT':
    case 'NETMAP':
      return true
    default:
      return false
  }
}

/** Runs a target. What it changed is left in `context.effect` for the trace. */
export function runTarget(target: ExtensionTarget, rule: CompiledRule, context: WalkContext): TargetResult {
  switch (target.kind) {
    case 'REJECT':
      return reject(target.with, rule, context)
    case 'DNAT':
    case 'SNAT':
    case 'MASQUERADE':
    case 'REDIRECT':
    case 'NETMAP':
      return runNat(target, rule, context)
    case 'MARK':
      return setMark(context, ((context.pkt.mark & ~target.mask) ^ target.value) >>> 0)
    case 'CONNMARK':
      return connmark(target, context)
    case 'NOTRACK':
      return notrack(context)
    case 'CT':
      return conntrackTarget(target, context)
    case 'SET':
      return setTarget(target, context)
    case 'LOG':
      return note(context, `LOG ${target.prefix ?? ''}`.trim())
    case 'NFLOG':
      return note(context, `NFLOG group ${target.group} ${target.prefix ?? ''}`.trim())
    case 'TCPMSS':
      return setMss(target.mss === 'clamp-to-pmtu' ? clampedMss(context) : target.mss, rule, context)
    case 'CHECKSUM':
      // Fills in what an offload left open; here every checksum is always filled in.
      return 'continue'
    case 'TRACE':
      context.pkt.nfTrace = true
      return note(context, 'TRACE: the walk of this packet is logged from here on')
    default:
      return assertNever(target)
  }
}

const REJECT_CODES: Readonly<Record<Exclude<RejectType, 'tcp-reset'>, number>> = Object.freeze({
  'icmp-net-unreachable': 0,
  'icmp-host-unreachable': 1,
  'icmp-proto-unreachable': 2,
  'icmp-port-unreachable': 3,
  'icmp-net-prohibited': 9,
  'icmp-host-prohibited': 10,
  'icmp-admin-prohibited': 13,
})

/** reject_tg: drops, and leaves word of how to answer; whoever sends the answer knows what is never answered. */
function reject(how: RejectType, rule: CompiledRule, context: WalkContext): Verdict {
  const state = context.state
  state.reject = how === 'tcp-reset' ? { kind: 'tcp-reset' } : { kind: 'icmp', code: REJECT_CODES[how] }
  state.drop = {
    reason: 'NETFILTER_DROP',
    where: `${context.table} ${rule.chain} rule ${rule.number}`,
    rule: rule.text,
  }
  return 'drop'
}

function setMark(context: WalkContext, mark: number): 'continue' {
  if (context.state.env.sim.trace !== null) context.effect = `mark ${hex(context.pkt.mark)} -> ${hex(mark)}`
  context.pkt.mark = mark
  return 'continue'
}

/** connmark_tg: does nothing to a packet without a connection. */
function connmark(target: Extract<ExtensionTarget, { kind: 'CONNMARK' }>, context: WalkContext): 'continue' {
  const connection = connectionOf(context.pkt)
  if (connection === null) return 'continue'
  if (target.mode === 'restore') {
    return setMark(context, ((context.pkt.mark & ~target.nfMask) ^ (connection.mark & target.ctMask)) >>> 0)
  }
  const value = target.mode === 'set' ? target.value : context.pkt.mark & target.nfMask
  const mark = ((connection.mark & ~target.ctMask) ^ value) >>> 0
  if (context.state.env.sim.trace !== null) context.effect = `connmark ${hex(connection.mark)} -> ${hex(mark)}`
  connection.mark = mark
  return 'continue'
}

/** notrack_tg: a packet that tracking has seen (it came over loopback) stays as it is. */
function notrack(context: WalkContext): 'continue' {
  if (wasSeen(context)) return 'continue'
  context.pkt.nfct = null
  context.pkt.ctInfo = 'untracked'
  context.effect = 'not tracked'
  return 'continue'
}

function wasSeen(context: WalkContext): boolean {
  return context.pkt.nfct !== null || context.pkt.ctInfo === 'untracked'
}

/** xt_ct_target: helpers and timeout policies are not modelled. */
function conntrackTarget(
  target: Extract<ExtensionTarget, { kind: 'CT' }>,
  context: WalkContext,
): 'continue' | 'unknown' {
  if (target.notrack) return notrack(context)
  if (wasSeen(context)) return 'continue'
  if (target.helper !== null || target.timeout !== null) return 'unknown'
  const fromMark = target.zone === 'mark' || target.zoneOrig === 'mark' || target.zoneReply === 'mark'
  const zone = zoneOf(target)
  context.pkt.nfct = new ConntrackTemplate(zone, fromMark)
  context.pkt.ctInfo = 'new'
  if (context.state.env.sim.trace !== null) context.effect = `conntrack zone ${fromMark ? 'mark' : zone.id}`
  return 'continue'
}

function zoneOf(target: Extract<ExtensionTarget, { kind: 'CT' }>): Zone {
  const id = (zone: number | 'mark'): number => (zone === 'mark' ? 0 : zone)
  if (target.zone !== null) return { id: id(target.zone), direction: 'both' }
  if (target.zoneOrig !== null) return { id: id(target.zoneOrig), direction: 'original' }
  if (target.zoneReply !== null) return { id: id(target.zoneReply), direction: 'reply' }
  return DEFAULT_ZONE
}

/** set_target_v3. Marks mapped from a set need its skbinfo, which is not modelled. */
function setTarget(target: Extract<ExtensionTarget, { kind: 'SET' }>, context: WalkContext): 'continue' | 'unknown' {
  const { pkt, sets } = context
  if (target.add !== null) {
    sets.addPacket(target.add.set, pkt, {
      directions: target.add.directions,
      in: context.inName,
      out: context.outName,
      now: context.state.env.clock.now,
      timeout: target.timeout,
      exist: target.exist,
    })
  }
  if (target.del !== null) sets.deletePacket(target.del.set, pkt, setRequest(target.del, context))
  if (target.map !== null) return 'unknown'
  if (context.state.env.sim.trace !== null) context.effect = setEffect(target)
  return 'continue'
}

function setRequest(
  reference: SetReference,
  context: WalkContext,
): { directions: SetReference['directions']; in: string; out: string; now: number } {
  return {
    directions: reference.directions,
    in: context.inName,
    out: context.outName,
    now: context.state.env.clock.now,
  }
}

function setEffect(target: Extract<ExtensionTarget, { kind: 'SET' }>): string {
  const added = target.add === null ? '' : `added to set ${target.add.set}`
  const removed = target.del === null ? '' : `removed from set ${target.del.set}`
  return added !== '' && removed !== '' ? `${added}, ${removed}` : added + removed
}

function note(context: WalkContext, detail: string): 'continue' {
  const { env } = context.state
  env.sim.trace?.step(context.pkt.id, env.name, { kind: 'note', detail })
  return 'continue'
}

const DEFAULT_MSS = 536
const MSS_OPTION_LEN = 4
const MAX_HEADER = 60

/** tcpmss_mangle_packet: lowers the MSS option, never raises it; adds one to a segment that has none and no data. */
/** tcpmss_mangle_packet with --clamp-mss-to-pmtu: what fits behind IPv4 and TCP headers without options. */
function clampedMss(context: WalkContext): number {
  const { pkt, state } = context
  return Math.max(0, state.env.pathMtu(pkt) - ipv4.HEADER_LEN - tcp.HEADER_LEN)
}

function setMss(mss: number, rule: CompiledRule, context: WalkContext): 'continue' | 'drop' {
  if (context.fragmentOffset !== 0) return 'continue'
  const { pkt } = context
  const at = context.transportAt
  const header = at + tcp.HEADER_LEN <= pkt.view.byteLength ? tcp.dataOffset(pkt.view, at) : 0
  if (header < tcp.HEADER_LEN || at + header > pkt.view.byteLength) {
    context.state.drop = {
      reason: 'NETFILTER_DROP',
      where: `${context.table} ${rule.chain} rule ${rule.number}: bad TCP header`,
      rule: rule.text,
    }
    return 'drop'
  }
  const old = tcp.mss(pkt.view, at)
  if (old !== null) {
    if (old <= mss) return 'continue'
    tcp.setMss(pkt.view, at, mss)
    if (context.state.env.sim.trace !== null) context.effect = `mss ${old} -> ${mss}`
    return 'continue'
  }
  if (context.length > at + header || header + MSS_OPTION_LEN > MAX_HEADER) return 'continue'
  addMss(Math.min(mss, DEFAULT_MSS), header, context)
  return 'continue'
}

/** Puts an MSS option before the segment's other options. */
function addMss(mss: number, header: number, context: WalkContext): void {
  const { pkt } = context
  const at = context.transportAt
  const bytes = new Uint8Array(context.length + MSS_OPTION_LEN)
  bytes.set(pkt.bytes.subarray(0, at + tcp.HEADER_LEN))
  const option = at + tcp.HEADER_LEN
  bytes.set([2, MSS_OPTION_LEN, mss >>> 8, mss & 0xff], option)
  bytes.set(pkt.bytes.subarray(option, context.length), option + MSS_OPTION_LEN)
  bytes[at + 12] = ((header + MSS_OPTION_LEN) / 4) << 4
  pkt.setBytes(bytes)
  ipv4.setTotalLength(pkt.view, 0, bytes.length)
  tcp.fillChecksum(pkt.bytes, pkt.view, at, bytes.length, context.source, context.destination)
  if (context.state.env.sim.trace !== null) context.effect = `mss option ${mss} added`
}
