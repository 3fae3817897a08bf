import { describe, expect, it } from 'vitest'
import { InvalidInputError, printIssue } from '../base/index.js'
import { parseManifests, type ParseOptions } from './validate.js'

/** The report on one file, line by line. */
function errorsOf(text: string, options: ParseOptions = {}): string[] {
  try {
    parseManifests([{ file: 'app.yaml', text }], options)
  } catch (error) {
    if (error instanceof InvalidInputError) return error.issues.map(printIssue)
    throw error
  }
  return []
}

function warningsOf(text: string): string[] {
  return parseManifests([{ file: 'app.yaml', text }]).warnings.map(printIssue)
}

const service = (spec: string): string => `apiVersion: v1
kind: Service
metadata: {name: web}
spec:
${spec.replace(/^/gm, '  ')}`

const pod = (spec: string): string => `apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
${spec.replace(/^/gm, '  ')}`

describe('what is not an object', () => {
  it.each([
    [
      'broken YAML',
      'a: [',
      'app.yaml:1:5: not valid YAML: flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    ['a list', '- a\n', 'app.yaml:1:1: must be an object with apiVersion and kind, got a list'],
    ['a scalar', '\nhello\n', 'app.yaml:2:1: must be an object with apiVersion and kind, got the string "hello"'],
    ['no kind', 'apiVersion: v1\n', 'app.yaml:1:1: kind: is required'],
    ['no apiVersion', 'kind: Pod\n', 'app.yaml:1:1: apiVersion: is required'],
    [
      'an apiVersion that is a number',
      'kind: Pod\napiVersion: 1\n',
      'app.yaml:2:13: apiVersion: must be a string, got the number 1',
    ],
    [
      'the wrong apiVersion',
      'apiVersion: extensions/v1beta1\nkind: Deployment\n',
      'app.yaml:1:13: apiVersion: "extensions/v1beta1" is not an apiVersion of Deployment; use "apps/v1"',
    ],
    [
      'a list of things',
      'apiVersion: v1\nkind: List\nitems: {a: b}\n',
      'app.yaml:3:1: items: must be a list, got a mapping',
    ],
  ])('%s', (_, text, expected) => expect(errorsOf(text)).toEqual([expected]))

  it('reports a key given twice', () => {
    expect(errorsOf('apiVersion: v1\nkind: Pod\nkind: Pod\n')).toEqual([
      'app.yaml:3:1: not valid YAML: map keys must be unique',
    ])
  })

  it('reports what is wrong in every document, List item and file at once', () => {
    const item = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'No' } }
    const files = [
      { file: 'a.yaml', text: '- a\n---\nkind: Pod\n' },
      { file: 'b.json', text: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [item] }) },
    ]
    expect(() => parseManifests(files)).toThrow(
      /^a\.yaml:1:1: .*\na\.yaml:3:1: .*\nb\.json:1:\d+: metadata\.name: "No" is not valid/,
    )
  })
})

describe('kinds', () => {
  it('warns of an unknown kind, with what was probably meant; strict refuses it', () => {
    const text = 'apiVersion: v1\nkind: Sevice\nmetadata: {name: web}\n'
    expect(warningsOf(text)).toEqual(['app.yaml:2:7: kind: unknown kind "Sevice"; did you mean "Service"?'])
    expect(errorsOf(text, { strict: true })).toEqual([
      'app.yaml:2:7: kind: unknown kind "Sevice"; did you mean "Service"?',
    ])
  })

  it('warns of kinds that are not modelled, strict or not', () => {
    const text = 'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n'
    expect(warningsOf(text)).toEqual([
      'app.yaml:2:7: kind: kind "NetworkPolicy" is not modelled: traces do not account for it',
    ])
    expect(errorsOf(text, { strict: true })).toEqual([])
    expect(warningsOf('apiVersion: batch/v1\nkind: Job\n')[0]).toContain('its pods are not made')
  })

  it('takes a namesake of another project for unknown', () => {
    expect(warningsOf('apiVersion: serving.knative.dev/v1\nkind: Service\n')).toEqual([
      'app.yaml:2:7: kind: unknown kind "Service" of serving.knative.dev/v1',
    ])
  })
})

