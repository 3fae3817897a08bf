import { cidrContains, formatIpv4, hostsOf } from '../addr/index.js'
import { type Deployment, internalIP, SERVICE_NAME_LABEL, type Service, type ServicePort } from '../api/index.js'
import { metaOf } from './generated.js'
import type { Settlement } from './settlement.js'

const API_SERVER_PORT = 6443
const DNS_LABELS = { 'k8s-app': 'kube-dns' }

/** Makes the `kubernetes` service, cluster DNS' service and its Deployment, unless the store has its own. */
export function settleSystem(s: Settlement): void {
  const kubernetes = s.store.get('Service', 'kubernetes', 'default')
  if (kubernetes === undefined) s.store.put(kubernetesService(s))
  if (s.store.get('EndpointSlice', 'kubernetes', 'default') === undefined) putApiServerSlice(s)
  if (s.store.get('Service', 'kube-dns', 'kube-system') === undefined) s.store.put(dnsService(s))
  if (!hasDnsPods(s)) s.store.put(corednsDeployment())
}

/** The n-th usable address of the service network: 1 is the API server's, 10 is DNS'. */
function serviceAddress(s: Settlement, n: number): string[] {
  const { serviceCidr } = s.ranges
  const address = serviceCidr.address + n
  return cidrContains(serviceCidr, address) && address <= hostsOf(serviceCidr).last ? [formatIpv4(address)] : []
}

function systemService(
  name: string,
  namespace: string,
  labels: Record<string, string>,
  ports: ServicePort[],
  ips: string[],
): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metaOf({ name, namespace, labels }),
    spec: {
      type: 'ClusterIP',
      ...(ips[0] === undefined ? {} : { clusterIP: ips[0] }),
      clusterIPs: ips,
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      ports,
      externalIPs: [],
      sessionAffinity: 'None',
      externalTrafficPolicy: 'Cluster',
      internalTrafficPolicy: 'Cluster',
      allocateLoadBalancerNodePorts: true,
      loadBalancerSourceRanges: [],
      publishNotReadyAddresses: false,
    },
    status: { loadBalancer: { ingress: [] } },
  }
}

function kubernetesService(s: Settlement): Service {
  const ports: ServicePort[] = [{ name: 'https', protocol: 'TCP', port: 443, targetPort: API_SERVER_PORT }]
  const labels = { component: 'apiserver', provider: 'kubernetes' }
  return systemService('kubernetes', 'default', labels, ports, serviceAddress(s, 1))
}

/** The API server writes its own slice; it runs on the first node. */
function putApiServerSlice(s: Settlement): void {
  const [first] = s.store.list('Node')
  const ip = first === undefined ? undefined : internalIP(first)
  if (ip === undefined) return
  s.store.put({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: metaOf({ name: 'kubernetes', namespace: 'default', labels: { [SERVICE_NAME_LABEL]: 'kubernetes' } }),
    addressType: 'IPv4',
    endpoints: [{ addresses: [ip], conditions: { ready: true } }],
    ports: [{ name: 'https', protocol: 'TCP', port: API_SERVER_PORT }],
  })
}

function dnsService(s: Settlement): Service {
  const ports: ServicePort[] = [
    { name: 'dns', protocol: 'UDP', port: 53, targetPort: 53 },
    { name: 'dns-tcp', protocol: 'TCP', port: 53, targetPort: 53 },
    { name: 'metrics', protocol: 'TCP', port: 9153, targetPort: 9153 },
  ]
  const labels = { ...DNS_LABELS, 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' }
  const service = systemService('kube-dns', 'kube-system', labels, ports, serviceAddress(s, 10))
  return { ...service, spec: { ...service.spec, selector: DNS_LABELS } }
}

function hasDnsPods({ store }: Settlement): boolean {
  const isDns = (labels: Readonly<Record<string, string>>): boolean => labels['k8s-app'] === DNS_LABELS['k8s-app']
  if (store.get('Deployment', 'coredns', 'kube-system') !== undefined) return true
  if (store.list('Pod', 'kube-system').some((pod) => isDns(pod.metadata.labels))) return true
  return [
    ...store.list('Deployment', 'kube-system'),
    ...store.list('DaemonSet', 'kube-system'),
    ...store.list('ReplicaSet', 'kube-system'),
  ].some((workload) => isDns(workload.spec.template.metadata.labels))
}

function corednsDeployment(): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metaOf({ name: 'coredns', namespace: 'kube-system', labels: DNS_LABELS }),
    spec: {
      replicas: 2,
      selector: { matchLabels: DNS_LABELS, matchExpressions: [] },
      template: {
        metadata: { labels: DNS_LABELS, annotations: {} },
        spec: {
          nodeSelector: {},
          hostNetwork: false,
          dnsPolicy: 'Default',
          restartPolicy: 'Always',
          initContainers: [],
          hostAliases: [],
          containers: [
            {
              name: 'coredns',
              image: 'registry.k8s.io/coredns/coredns',
              ports: [
                { name: 'dns', containerPort: 53, protocol: 'UDP' },
                { name: 'dns-tcp', containerPort: 53, protocol: 'TCP' },
                { name: 'metrics', containerPort: 9153, protocol: 'TCP' },
              ],
            },
          ],
        },
      },
    },
  }
}
