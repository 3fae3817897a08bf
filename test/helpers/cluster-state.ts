import type { Cluster } from '../../src/cluster/index.js'

/** Everything that can be seen of a cluster's network, as one text: what must not change when nothing happens. */
export function printState(cluster: Cluster): string {
  const nodes = cluster
    .list('Node')
    .map((node) => ({ name: node.metadata.name, view: cluster.node(node.metadata.name) }))
  const pods = cluster
    .list('Pod')
    .filter((pod) => pod.status.podIP !== undefined)
    .map((pod) => `${pod.metadata.namespace}/${pod.metadata.name}`)
    .map((name) => ({ name, view: cluster.pod(name) }))
  const hosts = [...nodes, ...pods].map(({ name, view }) => [
    name,
    view.iptablesSave({ counters: true }),
    view.routes(),
    view.neighbours(),
    view.fdb(),
    view.conntrack(),
    view.devices(),
  ])
  return JSON.stringify([cluster.now, hosts], null, 1)
}
