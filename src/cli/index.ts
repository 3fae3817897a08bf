/**
 * @module cli
 * The command line: everything that knows of files, processes and terminals.
 */
export { EXIT, type Io } from './io.js'
export { run } from './run.js'
