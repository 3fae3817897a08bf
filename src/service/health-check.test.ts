import { describe, expect, it } from 'vitest'
import { type EndpointSlice, parseManifests, type Service } from '../api/index.js'
import { healthCheckAnswer, healthCheckServers } from './health-check.js'
import type { ProxyInput } from './model/service-state.js'

const MANIFEST = `
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec:
  type: LoadBalancer
  clusterIP: 10.96.0.20
  externalTrafficPolicy: Local
  healthCheckNodePort: 31000
  ports: [{ name: http, port: 80 }, { name: https, port: 443 }]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: web-1, namespace: shop, labels: { kubernetes.io/service-name: web } }
addressType: IPv4
ports: [{ name: http, port: 8080 }, { name: https, port: 8443 }]
endpoints:
  - { addresses: [10.244.0.2], nodeName: node-1 }
  - { addresses: [10.244.0.3], nodeName: node-1, conditions: { ready: false, serving: true, terminating: true } }
  - { addresses: [10.244.1.2], nodeName: node-2 }
  - { addresses: [10.244.1.3] }
`

function input(nodeName: string): ProxyInput {
  const { objects } = parseManifests([{ file: 'web.yaml', text: MANIFEST }])
  const localAddresses = ['127.0.0.1', '192.168.0.2', '10.244.0.1']
  return {
    services: objects.filter((object): object is Service => object.kind === 'Service'),
    endpointSlices: objects.filter((object): object is EndpointSlice => object.kind === 'EndpointSlice'),
    node: { name: nodeName, ips: ['192.168.0.2'], labels: {}, localAddresses },
  }
}

const web = { namespace: 'shop', name: 'web' }

describe('health check node port', () => {
  it('counts distinct ready addresses on the node, once for all ports', () => {
    const answer = healthCheckAnswer(input('node-1'), web, { family: 'inet', healthy: true })
    expect(answer.status).toBe(200)
    expect(answer.headers['X-Load-Balancing-Endpoint-Weight']).toBe('1')
    expect(answer.body).toBe(`{
	"service": {
		"namespace": "shop",
		"name": "web"
	},
	"localEndpoints": 1,
	"serviceProxyHealthy": true
}`)
  })

  it('turns 503 without a local endpoint or with an unhealthy proxy', () => {
    expect(healthCheckAnswer(input('node-3'), web, { family: 'inet', healthy: true }).status).toBe(503)
    const unhealthy = healthCheckAnswer(input('node-1'), web, { family: 'inet', healthy: false })
    expect(unhealthy.status).toBe(503)
    expect(JSON.parse(unhealthy.body)).toMatchObject({ localEndpoints: 1, serviceProxyHealthy: false })
  })

  it('listens once per service, where node ports answer', () => {
    const everywhere = healthCheckServers(input('node-1'), { family: 'inet', nodePortAddresses: [] })
    expect(everywhere).toEqual([{ ...web, port: 31000, addresses: null }])
    const some = healthCheckServers(input('node-1'), { family: 'inet', nodePortAddresses: ['192.168.0.0/16'] })
    expect(some.map((server) => server.addresses)).toEqual([['192.168.0.2']])
  })
})
