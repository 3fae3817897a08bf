import { type Cidr, parseCidr, parseIpv4 } from '../../src/addr/index.js'
import {
  dockerPublish,
  type DockerPublishSpec,
  dockerRules,
  type DockerRulesSpec,
  dockerUnpublish,
} from '../../src/cluster/node/docker-rules.js'
import { kubeletRules } from '../../src/cluster/node/kubelet-rules.js'
import { portmapAdd, portmapRemove, portmapSetup, type PortmapSpec } from '../../src/cluster/node/portmap-rules.js'
import { parseRuleSet, printSave } from '../../src/iptables/index.js'
import { flannelRules } from '../../src/overlay/index.js'
import { applyTo, desiredRules, proxyOptions } from '../../src/service/index.js'

/** Stands for kube-proxy's sync among the steps. */
export const KUBE_PROXY: unique symbol = Symbol('kube-proxy')

/** One program's turn: text for `iptables-restore --noflush`, or kube-proxy's sync. */
export type NodeRuleStep = string | typeof KUBE_PROXY

const cidr = (text: string): Cidr => parseCidr(text)!
const ip = (text: string): number => parseIpv4(text)!

const flannel = { network: cidr('10.244.0.0/16'), subnet: cidr('10.244.1.0/24'), randomFully: true }
const classicFlannel = { network: cidr('10.1.0.0/16'), subnet: cidr('10.1.74.0/24'), randomFully: true }

/** docker0 carrying flannel's subnet. */
const docker: DockerRulesSpec = {
  bridge: 'docker0',
  subnet: classicFlannel.subnet,
  ipMasq: false,
  userlandProxy: true,
  icc: true,
}
const published: DockerPublishSpec = {
  bridge: 'docker0',
  containerIp: ip('10.1.74.2'),
  hostIp: null,
  hostPort: 8080,
  containerPort: 80,
  protocol: 'TCP',
  userlandProxy: true,
}
const plainDocker: DockerRulesSpec = { ...docker, subnet: cidr('172.17.0.0/16'), ipMasq: true }
const onLoopback: DockerPublishSpec = { ...published, containerIp: ip('172.17.0.2'), hostIp: ip('127.0.0.1') }

const web: PortmapSpec = {
  networkName: 'cbr0',
  containerId: 'c1'.repeat(32),
  podSubnet: flannel.subnet,
  podIp: ip('10.244.1.2'),
  mappings: [{ hostPort: 8080, containerPort: 80, protocol: 'TCP', hostIp: null }],
}
const many: PortmapSpec = {
  ...web,
  containerId: 'd2'.repeat(32),
  podIp: ip('10.244.1.3'),
  mappings: [
    { hostPort: 5353, containerPort: 53, protocol: 'UDP', hostIp: ip('192.168.10.11') },
    { hostPort: 9899, containerPort: 9899, protocol: 'SCTP', hostIp: ip('0.0.0.0') },
    ...Array.from({ length: 16 }, (_, i) => ({
      hostPort: 9000 + i,
      containerPort: 90 + i,
      protocol: 'TCP' as const,
      hostIp: null,
    })),
  ],
}

/** Nodes whose rules are recorded in `test/golden/node`: who writes what, in order. */
export const NODE_RULE_CASES: Readonly<Record<string, readonly NodeRuleStep[]>> = {
  'kubeadm-worker': [kubeletRules(), KUBE_PROXY, flannelRules(flannel), portmapSetup(), portmapAdd(web)],
  'many-host-ports': [portmapSetup(), portmapAdd(web), portmapAdd(many)],
  'host-ports-gone': [portmapSetup(), portmapAdd(web), portmapAdd(many), portmapRemove(web), portmapRemove(many)],
  'docker-on-flannel-subnet': [
    flannelRules(classicFlannel),
    dockerRules(docker),
    kubeletRules(),
    KUBE_PROXY,
    dockerPublish(published),
  ],
  'docker-alone': [dockerRules(plainDocker), dockerPublish(onLoopback)],
  'docker-without-userland-proxy': [
    dockerRules({ ...plainDocker, userlandProxy: false }),
    dockerPublish({ ...onLoopback, hostIp: null, userlandProxy: false, protocol: 'UDP' }),
  ],
  'docker-without-icc': [
    dockerRules({ ...plainDocker, icc: false }),
    dockerPublish({ ...published, protocol: 'SCTP' }),
  ],
  'docker-unpublished': [
    dockerRules(plainDocker),
    dockerPublish(onLoopback),
    dockerPublish({ ...published, protocol: 'SCTP' }),
    dockerUnpublish(onLoopback),
    dockerUnpublish({ ...published, protocol: 'SCTP' }),
  ],
}

/** iptables-save text after a sync of a kube-proxy that knows no services. */
export function afterKubeProxy(save: string): string {
  const node = { name: 'worker', ips: ['192.168.10.11'], labels: {}, localAddresses: ['127.0.0.1', '192.168.10.11'] }
  const options = proxyOptions({ detectLocal: { mode: 'ClusterCIDR', cidrs: ['10.244.0.0/16'] } })
  return printSave(applyTo(parseRuleSet(save), desiredRules({ services: [], endpointSlices: [], node }, options)))
}

/** iptables-save text of the node after all steps, by our own reading of the texts. */
export function savedRules(steps: readonly NodeRuleStep[]): string {
  return steps.reduce<string>((save, step) => {
    // A second section of the same table goes on where the first one ended, as --noflush does.
    return step === KUBE_PROXY ? afterKubeProxy(save) : printSave(parseRuleSet(save + step))
  }, '')
}

/** Names of the tables in a rule text. */
export function tablesIn(save: string): string[] {
  return [...save.matchAll(/^\*(\w+)$/gm)].map((match) => match[1]!)
}
