import { familyOf, formatIpv4, isIpv6Text, parseIpv4 } from '../addr/index.js'
import { parseInterfaceAddress } from '../addr/index.js'
import {
  bool,
  checked,
  checkedOrEmpty,
  type Decoder,
  defaulted,
  integer,
  list,
  mapOf,
  mapped,
  oneOf,
  optional,
  record,
  required,
  text,
} from './decode.js'
import type { LabelSelector, LabelSelectorRequirement } from './label-selector.js'
import type {
  Condition,
  IntOrString,
  ObjectMeta,
  ObjectReference,
  OwnerReference,
  Protocol,
  StringMap,
} from './meta.js'
import { dns1123LabelProblem, labelKeyProblem, labelValueProblem, portNameProblem } from './names.js'
import type { Report } from './report.js'

/**
 * An IP address. Leading zeros are read as decimal and dropped with a warning, as the API server and kube-proxy
 * do (they were octal to some older resolvers).
 */
export const ipAddress: Decoder<string> = (value, path, report) => {
  const string = text(value, path, report)
  if (string === undefined || familyOf(string) !== undefined) return string
  const plain = withoutLeadingZeros(string)
  if (plain === undefined) {
    report.error(path, `"${string}" is not an IP address`, 'use four decimal numbers 0 to 255, or an IPv6 address')
    return undefined
  }
  report.warn(path, `"${string}" has leading zeros; read as ${plain}`, `write ${plain}`)
  return plain
}

function withoutLeadingZeros(string: string): string | undefined {
  if (!/^\d{1,9}(\.\d{1,9}){3}$/.test(string)) return undefined
  const plain = string.split('.').map(Number).join('.')
  const parsed = parseIpv4(plain)
  return parsed === undefined ? undefined : formatIpv4(parsed)
}

/** A network in CIDR form, surrounding spaces dropped; host bits may be set, as in the API. */
export const cidrText: Decoder<string> = (value, path, report) => {
  const string = text(value, path, report)?.trim()
  if (string === undefined || parseInterfaceAddress(string) !== undefined || isIpv6Cidr(string)) return string
  report.error(path, `"${string}" is not a network`, 'use ADDRESS/PREFIX, such as 10.0.0.0/8')
  return undefined
}

function isIpv6Cidr(string: string): boolean {
  const [address = '', prefix = ''] = string.split('/')
  return isIpv6Text(address) && /^\d{1,3}$/.test(prefix) && Number(prefix) <= 128
}

/** A port number of a listener: 1 … 65535. */
export const port: Decoder<number> = integer(1, 65535)

/** A port number that may be 0 for "none" (a nodePort or hostPort that is not set). */
export const portOrZero: Decoder<number> = integer(0, 65535)

/** TCP, UDP or SCTP. */
export const protocol: Decoder<Protocol> = oneOf('TCP', 'UDP', 'SCTP')

/** A port number, or the name of a container port. */
export const portOrName: Decoder<IntOrString> = (value, path, report) => {
  if (typeof value === 'number') return port(value, path, report)
  const name = text(value, path, report)
  if (name === undefined) return undefined
  const problem = portNameProblem(name)
  if (problem === undefined) return name
  const fix = /^\d+$/.test(name) ? `write ${name} without quotes` : problem
  report.error(path, `"${name}" is not a port name`, fix)
  return undefined
}

/** A DNS-1123 label. */
export const dnsLabel: Decoder<string> = checked(dns1123LabelProblem)

const keyCheck = (key: string, path: string, report: Report): void => {
  const problem = labelKeyProblem(key)
  if (problem !== undefined) report.error(path, `"${key}" is not a valid key`, problem)
}

/** Labels, and selectors of the simple kind. */
export const labels: Decoder<StringMap> = mapOf(checked(labelValueProblem), keyCheck)

/** Annotations: any string as value. */
export const annotations: Decoder<StringMap> = mapOf(text, keyCheck)

/** A list of strings. */
export const texts: Decoder<readonly string[]> = list(text)

/** metav1.LabelSelector. */
export const labelSelector: Decoder<LabelSelector> = record<LabelSelector>({
  matchLabels: defaulted(labels, {}),
  matchExpressions: defaulted(list(requirement()), []),
})

function requirement(): Decoder<LabelSelectorRequirement> {
  const shape = record<LabelSelectorRequirement>({
    key: required(checked(labelKeyProblem)),
    operator: required(oneOf('In', 'NotIn', 'Exists', 'DoesNotExist')),
    values: defaulted(texts, []),
  })
  return mapped(shape, (value, path, report) => {
    const wantsValues = value.operator === 'In' || value.operator === 'NotIn'
    if (wantsValues === value.values.length > 0) return value
    report.error(`${path}.values`, wantsValues ? 'is required' : `must be empty with operator ${value.operator}`)
    return value
  })
}

/** status.conditions of any kind. */
export const conditions: Decoder<readonly Condition[]> = list(
  record<Condition>({ type: required(text), status: required(oneOf('True', 'False', 'Unknown')) }, [
    'reason',
    'message',
    'lastTransitionTime',
    'lastProbeTime',
    'lastHeartbeatTime',
    'lastUpdateTime',
    'observedGeneration',
  ]),
)

/** v1.ObjectReference: `targetRef`. */
export const objectReference: Decoder<ObjectReference> = record<ObjectReference>(
  { kind: defaulted(text, ''), name: defaulted(text, ''), namespace: defaulted(text, '') },
  ['apiVersion', 'fieldPath', 'resourceVersion', 'uid'],
)

const ownerReference = record<OwnerReference>(
  { kind: required(text), name: required(text), controller: defaulted(bool, false) },
  ['apiVersion', 'uid', 'blockOwnerDeletion'],
)

const IGNORED_META = [
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'finalizers',
  'generation',
  'managedFields',
  'resourceVersion',
  'selfLink',
  'uid',
  'generateName',
]

/** metadata of an object; `nameProblem` is the rule for names of its kind. */
export function objectMeta(nameProblem: (name: string) => string | undefined): Decoder<ObjectMeta> {
  return record<Omit<ObjectMeta, 'resourceVersion'>>(
    {
      name: required(checked(nameProblem)),
      namespace: defaulted(checkedOrEmpty(dns1123LabelProblem), ''),
      labels: defaulted(labels, {}),
      annotations: defaulted(annotations, {}),
      ownerReferences: defaulted(list(ownerReference), []),
      deletionTimestamp: optional(text),
    },
    IGNORED_META,
  )
}

/** metadata of a pod template: a name or namespace in it means nothing. */
export const templateMeta: Decoder<Pick<ObjectMeta, 'labels' | 'annotations'>> = record<
  Pick<ObjectMeta, 'labels' | 'annotations'>
>({ labels: defaulted(labels, {}), annotations: defaulted(annotations, {}) }, ['name', 'namespace', ...IGNORED_META])

/** Reports every item whose key was seen before in the list. */
export function reportDuplicates<T>(
  items: readonly T[],
  keyOf: (item: T) => string | undefined,
  say: (item: T, index: number, key: string) => void,
): void {
  const seen = new Set<string>()
  items.forEach((item, index) => {
    const key = keyOf(item)
    if (key === undefined) return
    if (seen.has(key)) say(item, index, key)
    seen.add(key)
  })
}
