import type { Match, Target } from './types.js'

/** Extensions that are not modelled but make the kernel track connections. */
const UNMODELLED: ReadonlySet<string> = new Set([
  'connbytes',
  'connlabel',
  'connlimit',
  'helper',
  'cluster',
  'CONNSECMARK',
  'SYNPROXY',
])

/** Whether a rule turns connection tracking on (its check function calls nf_ct_netns_get). */
export function needsConntrack(rule: { readonly matches: readonly Match[]; readonly target: Target | null }): boolean {
  return rule.matches.some(matchNeeds) || (rule.target !== null && targetNeeds(rule.target))
}

function matchNeeds(match: Match): boolean {
  switch (match.kind) {
    case 'conntrack':
    case 'state':
    case 'connmark':
      return true
    case 'unknown':
      return UNMODELLED.has(match.name)
    default:
      return false
  }
}

function targetNeeds(target: Target): boolean {
  switch (target.kind) {
    case 'DNAT':
    case 'SNAT':
    case 'MASQUERADE':
    case 'REDIRECT':
    case 'NETMAP':
    case 'CONNMARK':
      return true
    case 'CT':
      return !target.notrack
    case 'unknown':
      return UNMODELLED.has(target.name)
    default:
      return false
  }
}
