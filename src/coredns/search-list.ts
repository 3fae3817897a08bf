import { withoutRoot } from './names.js'
import type { Flavour } from './resolver-options.js'

/** One full name to ask for, and what it is: it decides what a failure means. */
export interface Candidate {
  readonly kind: 'as-is-first' | 'search' | 'as-is'
  readonly qname: string
}

const MAX_NAME = 253
const MAX_LABEL = 63

/**
 * The full names that a look-up of `name` may ask for, in order (resolv.conf(5), ndots and search). A dot at the
 * end, and in musl as many dots as ndots, keep the search list away. Names that cannot be sent are left out.
 */
export function candidatesFor(name: string, search: readonly string[], ndots: number, flavour: Flavour): Candidate[] {
  const dots = name.split('.').length - 1
  const qname = withoutRoot(name)
  const asIsFirst: Candidate = { kind: 'as-is-first', qname }
  const fromList = search.map((domain): Candidate => ({ kind: 'search', qname: joined(qname, domain) }))
  return order().filter((candidate) => isSendable(candidate.qname))

  function order(): Candidate[] {
    if (name.endsWith('.')) return [asIsFirst]
    if (dots >= ndots) return flavour === 'musl' ? [asIsFirst] : [asIsFirst, ...fromList]
    // The root in the search list is the name as is: it is not tried again.
    const tried = flavour === 'glibc' && search.some((domain) => withoutRoot(domain) === '')
    return tried ? fromList : [...fromList, { kind: 'as-is', qname }]
  }
}

function joined(name: string, domain: string): string {
  const suffix = withoutRoot(domain)
  return suffix === '' ? name : `${name}.${suffix}`
}

function isSendable(qname: string): boolean {
  return qname.length <= MAX_NAME && qname.split('.').every((label) => label !== '' && label.length <= MAX_LABEL)
}
