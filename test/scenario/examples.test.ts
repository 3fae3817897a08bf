import { Ajv } from 'ajv'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { TraceDocument, TraceOutcome } from '../../src/trace/index.js'
import { runCli } from '../helpers/run-cli.js'

/** One way that a question can go, as it follows from the rules that Kubernetes writes. */
interface Way {
  /** Out of 1; equal ways of several pods are written once, with how many there are. */
  readonly probability: number
  readonly times?: number
  readonly sees: string
  readonly disposition: string
  /** Namespace that takes the request. */
  readonly to?: RegExp
  /** Source that the receiver sees: `client` is the address the client sent from; or one address per node of the receiver. */
  readonly source?: 'client' | RegExp | Readonly<Record<string, string>>
  /** The rule or place that ends it. */
  readonly drop?: RegExp
}

const BRIDGE_1 = '10.244.0.1'
const BRIDGE_2 = '10.244.1.1'
const FLANNEL_1 = '10.244.0.0'
const FLANNEL_2 = '10.244.1.0'
const NODE_1 = '192.168.10.11'

const connected = (to: RegExp, source: Way['source'], probability = 1, times = 1): Way => ({
  probability,
  times,
  sees: 'connected',
  disposition: 'accepted',
  to,
  ...(source === undefined ? {} : { source }),
})
const fails = (sees: string, disposition: string, drop?: RegExp): Way => ({
  probability: 1,
  sees,
  disposition,
  ...(drop === undefined ? {} : { drop }),
})

/** The commands of the examples' head comments, without `kubehop trace -f examples/`, and what must come out. */
const EXPECTED: Readonly<Record<string, readonly Way[]>> = {
  'guestbook/ --from external --to node/node-1:30080': [
    connected(/^pod\/default\/frontend-/, { 'node-1': BRIDGE_1, 'node-2': FLANNEL_1 }, 1 / 3, 3),
  ],
  'guestbook/ --from deploy/frontend --to svc/redis-leader:6379': [connected(/^pod\/default\/redis-leader-/, 'client')],
  'guestbook/ --from deploy/frontend --to svc/redis-follower:6379': [
    connected(/^pod\/default\/redis-follower-/, 'client', 1 / 2, 2),
  ],
  'shop/ --from deploy/shop/web --to http://api.shop:8080/': [connected(/^pod\/shop\/api-/, 'client', 1 / 2, 2)],
  'shop/ -n shop --from deploy/api --to svc/db:postgres': [connected(/^pod\/shop\/db-/, 'client')],
  'shop/ -n shop --from deploy/orders --to svc/payment:8443': [
    fails('refused', 'rejected-in-netfilter', /shop\/payment.* has no endpoints.* -j REJECT/),
  ],
  'dns/ --from pod/team-a/client --to web:80': [fails('name-not-found', 'not-sent')],
  'dns/ --from pod/team-a/client --to web.team-b:80': [connected(/^pod\/team-b\/web-/, 'client')],
  'statefulset-headless.yaml --from pod/client --to db-1.db:5432': [connected(/^pod\/default\/db-1$/, 'client')],
  'statefulset-headless.yaml --from pod/client --to db-3.db:5432': [fails('name-not-found', 'not-sent')],
  'nodeport.yaml --from external --to node/node-1:30080': [connected(/^pod\/default\/web$/, { 'node-2': FLANNEL_1 })],
  'nodeport.yaml --from external --to node/node-2:30080': [connected(/^pod\/default\/web$/, { 'node-2': BRIDGE_2 })],
  'nodeport.yaml --from pod/client --to node/node-2:30080': [connected(/^pod\/default\/web$/, { 'node-2': BRIDGE_2 })],
  'loadbalancer-pending.yaml --from pod/client --to svc/web:80': [connected(/^pod\/default\/web$/, 'client')],
  'loadbalancer-pending.yaml --from external --to node/node-1:30081': [
    connected(/^pod\/default\/web$/, { 'node-1': BRIDGE_1 }),
  ],
  'loadbalancer-address.yaml --from external/198.51.100.7 --to 203.0.113.10:80': [
    connected(/^pod\/default\/web$/, /^10\.244\.(0\.1|1\.0):/),
  ],
  'loadbalancer-address.yaml --from external/192.0.2.7 --to 203.0.113.10:80': [
    fails('timeout', 'denied-in-netfilter', /-A KUBE-PROXY-FIREWALL -d 203\.0\.113\.10\/32 .* -j DROP/),
  ],
  'loadbalancer-address.yaml --from pod/client --to 203.0.113.10:80': [
    fails('timeout', 'denied-in-netfilter', /-A KUBE-PROXY-FIREWALL -d 203\.0\.113\.10\/32 .* -j DROP/),
  ],
  'loadbalancer-address.yaml --from pod/client --to 203.0.113.11:80': [
    connected(/^pod\/default\/web$/, { 'node-1': FLANNEL_2 }),
  ],
  'externalname.yaml --from pod/front/client --to web:80': [connected(/^pod\/back\/web$/, 'client')],
  'manual-endpoints.yaml --from pod/client --to svc/billing:443': [
    { ...connected(/^external$/, new RegExp(`^${NODE_1}:`)), disposition: 'exits-network' },
  ],
  'manual-endpoints.yaml --from pod/client --to svc/old-billing:443': [
    { ...connected(/^external$/, new RegExp(`^${NODE_1}:`)), disposition: 'exits-network' },
  ],
  'hostnetwork.yaml --from pod/far --to svc/exporter:9100': [connected(/^node-2$/, { 'node-2': NODE_1 })],
  'hostnetwork.yaml --from pod/near --to svc/exporter:9100': [connected(/^node-2$/, 'client')],
  'hostnetwork.yaml --from pod/far --to node/node-1:9100': [fails('refused', 'refused-no-listener')],
  'hostport.yaml --from external --to node/node-2:8080': [connected(/^pod\/default\/web$/, 'client')],
  'hostport.yaml --from external --to node/node-1:8080': [fails('refused', 'refused-no-listener')],
  'traffic-policy-local.yaml --from external --to node/node-1:30090': [connected(/^pod\/default\/web$/, 'client')],
  'traffic-policy-local.yaml --from external --to node/node-2:30090': [
    fails('timeout', 'denied-in-netfilter', /default\/web.* has no local endpoints.* -j DROP/),
  ],
  'traffic-policy-local.yaml --from pod/client --to node/node-2:30090': [connected(/^pod\/default\/web$/, 'client')],
  'session-affinity.yaml --from pod/client --to svc/web:80': [connected(/^pod\/default\/web-/, 'client', 1 / 2, 2)],
  'hairpin.yaml --from pod/web --to svc/web:80 --bridge cni0': [
    connected(/^pod\/default\/web$/, { 'node-1': BRIDGE_1 }),
  ],
  'hairpin.yaml --from pod/web --to svc/web:80 --bridge docker0': [fails('timeout', 'dropped-in-bridge')],
  'sidecar.yaml --from pod/web --to 127.0.0.1:9000': [connected(/^pod\/default\/web$/, 'client')],
  'sidecar.yaml --from pod/web --to 127.0.0.1:9001': [fails('refused', 'refused-no-listener')],
  'udp.yaml --from pod/client --to svc/syslog:514': [
    { ...connected(/^pod\/default\/syslog$/, 'client'), sees: 'answered' },
  ],
  'udp.yaml --from pod/client --to svc/syslog:514/tcp': [fails('timeout', 'exits-network')],
}

