import { SCOPE, TABLE } from '../route.js'
import type { Words } from './words.js'

/** Scopes by the names of /etc/iproute2/rt_scopes. */
const SCOPES: ReadonlyMap<string, number> = new Map([
  ['global', SCOPE.universe],
  ['universe', SCOPE.universe],
  ['site', SCOPE.site],
  ['link', SCOPE.link],
  ['host', SCOPE.host],
  ['nowhere', SCOPE.nowhere],
])

/** Tables by the names of /etc/iproute2/rt_tables. */
const TABLES: ReadonlyMap<string, number> = new Map([
  ['default', TABLE.default],
  ['main', TABLE.main],
  ['local', TABLE.local],
])

/** `scope link`, or by number. */
export function readScope(words: Words): number {
  const known = SCOPES.get(words.peek() ?? '')
  if (known === undefined) return words.number('scope', 255)
  words.take('scope')
  return known
}

/** `table main`, or by number. */
export function readTable(words: Words): number {
  const known = TABLES.get(words.peek() ?? '')
  if (known === undefined) return words.number('table', 0xffff_ffff)
  words.take('table')
  return known
}