describe('metadata', () => {
  it.each([
    ['no name', 'metadata: {}', 'app.yaml:3:1: metadata.name: is required'],
    ['no metadata', 'x: y', 'app.yaml:1:1: metadata: is required'],
    [
      'capitals',
      'metadata: {name: Web}',
      'app.yaml:3:18: metadata.name: "Web" is not valid; use at most 63 lower-case letters, digits and "-", beginning with a letter and ending with a letter or digit',
    ],
    [
      'a digit first',
      'metadata: {name: 1st}',
      'app.yaml:3:18: metadata.name: "1st" is not valid; use at most 63 lower-case letters, digits and "-", beginning with a letter and ending with a letter or digit',
    ],
    [
      'YAML 1.1 booleans',
      'metadata: {name: no}',
      'app.yaml:3:18: metadata.name: must be a string, got the boolean false; put it in quotes',
    ],
    [
      'a label that is a number',
      'metadata: {name: w, labels: {v: 1}}',
      'app.yaml:3:33: metadata.labels[v]: must be a string, got the number 1; put it in quotes',
    ],
    [
      'a bad label value',
      'metadata: {name: w, labels: {v: a b}}',
      'app.yaml:3:33: metadata.labels[v]: "a b" is not valid; use at most 63 letters, digits, "-", "_" and ".", with a letter or digit at both ends',
    ],
    [
      'a bad namespace',
      'metadata: {name: w, namespace: a.b}',
      'app.yaml:3:32: metadata.namespace: "a.b" is not valid; use at most 63 lower-case letters, digits and "-", with a letter or digit at both ends',
    ],
  ])('%s', (_, metadata, expected) => {
    expect(errorsOf(`apiVersion: v1\nkind: Service\n${metadata}\nspec: {ports: [{port: 80}]}\n`)).toEqual([expected])
  })

  it('refuses the same object twice and names both places', () => {
    const one = `${service('ports: [{port: 80}]')}\n`
    expect(errorsOf(`${one}---\n${one}`)).toEqual([
      'app.yaml:9:18: metadata.name: Service default/web is defined twice, first at app.yaml:1:1; rename or remove one',
    ])
  })
})

describe('fields', () => {
  it.each([
    [
      'a quoted port',
      'ports: [{port: "80"}]',
      '5:18: spec.ports[0].port: must be an integer, got the string "80"; write 80 without quotes',
    ],
    [
      'a port out of range',
      'ports: [{port: 70000}]',
      '5:18: spec.ports[0].port: 70000 is out of range; use 1 to 65535',
    ],
    ['a fraction', 'ports: [{port: 80.5}]', '5:18: spec.ports[0].port: must be an integer, got the number 80.5'],
    ['no port', 'ports: [{name: a}]', '5:11: spec.ports[0].port: is required'],
    ['a mapping for a list', 'ports: {port: 80}', '5:3: spec.ports: must be a list, got a mapping'],
    [
      'a word off by case',
      'ports: [{port: 80, protocol: tcp}]',
      '5:32: spec.ports[0].protocol: "tcp" is not supported; did you mean "TCP"?',
    ],
    [
      'a word far off',
      'type: Cloud\nports: [{port: 80}]',
      '5:9: spec.type: "Cloud" is not supported; use one of "ClusterIP", "NodePort", "LoadBalancer", "ExternalName"',
    ],
    [
      'a quoted boolean',
      'publishNotReadyAddresses: "true"\nports: [{port: 80}]',
      '5:29: spec.publishNotReadyAddresses: must be a boolean, got the string "true"; write true without quotes',
    ],
    [
      'a bad IP',
      'clusterIP: 10.96.0.300\nports: [{port: 80}]',
      '5:14: spec.clusterIP: "10.96.0.300" is not an IP address; use four decimal numbers 0 to 255, or an IPv6 address',
    ],
    [
      'a bad CIDR',
      'type: LoadBalancer\nloadBalancerSourceRanges: [10.0.0.0]\nports: [{port: 80}]',
      '6:30: spec.loadBalancerSourceRanges[0]: "10.0.0.0" is not a network; use ADDRESS/PREFIX, such as 10.0.0.0/8',
    ],
    [
      'a quoted targetPort number',
      'ports: [{port: 80, targetPort: "8080"}]',
      '5:34: spec.ports[0].targetPort: "8080" is not a port name; write 8080 without quotes',
    ],
    [
      'a targetPort name too long',
      'ports: [{port: 80, targetPort: a-very-long-port-name}]',
      '5:34: spec.ports[0].targetPort: "a-very-long-port-name" is not a port name; use 1 to 15 lower-case letters, digits and single "-", at least one of them a letter',
    ],
    [
      'a timeout out of range',
      'sessionAffinity: ClientIP\nsessionAffinityConfig: {clientIP: {timeoutSeconds: 0}}\nports: [{port: 80}]',
      '6:54: spec.sessionAffinityConfig.clientIP.timeoutSeconds: 0 is out of range; use 1 to 86400',
    ],
  ])('%s', (_, spec, expected) => expect(errorsOf(service(spec))).toEqual([`app.yaml:${expected}`]))

  it('warns of a field that does not exist; strict refuses it', () => {
    const text = service('selecter: {app: web}\nports: [{port: 80}]')
    const expected = ['app.yaml:5:3: unknown field "spec.selecter"; did you mean "selector"?']
    expect(warningsOf(text)).toEqual(expected)
    expect(errorsOf(text, { strict: true })).toEqual(expected)
  })

  it('says nothing of ordinary fields that do not matter here', () => {
    const text = pod(`securityContext: {runAsUser: 1}
volumes: [{name: v, emptyDir: {}}]
containers:
- name: c
  image: i
  env: [{name: A, value: b}]
  resources: {limits: {cpu: 1}}
  readinessProbe: {httpGet: {port: 80}}`)
    expect(warningsOf(text)).toEqual([])
  })

  it('reads leading zeros as decimal, with a warning', () => {
    const text = service('externalIPs: [172.30.0.041]\nports: [{port: 80}]')
    expect(warningsOf(text)).toEqual([
      'app.yaml:5:17: spec.externalIPs[0]: "172.30.0.041" has leading zeros; read as 172.30.0.41; write 172.30.0.41',
    ])
  })
})

