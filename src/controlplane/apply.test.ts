import { describe, expect, it } from 'vitest'
import { isPodReady, parseManifests } from '../api/index.js'
import { Rng } from '../base/index.js'
import { Store } from '../store/index.js'
import { apply, settle } from './index.js'

function applyText(store: Store, text: string): void {
  for (const object of parseManifests([{ file: 'f', text }]).objects) apply(store, object)
  settle(store, { nodes: 2, podCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/12', rng: new Rng(store.version) })
}

const service = (spec: string): string => `apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {${spec}}\n`
const pod = (metadata: string, spec = ''): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: web${metadata}}\nspec: {containers: [{name: c}]${spec}}\n`

describe('apply', () => {
  it('keeps the cluster IP and the node ports of ports that stay', () => {
    const store = new Store()
    applyText(store, service('type: NodePort, ports: [{name: a, port: 80}, {name: b, port: 81}]'))
    const before = store.get('Service', 'web', 'default')!.spec
    applyText(store, service('type: NodePort, selector: {app: x}, ports: [{name: a, port: 80}, {name: d, port: 82}]'))
    const after = store.get('Service', 'web', 'default')!.spec
    expect(after.clusterIP).toBe(before.clusterIP)
    expect(after.ports[0]?.nodePort).toBe(before.ports[0]?.nodePort)
    expect(after.ports[1]?.nodePort).not.toBe(before.ports[1]?.nodePort)
    applyText(store, service('ports: [{name: a, port: 80}]'))
    expect(store.get('Service', 'web', 'default')!.spec.ports[0]?.nodePort).toBeUndefined()
  })

  it('keeps the health check node port while it is wanted', () => {
    const store = new Store()
    const local = 'type: LoadBalancer, externalTrafficPolicy: Local, ports: [{port: 80}]'
    applyText(store, service(local))
    const before = store.get('Service', 'web', 'default')!.spec.healthCheckNodePort
    applyText(store, service(`${local}, selector: {app: x}`))
    expect(store.get('Service', 'web', 'default')!.spec.healthCheckNodePort).toBe(before)
    expect(before).toBeDefined()
  })

  it('leaves a pod where it is and lets the manifest decide on readiness', () => {
    const store = new Store()
    applyText(store, pod(', annotations: {kubehop.dev/ready: "false"}'))
    const before = store.get('Pod', 'web', 'default')!
    expect(isPodReady(before)).toBe(false)
    applyText(store, pod(''))
    const after = store.get('Pod', 'web', 'default')!
    expect([after.spec.nodeName, after.status.podIP]).toEqual([before.spec.nodeName, before.status.podIP])
    expect(isPodReady(after)).toBe(true)
  })

  it('moves a pod that names another node', () => {
    const store = new Store()
    applyText(store, pod('', ', nodeName: node-1'))
    applyText(store, pod('', ', nodeName: node-2'))
    expect(store.get('Pod', 'web', 'default')!.status.podIP).toMatch(/^10\.244\.1\./)
  })

  it('keeps the range and address of a node whose labels change', () => {
    const store = new Store()
    const node = (labels: string): string => `apiVersion: v1\nkind: Node\nmetadata: {name: a, labels: {${labels}}}\n`
    applyText(store, node('x: one'))
    const before = store.get('Node', 'a')!
    applyText(store, node('x: two'))
    const after = store.get('Node', 'a')!
    expect([after.spec, after.status]).toEqual([before.spec, before.status])
    expect(after.metadata.labels).toEqual({ x: 'two' })
  })
})
