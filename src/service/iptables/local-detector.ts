import type { Family } from '../../addr/index.js'
import { canonicalCidr } from '../model/ip-text.js'
import type { LocalDetector } from '../options.js'
import { address, not, type RuleParts } from './rule-builder.js'

/** Rule parts that hold for the traffic of pods, and for all other traffic. */
export interface LocalMatch {
  readonly local: Pick<RuleParts, 'source' | 'inInterface'>
  readonly notLocal: Pick<RuleParts, 'source' | 'inInterface'>
}

/**
 * How a detector becomes rule parts; null when it can tell nothing in this family. By interface, what the node
 * itself sends counts as not local: the OUTPUT hook has no input interface.
 */
export function localMatch(detector: LocalDetector, family: Family): LocalMatch | null {
  switch (detector.mode) {
    case 'ClusterCIDR':
    case 'NodeCIDR':
      return byCidr(detector.cidrs, family)
    case 'BridgeInterface':
      return byInterface(detector.name, false)
    case 'InterfaceNamePrefix':
      return byInterface(detector.prefix, true)
    case 'None':
      return null
  }
}

function byCidr(cidrs: readonly string[], family: Family): LocalMatch | null {
  const cidr = cidrs.map((text) => canonicalCidr(text, family)).find((text) => text !== undefined)
  if (cidr === undefined) return null
  const source = address(cidr)
  return { local: { source }, notLocal: { source: not(source) } }
}

function byInterface(name: string, prefix: boolean): LocalMatch {
  return {
    local: { inInterface: Object.freeze({ name, prefix, invert: false }) },
    notLocal: { inInterface: Object.freeze({ name, prefix, invert: true }) },
  }
}
