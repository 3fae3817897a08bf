import { assertNever } from '../base/index.js'
import type { StringMap } from './meta.js'

/** One condition of a selector. */
export interface LabelSelectorRequirement {
  readonly key: string
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'
  readonly values: readonly string[]
}

/** metav1.LabelSelector: all labels and all expressions must hold. */
export interface LabelSelector {
  readonly matchLabels: StringMap
  readonly matchExpressions: readonly LabelSelectorRequirement[]
}

/** True when `labels` contain every pair of `wanted` (the selector of a Service, a nodeSelector). */
export function labelsMatch(wanted: StringMap, labels: StringMap): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value)
}

/** True when a workload's selector takes an object with `labels`. An empty selector takes everything. */
export function selectorMatches(selector: LabelSelector, labels: StringMap): boolean {
  if (!labelsMatch(selector.matchLabels, labels)) return false
  return selector.matchExpressions.every((requirement) => requirementHolds(requirement, labels))
}

function requirementHolds(requirement: LabelSelectorRequirement, labels: StringMap): boolean {
  const value = labels[requirement.key]
  switch (requirement.operator) {
    case 'In':
      return value !== undefined && requirement.values.includes(value)
    case 'NotIn':
      return value === undefined || !requirement.values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    default:
      return assertNever(requirement.operator)
  }
}
