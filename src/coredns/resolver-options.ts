import type { ResolvConf } from './resolv-conf.js'

/** Which C library the program uses. musl is 1.2.4 or later: it falls back to TCP. */
export type Flavour = 'glibc' | 'musl'

/** The `options` line as a stub resolver understands it, defaults and caps applied. */
export interface ResolverOptions {
  readonly ndots: number
  readonly timeoutSeconds: number
  readonly attempts: number
  readonly singleRequest: boolean
  readonly singleRequestReopen: boolean
  readonly useTcp: boolean
  readonly rotate: boolean
}

const CAPS: Readonly<Record<Flavour, { ndots: number; timeout: number; attempts: number }>> = Object.freeze({
  glibc: { ndots: 15, timeout: 30, attempts: 5 },
  musl: { ndots: 15, timeout: 60, attempts: 10 },
})

const MAX_NAMESERVERS = 3
/** musl reads the search line into a buffer of this size and drops a longer one. */
const MUSL_MAX_SEARCH = 255

/** Reads the options (resolv.conf(5); musl: resolvconf.c). musl knows three of them. */
export function resolverOptions(conf: ResolvConf, flavour: Flavour): ResolverOptions {
  const caps = CAPS[flavour]
  const has = (name: string): boolean => flavour === 'glibc' && conf.options.some((option) => option.name === name)
  return {
    ndots: number(conf, 'ndots', 1, caps.ndots),
    timeoutSeconds: Math.max(1, number(conf, 'timeout', 5, caps.timeout)),
    attempts: Math.max(1, number(conf, 'attempts', 2, caps.attempts)),
    singleRequest: has('single-request'),
    singleRequestReopen: has('single-request-reopen'),
    useTcp: has('use-vc'),
    rotate: has('rotate'),
  }
}

function number(conf: ResolvConf, name: string, fallback: number, cap: number): number {
  const text = conf.options.findLast((option) => option.name === name)?.value ?? ''
  return /^\d+$/.test(text) ? Math.min(Number(text), cap) : fallback
}

/** The servers that are asked: the first three, or the local host when none is named. */
export function serversOf(conf: ResolvConf): readonly string[] {
  return conf.nameservers.length === 0 ? ['127.0.0.1'] : conf.nameservers.slice(0, MAX_NAMESERVERS)
}

/** The search list that is walked. */
export function searchOf(conf: ResolvConf, flavour: Flavour): readonly string[] {
  return flavour === 'musl' && conf.search.join(' ').length > MUSL_MAX_SEARCH ? [] : conf.search
}