const validate = new Ajv({ strict: false }).compile(
  JSON.parse(readFileSync('docs/trace.schema.json', 'utf8')) as object,
)

const PREFIX = 'kubehop trace -f examples/'

function documentedCommands(): string[] {
  const manifests = readdirSync('examples', { recursive: true, encoding: 'utf8' })
    .map((name) => join('examples', name))
    .filter((path) => path.endsWith('.yaml') && statSync(path).isFile())
  return manifests.flatMap((path) =>
    readFileSync(path, 'utf8')
      .split('\n')
      .map((line) => line.replace(/^# */, ''))
      .filter((line) => line.startsWith(PREFIX))
      .map((line) => line.slice(PREFIX.length)),
  )
}

/** Outcomes that differ in nothing that is expected: which DNS server answered, say. */
function ways(document: TraceDocument): { first: TraceOutcome; probability: number }[] {
  const groups = new Map<string, { first: TraceOutcome; probability: number }>()
  for (const outcome of document.outcomes) {
    const key = [outcome.client.sees, outcome.disposition, outcome.delivered?.netns, outcome.drop?.rule].join()
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { first: outcome, probability: outcome.probability })
    else group.probability += outcome.probability
  }
  return [...groups.values()]
}

function checkSource(outcome: TraceOutcome, expected: Way['source']): void {
  const source = outcome.delivered?.source ?? ''
  if (expected instanceof RegExp) expect(source).toMatch(expected)
  else if (expected === 'client') {
    const request = outcome.conversation.find(({ kind }) => kind === 'request')
    expect(source).toBe(request?.from)
  } else if (expected !== undefined) {
    expect(source.replace(/:\d+$/, '')).toBe(expected[outcome.delivered?.node ?? ''])
  }
}

/** The answer comes from the very address and port that the client sent to: translated back on its way. */
function checkWayBack(outcome: TraceOutcome): void {
  const { destination, conversation } = outcome
  const reply = conversation.find(({ kind }) => kind === 'reply')
  const steps = reply?.hops.at(-1)?.steps ?? []
  const taken = steps.findLast((step) => step.kind === 'socket')
  expect(taken?.kind === 'socket' && taken.action).toBe('deliver')
  expect(taken?.kind === 'socket' && taken.peer).toBe(`${destination?.address}:${destination?.port}`)
}

describe('examples', () => {
  test('every command in a head comment is expected, and the other way round', () => {
    expect(documentedCommands().sort()).toEqual(Object.keys(EXPECTED).sort())
  })

  test.each(Object.entries(EXPECTED))('%s', (command, expected) => {
    const { status, stdout, stderr } = runCli(`trace -f examples/${command} -o json`)
    expect(stderr).toBe('')
    const document = JSON.parse(stdout) as TraceDocument
    expect(validate(document), JSON.stringify(validate.errors)).toBe(true)
    const found = ways(document)
    const wanted = expected.flatMap((way) => Array.from({ length: way.times ?? 1 }, () => way))
    expect(found.map(({ first }) => `${first.client.sees} ${first.disposition}`).sort()).toEqual(
      wanted.map((way) => `${way.sees} ${way.disposition}`).sort(),
    )
    for (const { first, probability } of found) {
      const way = wanted.find((w) => w.sees === first.client.sees && w.disposition === first.disposition)!
      expect(probability).toBeCloseTo(way.probability, 8)
      if (way.to !== undefined) expect(first.delivered?.netns).toMatch(way.to)
      else expect(first.delivered).toBeNull()
      if (way.drop !== undefined) expect(first.drop?.rule).toMatch(way.drop)
      checkSource(first, way.source)
      if (way.to !== undefined) checkWayBack(first)
    }
    const good = wanted.every((way) => way.sees === 'connected' || way.sees === 'answered')
    expect(status).toBe(good ? 0 : 1)
  })
})
