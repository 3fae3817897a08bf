/**
 * @module cli/render
 * Traces as text: pure functions from a document to lines.
 */
export { plainStyle, type Style } from './style.js'
export { count, table } from './text.js'
export { renderTrace } from './trace.js'
