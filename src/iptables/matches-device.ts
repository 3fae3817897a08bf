import type { Packet } from '../wire/index.js'
import type { InterfaceMatch, Match } from './types.js'
import type { WalkContext } from './walk-context.js'

type Of<K extends Match['kind']> = Extract<Match, { kind: K }>

/** Same name, or the same beginning for `NAME+`. */
export function nameMatches(match: { readonly name: string; readonly prefix: boolean }, name: string): boolean {
  return match.prefix ? name.startsWith(match.name) : name === match.name
}

/** addrtype_mt_v1. */
export function matchAddrtype(match: Of<'addrtype'>, context: WalkContext): boolean {
  const state = context.state
  const device = match.limitIn ? state.in : match.limitOut ? state.out : null
  if (match.sourceTypes.length > 0) {
    const type = state.env.addressType(context.source, device)
    if (match.sourceTypes.includes(type) === match.sourceInvert) return false
  }
  if (match.destinationTypes.length === 0) return true
  const type = state.env.addressType(context.destination, device)
  return match.destinationTypes.includes(type) !== match.destinationInvert
}

/** physdev_mt: only packets that pass a bridge have bridge ports; for others only inverted conditions hold. */
export function matchPhysdev(match: Of<'physdev'>, pkt: Packet): boolean {
  const bridge = pkt.bridge
  if (bridge === null) return onlyInverted(match)
  const out = bridge.physOut === null ? null : bridge.physOut.name
  const into = bridge.physIn.name
  if (match.isBridged !== null && (out !== null) !== match.isBridged) return false
  if (match.isIn === false) return false
  if (match.isOut !== null && (out !== null) !== match.isOut) return false
  if (match.in !== null && nameMatches(match.in, into) === match.in.invert) return false
  if (match.out === null) return true
  return out !== null && nameMatches(match.out, out) !== match.out.invert
}

function onlyInverted(match: Of<'physdev'>): boolean {
  const device = (one: InterfaceMatch | null): boolean => one === null || one.invert
  return (
    match.isBridged !== true && match.isIn !== true && match.isOut !== true && device(match.in) && device(match.out)
  )
}

/** mac_mt: packets that came by a device with Ethernet addresses; loopback has none. */
export function matchMac(match: Of<'mac'>, context: WalkContext): boolean {
  if (context.pkt.inDev === null || context.pkt.inDev.name === 'lo') return false
  return (context.pkt.macSrc === match.mac) !== match.invert
}

/** owner_mt: without a socket only inverted conditions hold. */
export function matchOwner(match: Of<'owner'>, pkt: Packet): boolean {
  const owner = pkt.owner
  if (owner === null) {
    return match.socketExists !== true && (match.uid?.invert ?? true) && (match.gid?.invert ?? true)
  }
  if (match.socketExists === false) return false
  const { uid, gid } = match
  if (uid !== null && (owner.uid >= uid.min && owner.uid <= uid.max) === uid.invert) return false
  return gid === null || (owner.gid >= gid.min && owner.gid <= gid.max) !== gid.invert
}

/** pkttype_mt, by how the frame was addressed. */
export function matchPkttype(match: Of<'pkttype'>, pkt: Packet): boolean {
  const type = pkt.packetType === 'host' ? 'unicast' : pkt.packetType
  return (type === match.type) !== match.invert
}
