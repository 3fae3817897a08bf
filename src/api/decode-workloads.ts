import { labelSelector } from './decode-common.js'
import { podTemplate } from './decode-pod.js'
import { checkedOrEmpty, type Decoder, defaulted, type Fields, integer, mapped, record, required } from './decode.js'
import { selectorMatches } from './label-selector.js'
import { dns1123SubdomainProblem } from './names.js'
import type { Report } from './report.js'
import type { Deployment, StatefulSetSpec, WorkloadSpec } from './workloads.js'

const common: Fields<WorkloadSpec> = { selector: required(labelSelector), template: required(podTemplate) }

const replicas = defaulted(integer(0), 1)

const IGNORED = [
  'minReadySeconds',
  'paused',
  'persistentVolumeClaimRetentionPolicy',
  'podManagementPolicy',
  'progressDeadlineSeconds',
  'revisionHistoryLimit',
  'strategy',
  'updateStrategy',
  'volumeClaimTemplates',
]

/** spec of a Deployment or ReplicaSet. */
export const replicatedSpec: Decoder<Deployment['spec']> = mapped(
  record<Deployment['spec']>({ ...common, replicas }, IGNORED),
  checkSelector,
)

/** spec of a StatefulSet. */
export const statefulSetSpec: Decoder<StatefulSetSpec> = mapped(
  record<StatefulSetSpec>(
    {
      ...common,
      replicas,
      serviceName: defaulted(checkedOrEmpty(dns1123SubdomainProblem), ''),
      ordinals: defaulted(record<{ start: number }>({ start: defaulted(integer(0), 0) }), { start: 0 }),
    },
    IGNORED,
  ),
  checkSelector,
)

/** spec of a DaemonSet. */
export const daemonSetSpec: Decoder<WorkloadSpec> = mapped(record<WorkloadSpec>(common, IGNORED), checkSelector)

function checkSelector<T extends WorkloadSpec>(spec: T, path: string, report: Report): T {
  const { matchLabels, matchExpressions } = spec.selector
  if (Object.keys(matchLabels).length + matchExpressions.length === 0) {
    report.error(`${path}.selector`, 'is empty', "give matchLabels that the template's labels have")
  } else if (!selectorMatches(spec.selector, spec.template.metadata.labels)) {
    const fix = 'make spec.selector.matchLabels a part of spec.template.metadata.labels'
    report.error(`${path}.template.metadata.labels`, 'do not match spec.selector', fix)
  }
  return spec
}
