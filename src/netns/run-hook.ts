import { HookState } from '../netfilter/index.js'
import type { Hook } from '../trace/index.js'
import type { DeviceRef, Packet } from '../wire/index.js'
import type { Namespace } from './namespace.js'
import { sendReject } from './reject.js'

/**
 * NF_HOOK: runs the hook functions; true = go on. A drop is recorded here, REJECT's answer is sent here, and a local
 * sender's errno is left in `ns.sendError`.
 */
export function runHook(
  ns: Namespace,
  hook: Hook,
  pkt: Packet,
  inDev: DeviceRef | null,
  outDev: DeviceRef | null,
): boolean {
  if (ns.hooks.isEmpty(hook)) return true
  const state = new HookState(hook, inDev, outDev, ns)
  const verdict = ns.hooks.run(pkt, state)
  if (verdict === 'accept') return true
  if (verdict === 'stolen') return false
  if (state.reject !== null) sendReject(ns, pkt, hook, state.reject)
  const drop = state.drop
  ns.sendError = drop?.errno ?? 'EPERM'
  ns.drop(pkt, drop?.reason ?? 'NETFILTER_DROP', drop?.where ?? hook, drop?.rule ?? null)
  return false
}
