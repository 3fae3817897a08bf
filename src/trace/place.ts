import type { TracePlace } from './document.js'

/** Which node a namespace is on; null outside of the nodes. */
export type NodeOf = (netns: string) => string | null

/** Whose a namespace is, by the names of namespaces: `pod/NAMESPACE/NAME` is a pod's own. */
export function placeOf(netns: string, nodeOf: NodeOf): TracePlace {
  const pod = netns.startsWith('pod/') ? netns.slice('pod/'.length) : null
  return { netns, node: nodeOf(netns), pod }
}
