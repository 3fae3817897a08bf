import { Cluster, type ClusterOptions, type TraceOutcome, type TraceQuestion } from '../../src/index.js'

/** Manifests of the scenario tests: one kind of everything, on two nodes. */
const pod = (name: string, node: number, spec: string, rest = ''): string => `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, labels: {app: ${name.replace(/-\d$/, '')}}${rest}
spec: {nodeName: node-${node}, ${spec}}
`
const container = (ports: string): string => `containers: [{name: c, image: x, ports: [${ports}]}]`
const service = (name: string, spec: string, rest = ''): string => `
apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec: {${spec}}
${rest}
`
const ingress = (text: string): string => `status: {loadBalancer: {ingress: [${text}]}}`

const WEB =
  '{name: http, containerPort: 8080}, {containerPort: 5300, protocol: UDP}, {containerPort: 7777, protocol: SCTP}'
const DELETED = ', deletionTimestamp: "2026-01-01T00:00:00Z"}\nstatus: {conditions: [{type: Ready, status: "True"}]}'

const LAB = [
  pod('client', 1, container(''), '}'),
  pod('web-1', 1, container(WEB), '}'),
  pod('web-2', 2, container(WEB), '}'),
  pod('solo', 2, container('{containerPort: 80}'), '}'),
  pod('self', 1, container('{containerPort: 80, hostPort: 8081}'), '}'),
  pod('onhost', 2, `hostNetwork: true, ${container('{containerPort: 9100}')}`, '}'),
  pod('hostclient', 1, `hostNetwork: true, ${container('')}`, '}'),
  pod('hostdns', 1, `hostNetwork: true, dnsPolicy: ClusterFirstWithHostNet, ${container('')}`, '}'),
  pod('unready', 2, container('{containerPort: 80}'), '}\nstatus: {conditions: [{type: Ready, status: "False"}]}'),
  pod('going', 1, container('{containerPort: 80}'), DELETED),
  service(
    'web',
    `type: NodePort, selector: {app: web}, ports: [{name: http, port: 80, targetPort: http, nodePort: 30080},
      {name: dns, port: 53, protocol: UDP, targetPort: 5300}, {name: s, port: 7000, protocol: SCTP, targetPort: 7777}]`,
  ),
  service(
    'solo',
    'type: LoadBalancer, externalTrafficPolicy: Local, externalIPs: [203.0.113.77], selector: {app: solo}, ports: [{port: 80, nodePort: 30081}]',
    ingress('{ip: 203.0.113.80}'),
  ),
  service('inner', 'internalTrafficPolicy: Local, selector: {app: solo}, ports: [{port: 80}]'),
  service(
    'ranged',
    'type: LoadBalancer, loadBalancerSourceRanges: [198.51.100.0/24], selector: {app: solo}, ports: [{port: 80, nodePort: 30082}]',
    ingress('{ip: 203.0.113.82}, {ip: 203.0.113.83, ipMode: Proxy}'),
  ),
  service('self', 'selector: {app: self}, ports: [{port: 80}]'),
  service('onhost', 'type: NodePort, selector: {app: onhost}, ports: [{port: 80, targetPort: 9100, nodePort: 30083}]'),
  service('none', 'type: NodePort, selector: {app: nobody}, ports: [{port: 80, nodePort: 30084}]'),
  service('unready', 'selector: {app: unready}, ports: [{port: 80}]'),
  service('going', 'selector: {app: going}, ports: [{port: 80}]'),
  service('headless', 'clusterIP: None, selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}]'),
  service('outside', 'type: ExternalName, externalName: example.com'),
  service('alias', 'type: ExternalName, externalName: web.default.svc.cluster.local'),
  service('sticky', 'sessionAffinity: ClientIP, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]'),
].join('---')

/** The lab's cluster. Pods get .2 and up of 10.244.0.0/24 (node-1) and 10.244.1.0/24 (node-2). */
export function lab(options: ClusterOptions = {}): Cluster {
  return Cluster.fromManifests(LAB, { hosts: { 'example.com': ['203.0.113.9'] }, ...options })
}

/** `50% connected web-1 from client`: one line for each way a question can go, addresses of the lab by name. */
export function ways(cluster: Cluster, question: TraceQuestion): string[] {
  return cluster.trace(question).outcomes.map((outcome) => way(cluster, outcome))
}

/** One outcome of {@link ways}. */
export function way(cluster: Cluster, outcome: TraceOutcome): string {
  const { probability, client, delivered, drop } = outcome
  const words = [`${Math.round(probability * 1000) / 10}%`, client.sees]
  if (delivered !== null) {
    const source = delivered.source.replace(/:\d+$/, '')
    const owner = cluster.list('Pod').find((p) => p.status.podIP === source && !p.spec.hostNetwork)
    words.push((delivered.pod ?? delivered.netns).replace('default/', ''), 'from', owner?.metadata.name ?? source)
  }
  if (drop !== null)
    words.push(drop.rule === null ? drop.reason : `${drop.rule.split(' ')[1]} ${drop.rule.split(' -j ')[1]}`)
  return words.join(' ')
}
