import { didYouMean } from './near-matches.js'
import { isKind, type Kind, KINDS } from './object.js'

/** Kinds of Kubernetes that we do not model, by what that means for a trace. */
const NOT_MODELLED: Readonly<Record<string, readonly string[]>> = {
  'it is ignored': [
    'APIService',
    'CSIDriver',
    'ClusterRole',
    'ClusterRoleBinding',
    'ConfigMap',
    'ControllerRevision',
    'CustomResourceDefinition',
    'Event',
    'HorizontalPodAutoscaler',
    'Lease',
    'LimitRange',
    'MutatingWebhookConfiguration',
    'PersistentVolume',
    'PersistentVolumeClaim',
    'PodDisruptionBudget',
    'PriorityClass',
    'ResourceQuota',
    'Role',
    'RoleBinding',
    'RuntimeClass',
    'Secret',
    'ServiceAccount',
    'StorageClass',
    'ValidatingWebhookConfiguration',
    'VolumeAttachment',
  ],
  'its pods are not made': ['CronJob', 'Job', 'PodTemplate', 'ReplicationController'],
  'traces do not account for it': [
    'GRPCRoute',
    'Gateway',
    'GatewayClass',
    'HTTPRoute',
    'IPAddress',
    'Ingress',
    'IngressClass',
    'NetworkPolicy',
    'ServiceCIDR',
    'TCPRoute',
    'TLSRoute',
    'UDPRoute',
  ],
}

/** What to do with an object, going by its apiVersion and kind. */
export type KindVerdict =
  | { readonly is: 'modelled'; readonly kind: Kind }
  | { readonly is: 'list'; readonly itemKind: string }
  | { readonly is: 'not-modelled'; readonly message: string }
  | { readonly is: 'wrong-version'; readonly message: string; readonly fix: string }
  | { readonly is: 'unknown'; readonly message: string; readonly fix: string | undefined }

/** Judges `apiVersion` and `kind`. A kind of another project that happens to share our name counts as unknown. */
export function judgeKind(apiVersion: string, kind: string): KindVerdict {
  if (!isKubernetesGroup(apiVersion)) {
    return { is: 'unknown', message: `unknown kind "${kind}" of ${apiVersion}`, fix: undefined }
  }
  if (isKind(kind)) {
    const right = KINDS[kind].apiVersion
    if (apiVersion === right) return { is: 'modelled', kind }
    return { is: 'wrong-version', message: `"${apiVersion}" is not an apiVersion of ${kind}`, fix: `use "${right}"` }
  }
  const itemKind = kind.endsWith('List') ? kind.slice(0, -4) : undefined
  if (itemKind === '' || (itemKind !== undefined && isKind(itemKind))) return { is: 'list', itemKind }
  for (const [meaning, kinds] of Object.entries(NOT_MODELLED)) {
    if (kinds.includes(kind)) return { is: 'not-modelled', message: `kind "${kind}" is not modelled: ${meaning}` }
  }
  const all = [...Object.keys(KINDS), ...Object.values(NOT_MODELLED).flat(), 'List']
  return { is: 'unknown', message: `unknown kind "${kind}"`, fix: didYouMean(kind, all) }
}

function isKubernetesGroup(apiVersion: string): boolean {
  const slash = apiVersion.indexOf('/')
  const group = slash < 0 ? '' : apiVersion.slice(0, slash)
  return ['', 'apps', 'autoscaling', 'batch', 'extensions', 'policy'].includes(group) || group.endsWith('.k8s.io')
}
