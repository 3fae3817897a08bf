import { expect } from 'vitest'
import { Cluster, type ClusterOptions } from '../../src/index.js'
import type { TraceOutcome, TraceQuestion } from '../../src/trace/index.js'

/** What may be said of a pod: its node, its container's ports and more of its spec, all in YAML's short form. */
export interface PodText {
  readonly node?: string
  readonly ports?: string
  readonly more?: string
}

/** A pod on one line; its label `app` is its name up to the first dash. */
export function pod(name: string, { node = 'node-1', ports = '', more = '' }: PodText = {}): string {
  const app = name.split('-')[0]!
  const spec = `nodeName: ${node}, ${more} containers: [{ name: main, image: x, ports: [${ports}] }]`
  return `{ apiVersion: v1, kind: Pod, metadata: { name: ${name}, labels: { app: ${app} } }, spec: { ${spec} } }`
}

/** A service on one line. */
export function service(name: string, spec: string, status = ''): string {
  return `{ apiVersion: v1, kind: Service, metadata: { name: ${name} }, spec: { ${spec} }${status} }`
}

/** A cluster of such lines. */
export function clusterOf(manifests: readonly string[], options: ClusterOptions = {}): Cluster {
  return Cluster.fromManifests(manifests.join('\n---\n'), options)
}

/** The outcome of a question that can go one way only. */
export function only(cluster: Cluster, question: TraceQuestion): TraceOutcome {
  const { outcomes } = cluster.trace(question)
  expect(outcomes).toHaveLength(1)
  return outcomes[0]!
}
