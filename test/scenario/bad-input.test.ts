import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Cluster, InvalidInputError } from '../../src/index.js'
import { type CliResult, runCli } from '../helpers/run-cli.js'

const POD = '{apiVersion: v1, kind: Pod, metadata: {name: NAME}, spec: {nodeName: node-1, containers: [CONTAINER]}}\n'
const pod = (name: string, ports = ''): string =>
  POD.replace('NAME', name).replace('CONTAINER', `{name: c, image: x, ports: [${ports}]}`)
const service = (name: string, spec: string): string =>
  `{apiVersion: v1, kind: Service, metadata: {name: ${name}}, spec: {${spec}}}\n`
const NODE_PORT = 'clusterIP: 10.96.5.5, type: NodePort, ports: [{port: 80, nodePort: 30001}]'
const deployment = (replicas: string): string =>
  `{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {replicas: ${replicas}, selector: {matchLabels: {a: b}},
  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: x}]}}}}\n`

/** Files of the working folder. */
const FILES: Readonly<Record<string, string | Uint8Array>> = {
  'good.yaml':
    pod('client') +
    '---\n' +
    pod('web', '{name: http, containerPort: 80}') +
    '---\n' +
    service('web', 'selector: {}, ports: [{port: 80}]'),
  'empty.yaml': '',
  'comments.yaml': '# nothing\n---\n---\n',
  'binary.yaml': new Uint8Array([0, 1, 2, 255, 254, 10, 0]),
  'utf16.yaml': new Uint8Array([0xff, 0xfe, 0x61, 0, 0x3a, 0]),
  'tab.yaml': 'a: b\n\tc: d\n',
  'text.yaml': 'just text',
  'open.json': '{"a":',
  'deep.yaml': `a: ${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  'anchors.yaml': `a: &a [x,x]\n${Array.from({ length: 9 }, (_, i) => `b${i}: &b${i} [${`*${i === 0 ? 'a' : `b${i - 1}`},`.repeat(9)}]\n`).join('')}`,
  'twice.yaml': `${pod('a')}---\n${pod('a')}`,
  'clash.yaml': `${service('one', NODE_PORT)}---\n${service('two', NODE_PORT)}---\n${service('far', 'clusterIP: 192.168.1.1, ports: [{port: 80}]')}`,
  'numbers.yaml': service('a', 'ports: [{port: 1e99, targetPort: 99999999999999999999, nodePort: .inf}]'),
  'billion.yaml': deployment('1000000000'),
  'names.yaml': '{apiVersion: v1, kind: constructor, metadata: {name: x}}\n',
  'host-port.yaml': `${pod('a', '{containerPort: 80, hostPort: 80}')}---\n${pod('b', '{containerPort: 81, hostPort: 80}')}`,
  'many.yaml': deployment('300'),
}

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubehop-'))
  mkdirSync(join(folder, 'hollow'))
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text)
})
afterAll(() => rmSync(folder, { recursive: true }))

const run = (command: string): CliResult => runCli(command, { cwd: folder })

describe('bad input is one report, exit 2', () => {
  test.each([
    ['get -f nope.yaml', /^error: -f: cannot read "nope\.yaml": no such file or folder\n$/],
    ['trace -f nope.yaml --from pod/a --to pod/b', /^error: -f: cannot read "nope\.yaml": no such file or folder\n$/],
    ['get -f hollow', /^error: -f: folder "hollow" holds no manifest/],
    ['get -f empty.yaml', /^error: -f: "empty\.yaml" holds no object/],
    ['get -f comments.yaml', /^error: -f: "comments\.yaml" holds no object/],
    ['get -f -', /^error: -f: "<stdin>" holds no object/],
    ['get -f binary.yaml', /^error: -f: "binary\.yaml" is not UTF-8 text/],
    ['get -f utf16.yaml', /^error: -f: "utf16\.yaml" is not UTF-8 text/],
    ['get -f tab.yaml', /^error: tab\.yaml:2:1: not valid YAML: tabs/],
    ['get -f text.yaml', /^error: text\.yaml:1:1: must be an object with apiVersion and kind/],
    ['get -f open.json', /^error: open\.json:1:6: not valid YAML/],
    ['get -f deep.yaml', /^error: deep\.yaml:1:\d+: is nested more than 100 deep/],
    ['get -f anchors.yaml', /^error: anchors\.yaml:\d+:\d+: .*excessive alias count/],
    [
      'get -f twice.yaml',
      /^error: twice\.yaml:3:46: metadata\.name: Pod default\/a is defined twice, first at twice\.yaml:1:1/,
    ],
    [
      'get -f clash.yaml',
      /3 problems[^]*clash\.yaml:3:\d+: spec\.clusterIP: [^]*:5:\d+: spec\.clusterIP: .*outside[^]*:3:\d+: spec\.ports\[0\]\.nodePort:/,
    ],
    ['get -f numbers.yaml', /3 problems[^]*1e\+99 is out of range[^]*targetPort[^]*nodePort: must be an integer/],
    ['get -f billion.yaml', /^error: billion\.yaml:1:\d+: spec\.replicas: Deployment default\/d: 1000000000 replicas/],
    ['get -f names.yaml --strict', /^error: names\.yaml:1:\d+: kind: unknown kind "constructor"/],
    ['get constructor -f good.yaml', /^error: get: "constructor" is not a kind that can be listed/],
    ['trace -f good.yaml --from constructor/x --to pod/web', /^error: --from: "constructor" is not a kind of endpoint/],
    ['trace -f good.yaml --from pod/client --to constructor://web', /is not a URL that is understood/],
    [
      'trace -f good.yaml --from pod/clien --to svc/wbe:80',
      /2 problems[^]*did you mean "client"\?[^]*did you mean "web"\?/,
    ],
    [
      'trace -f good.yaml --from external/127.0.0.1 --to pod/web',
      /^error: --from: 127\.0\.0\.1 is no address that a host/,
    ],
    [
      'trace -f good.yaml --from external/224.0.0.1 --to pod/web',
      /^error: --from: 224\.0\.0\.1 is no address that a host/,
    ],
    ['trace -f good.yaml --from pod/client --to 255.255.255.255:80', /^error: --to: 255\.255\.255\.255 is no address/],
    ['trace -f good.yaml --from pod/client --to svc/web:99999', /^error: --to: port 99999 is out of range/],
    [
      'trace -f good.yaml --from pod/client --to pod/web --cni a --bridge b --proxy-mode c --protocol d -o e --ttl 0 --seed -1',
      /^error: 7 problems/,
    ],
  ])('%s', (command, message) => {
    const { status, stdout, stderr } = run(command)
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/^\s+at /m)
    expect([status, stdout]).toEqual([2, ''])
  })

  test('what the cluster lives with is a warning, one for a workload', () => {
    const many = run('get pods -f many.yaml')
    expect(many.status).toBe(0)
    expect(many.stderr).toMatch(
      /^warning: many\.yaml:1:1: Pod .* is Pending, and 81 more of its kind: .* Too many pods\n$/,
    )
    const ports = run('get pods -f host-port.yaml')
    expect(ports.status).toBe(0)
    expect(ports.stderr).toMatch(/^warning: host-port\.yaml:3:1: Pod default\/b: Failed: host port 80\/TCP of node-1/)
  })
})

describe('the library refuses what has no type', () => {
  const cluster = Cluster.fromManifests(pod('client'))
  const untyped = cluster as unknown as Record<'get' | 'list' | 'delete' | 'trace', (...args: unknown[]) => unknown>
  test.each([
    ['get', ['Foo', 'client']],
    ['get', ['constructor', 'client']],
    ['list', ['pod']],
    ['delete', ['Pods', 'client']],
    ['trace', [{}]],
    ['trace', [{ from: 1, to: null }]],
  ] as const)('%s %j', (method, args) => {
    expect(() => untyped[method](...args)).toThrow(InvalidInputError)
  })
})
