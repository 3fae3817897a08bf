/**
 * @module controlplane
 * What Kubernetes makes of manifests: nodes, pods with addresses, service addresses, endpoint slices.
 */
export { apply } from './apply.js'
export { type ControlPlaneOptions, NODE_NETWORK } from './options.js'
export { settle, type Settled } from './settle.js'
