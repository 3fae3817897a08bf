/**
 * @module cluster
 * The composition root: builds nodes, pods and the world around them from objects, and answers questions.
 */
export { Cluster, type ManifestSource } from './cluster.js'
export type { TraceWithFrames } from './follow.js'
export type { ClusterOptions, ResolvedOptions } from './options.js'
export { HostView } from './view.js'
