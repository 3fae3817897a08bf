import { describe, expect, it } from 'vitest'
import type { Namespace, Node } from '../api/index.js'
import { cloneGraph } from '../base/index.js'
import { Store } from './index.js'

const namespace = (name: string, labels = {}): Namespace => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, namespace: '', labels, annotations: {}, ownerReferences: [] },
})

const node = (name: string): Node => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, namespace: '', labels: {}, annotations: {}, ownerReferences: [] },
  spec: { podCIDRs: [], unschedulable: false },
  status: { addresses: [], conditions: [] },
})

describe('Store', () => {
  it('stamps each change with the next version', () => {
    const store = new Store()
    expect(store.put(namespace('a')).metadata.resourceVersion).toBe('1')
    expect(store.put(namespace('b')).metadata.resourceVersion).toBe('2')
    expect(store.put(namespace('a', { x: 'y' })).metadata.resourceVersion).toBe('3')
    expect(store.version).toBe(3)
  })

  it('freezes what it stores all the way down', () => {
    const store = new Store()
    const stored = store.put(node('n'))
    expect(() => (stored.status.addresses as unknown[]).push(1)).toThrow(TypeError)
    expect(Object.isFrozen(stored.metadata.labels)).toBe(true)
  })

  it('takes storing the same again for no change', () => {
    const store = new Store()
    const first = store.put(namespace('a'))
    expect(store.put(namespace('a'))).toBe(first)
    expect(store.put(first)).toBe(first)
    expect(store.version).toBe(1)
  })

  it('lists by kind in the order of arrival and filters by namespace', () => {
    const store = new Store()
    for (const name of ['node-2', 'node-10', 'node-1']) store.put(node(name))
    store.put(namespace('a'))
    store.put({ ...node('node-2'), spec: { podCIDRs: [], unschedulable: true } })
    expect(store.list('Node').map((n) => n.metadata.name)).toEqual(['node-2', 'node-10', 'node-1'])
    expect(store.list('Node', 'elsewhere')).toEqual([])
    expect(store.all().map((o) => o.kind)).toEqual(['Namespace', 'Node', 'Node', 'Node'])
  })

  it('tells changes since a version', () => {
    const store = new Store()
    store.put(namespace('a'))
    const before = store.version
    store.put(namespace('a', { x: 'y' }))
    store.put(namespace('b'))
    store.delete('Namespace', 'a')
    expect(store.delete('Namespace', 'a')).toBeUndefined()
    expect(store.since(before).map((e) => `${e.version} ${e.type} ${e.object.metadata.name}`)).toEqual([
      '2 MODIFIED a',
      '3 ADDED b',
      '4 DELETED a',
    ])
    expect(store.get('Namespace', 'a')).toBeUndefined()
    expect(store.since(store.version)).toEqual([])
  })

  it('forks by cloning', () => {
    const store = new Store()
    const kept = store.put(namespace('a'))
    const fork = cloneGraph(store)
    fork.put(namespace('b'))
    expect(store.get('Namespace', 'b')).toBeUndefined()
    expect(fork.get('Namespace', 'a')).toBe(kept)
  })
})
