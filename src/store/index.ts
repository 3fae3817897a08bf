/**
 * @module store
 * The versioned object store that every part of the control side reads.
 */
export { Store, type StoreEvent } from './store.js'
