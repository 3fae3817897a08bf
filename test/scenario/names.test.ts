import { describe, expect, test } from 'vitest'
import { lab } from '../helpers/lab.js'

/** Name, and what a client sees; `from` is a pod of the default namespace unless said. */
describe('names (dns 3 to 6, 12, 13)', () => {
  const cluster = lab()
  const seen = (from: string, to: string): string[] =>
    cluster.trace({ from, to }).outcomes.map(({ client, delivered }) => `${client.sees} ${delivered?.pod ?? ''}`.trim())
  const BOTH = ['connected default/web-1', 'connected default/web-2']
  const EXTERNAL = ['connected']
  const MISSING = ['name-not-found']

  test.each([
    ['web:80', BOTH],
    ['WEB:80', BOTH],
    ['web.default:80', BOTH],
    ['web.default.svc:80', BOTH],
    ['web.default.svc.cluster.local:80', BOTH],
    ['web.default.svc.cluster.local.:80', BOTH],
    ['_http._tcp.web.default.svc.cluster.local:80', BOTH],
    ['http://web/', BOTH],
    ['alias:80', BOTH],
    ['headless:8080', BOTH],
    ['10-244-1-3.headless:8080', ['connected default/web-2']],
    ['10-244-1-3.default.pod:8080', ['connected default/web-2']],
    ['outside:80', EXTERNAL],
    ['example.com:80', EXTERNAL],
    ['example.com.:80', EXTERNAL],
    ['web.:80', MISSING],
    ['web.kube-system:80', MISSING],
    ['web-1:80', MISSING],
    ['web-1.headless:80', MISSING],
    ['web.default.svc.cluster.local.svc.cluster.local:80', MISSING],
    ['client:80', ['refused']],
    ['localhost:80', ['refused']],
  ])('%s', (to, expected) => {
    expect(seen('pod/client', to)).toEqual(expected)
  })

  test.each([
    ['pod/hostclient', 'web:80', MISSING],
    ['pod/hostclient', 'web.default.svc.cluster.local:80', MISSING],
    ['pod/hostdns', 'web:80', BOTH],
    ['node/node-1', 'web:80', MISSING],
    ['node/node-1', 'example.com:80', EXTERNAL],
    ['node/node-1', 'localhost:6443', EXTERNAL],
    ['pod/hostclient', 'localhost:6443', EXTERNAL],
  ])('%s asks for %s', (from, to, expected) => {
    expect(seen(from, to)).toEqual(expected)
  })
})