describe('Service', () => {
  it.each([
    ['no ports', 'selector: {a: b}', '4:1: spec.ports: is required; give at least one port'],
    [
      'unnamed ports',
      'ports: [{port: 80, name: a}, {port: 81}]',
      '5:32: spec.ports[1].name: is required; name every port when there are several',
    ],
    [
      'a port name twice',
      'ports: [{port: 80, name: a}, {port: 81, name: a}]',
      '5:49: spec.ports[1].name: port name "a" is used twice',
    ],
    [
      'a port twice',
      'ports: [{port: 80, name: a}, {port: 80, name: b}]',
      '5:39: spec.ports[1].port: port 80/TCP is used twice',
    ],
    [
      'a node port twice',
      'type: NodePort\nports: [{port: 80, name: a, nodePort: 30000}, {port: 81, name: b, nodePort: 30000}]',
      '6:79: spec.ports[1].nodePort: node port 30000/TCP is used twice',
    ],
    [
      'a node port on ClusterIP',
      'ports: [{port: 80, nodePort: 30000}]',
      '5:32: spec.ports[0].nodePort: may not be set for type ClusterIP; use type "NodePort"',
    ],
    [
      'headless NodePort',
      'type: NodePort\nclusterIP: None\nports: [{port: 80}]',
      '6:14: spec.clusterIP: may not be "None" for type NodePort; leave it out, or use type "ClusterIP"',
    ],
    ['ExternalName without a name', 'type: ExternalName', '4:1: spec.externalName: is required for type ExternalName'],
    [
      'ExternalName with a bad name',
      'type: ExternalName\nexternalName: a_b',
      '6:17: spec.externalName: "a_b" is not valid; use at most 253 lower-case letters, digits, "-" and ".", with a letter or digit at both ends of each part',
    ],
    [
      'a policy without effect',
      'externalTrafficPolicy: Local\nports: [{port: 80}]',
      '5:26: spec.externalTrafficPolicy: may not be set for type ClusterIP; leave it out: nothing outside the cluster reaches this service',
    ],
    [
      'a health check port without effect',
      'type: LoadBalancer\nhealthCheckNodePort: 30000\nports: [{port: 80}]',
      '6:24: spec.healthCheckNodePort: may only be set for type LoadBalancer with externalTrafficPolicy Local; leave it out',
    ],
    [
      'two first cluster IPs',
      'clusterIP: 10.96.0.5\nclusterIPs: [10.96.0.6]\nports: [{port: 80}]',
      '6:16: spec.clusterIPs[0]: "10.96.0.6" differs from clusterIP "10.96.0.5"',
    ],
  ])('%s', (_, spec, expected) => expect(errorsOf(service(spec))).toEqual([`app.yaml:${expected}`]))

  it('keeps the indices right behind an unusable port', () => {
    expect(errorsOf(service('ports:\n- {port: x, name: a}\n- {port: 81, name: b}\n- {port: 81, name: c}'))).toEqual([
      'app.yaml:6:12: spec.ports[0].port: must be an integer, got the string "x"',
      'app.yaml:8:12: spec.ports[2].port: port 81/TCP is used twice',
    ])
  })
})

