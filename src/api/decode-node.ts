import { cidrText, conditions } from './decode-common.js'
import { bool, type Decoder, defaulted, list, mapped, oneOf, optional, record, required, text } from './decode.js'
import { familyOf } from '../addr/index.js'
import type { NodeAddress, NodeSpec, NodeStatus } from './node.js'

/** spec of a Node; podCIDR and podCIDRs become one list. */
export const nodeSpec: Decoder<NodeSpec> = mapped(
  record<NodeSpec & { readonly podCIDR?: string }>(
    {
      podCIDR: optional(cidrText),
      podCIDRs: defaulted(list(cidrText), []),
      unschedulable: defaulted(bool, false),
    },
    ['configSource', 'externalID', 'providerID', 'taints'],
  ),
  ({ podCIDR, podCIDRs, unschedulable }, path, report) => {
    const first = podCIDRs[0]
    if (podCIDR !== undefined && first !== undefined && first !== podCIDR) {
      report.error(`${path}.podCIDRs[0]`, `"${first}" differs from podCIDR "${podCIDR}"`)
    }
    return { podCIDRs: first === undefined && podCIDR !== undefined ? [podCIDR] : podCIDRs, unschedulable }
  },
)

const address: Decoder<NodeAddress> = mapped(
  record<NodeAddress>({
    type: required(oneOf('InternalIP', 'ExternalIP', 'Hostname', 'InternalDNS', 'ExternalDNS')),
    address: required(text),
  }),
  (value, path, report) => {
    const wantsIp = value.type === 'InternalIP' || value.type === 'ExternalIP'
    if (wantsIp && familyOf(value.address) === undefined) {
      report.error(`${path}.address`, `"${value.address}" is not an IP address`, 'use four decimal numbers 0 to 255')
    }
    return value
  },
)

/** status of a Node. */
export const nodeStatus: Decoder<NodeStatus> = record<NodeStatus>(
  { addresses: defaulted(list(address), []), conditions: defaulted(conditions, []) },
  [
    'allocatable',
    'capacity',
    'config',
    'daemonEndpoints',
    'declaredFeatures',
    'features',
    'images',
    'nodeInfo',
    'phase',
    'runtimeHandlers',
    'volumesAttached',
    'volumesInUse',
  ],
)
