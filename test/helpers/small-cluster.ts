import { Cluster, type ClusterOptions, type TraceOutcome, type TraceQuestion } from '../../src/index.js'

type Port = Readonly<Record<string, unknown>>

/** A pod with one container, labelled `app: NAME` unless told otherwise. */
export function pod(
  name: string,
  node: string,
  ports: readonly Port[] = [],
  labels: Readonly<Record<string, string>> = { app: name },
): object {
  const containers = [{ name: 'main', image: 'example', ports }]
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels }, spec: { nodeName: node, containers } }
}

/** A service for `app: NAME` on port 80. */
export function service(name: string, spec: Readonly<Record<string, unknown>> = {}, status?: object): object {
  const ports = [{ port: 80, targetPort: 8080 }]
  const made = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { selector: { app: name }, ports, ...spec },
  }
  return status === undefined ? made : { ...made, status }
}

/** A node with this address. */
export function node(name: string, address: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name },
    status: { addresses: [{ type: 'InternalIP', address }] },
  }
}

/** Pods `client` on node-2 and `web`, listening on 8080, on node-1, and these objects. */
export function webCluster(more: readonly object[] = [], options: ClusterOptions = {}): Cluster {
  return Cluster.fromObjects(
    [pod('web', 'node-1', [{ containerPort: 8080 }]), pod('client', 'node-2'), ...more],
    options,
  )
}

/** The only way a question can go. */
export function outcomeOf(cluster: Cluster, from: string, to: string, more: Partial<TraceQuestion> = {}): TraceOutcome {
  const { outcomes } = cluster.trace({ from, to, ...more })
  if (outcomes.length !== 1) throw new Error(`${outcomes.length} outcomes`)
  return outcomes[0]!
}

/** What the client sees, in every way it can go, without repetition. */
export function sees(cluster: Cluster, from: string, to: string, more: Partial<TraceQuestion> = {}): string {
  const all = cluster.trace({ from, to, ...more }).outcomes.map((o) => o.client.sees)
  return [...new Set(all)].join(' or ')
}