describe('Pod and workloads', () => {
  it.each([
    ['no containers', 'containers: []', '5:3: spec.containers: must have at least one container'],
    [
      'a container twice',
      'containers: [{name: a}, {name: a}]',
      '5:34: spec.containers[1].name: container name "a" is used twice',
    ],
    [
      'a port name twice',
      'containers: [{name: a, ports: [{name: p, containerPort: 1}, {name: p, containerPort: 2}]}]',
      '5:70: spec.containers[0].ports[1].name: port name "p" is used twice in container a',
    ],
    [
      'a host port twice',
      'containers: [{name: a, ports: [{hostPort: 8, containerPort: 1}, {hostPort: 8, containerPort: 2}]}]',
      '5:78: spec.containers[0].ports[1].hostPort: host port 8/TCP is used twice in this pod',
    ],
    [
      'another host port on the host network',
      'hostNetwork: true\ncontainers: [{name: a, ports: [{hostPort: 8, containerPort: 1}]}]',
      '6:45: spec.containers[0].ports[0].hostPort: 8 differs from containerPort on the host network; use 1',
    ],
    [
      'dnsPolicy None alone',
      'dnsPolicy: None\ncontainers: [{name: a}]',
      '4:1: spec.dnsConfig.nameservers: is required with dnsPolicy None; give at least one nameserver',
    ],
  ])('%s', (_, spec, expected) => expect(errorsOf(pod(spec))).toEqual([`app.yaml:${expected}`]))

  const deployment = (selector: string): string => `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: ${selector}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c}]}
`

  it('refuses a selector that does not take its own template', () => {
    expect(errorsOf(deployment('{matchLabels: {app: wbe}}'))).toEqual([
      'app.yaml:7:16: spec.template.metadata.labels: do not match spec.selector; make spec.selector.matchLabels a part of spec.template.metadata.labels',
    ])
    expect(errorsOf(deployment('{matchLabels: {app: web}}'))).toEqual([])
  })

  it('refuses an empty selector', () => {
    expect(errorsOf(deployment('{}'))).toEqual([
      "app.yaml:5:3: spec.selector: is empty; give matchLabels that the template's labels have",
    ])
  })
})

describe('Node, EndpointSlice, Endpoints', () => {
  it.each([
    [
      'Node with a bad address',
      'apiVersion: v1\nkind: Node\nmetadata: {name: node}\nstatus: {addresses: [{type: InternalIP, address: 10.0.0}]}',
      '4:50: status.addresses[0].address: "10.0.0" is not an IP address; use four decimal numbers 0 to 255',
    ],
    [
      'Node with a bad podCIDR',
      'apiVersion: v1\nkind: Node\nmetadata: {name: node}\nspec: {podCIDR: 10.244.0.0}',
      '4:17: spec.podCIDR: "10.244.0.0" is not a network; use ADDRESS/PREFIX, such as 10.0.0.0/8',
    ],
    [
      'slice with the other family',
      'apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: s}\naddressType: IPv6\nendpoints: [{addresses: [10.0.0.1]}]',
      '5:26: endpoints[0].addresses[0]: "10.0.0.1" is not an IPv6 address; put each family in a slice of its own',
    ],
    [
      'slice without addresses',
      'apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: s}\naddressType: IPv4\nendpoints: [{addresses: []}]',
      '5:14: endpoints[0].addresses: must have at least one address',
    ],
    [
      'Endpoints with an empty subset',
      'apiVersion: v1\nkind: Endpoints\nmetadata: {name: s}\nsubsets: [{ports: [{port: 80}]}]',
      '4:11: subsets[0].addresses: is required; give at least one address',
    ],
  ])('%s', (_, text, expected) => expect(errorsOf(text)).toEqual([`app.yaml:${expected}`]))
})
