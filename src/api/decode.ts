import { didYouMean } from './near-matches.js'
import type { Report } from './report.js'

/**
 * Turns untyped input at `path` into a `T`, telling `report` what is wrong. Undefined means that nothing usable
 * was there and that the report says why.
 */
export type Decoder<T> = (value: unknown, path: string, report: Report) => T | undefined

/** How a record treats one of its fields. `null` counts as absent, as in the API. */
export interface Field<T> {
  readonly decode: Decoder<T>
  readonly required: boolean
  readonly fallback?: T
}

/** One field description for every property of `T`. */
export type Fields<T> = { readonly [K in keyof T]-?: Field<Exclude<T[K], undefined>> }

/** A field that must be there. */
export function required<T>(decode: Decoder<T>): Field<T> {
  return { decode, required: true }
}

/** A field that may be absent. */
export function optional<T>(decode: Decoder<T>): Field<T> {
  return { decode, required: false }
}

/** A field that the API server fills in when absent. */
export function defaulted<T>(decode: Decoder<T>, fallback: T): Field<T> {
  return { decode, required: false, fallback }
}

/**
 * A mapping with known fields. Fields in `ignored` exist in Kubernetes and mean nothing to us: they are dropped
 * in silence. Any other is reported as unknown. Without a usable required field the whole record is unusable.
 */
export function record<T extends object>(fields: Fields<T>, ignored: readonly string[] = []): Decoder<T> {
  const known = Object.keys(fields)
  return (value, path, report) => {
    if (!isMapping(value)) return wrongType(value, path, report, 'a mapping')
    for (const key of Object.keys(value)) {
      if (known.includes(key) || ignored.includes(key)) continue
      report.unknownField(join(path, key), didYouMean(key, [...known, ...ignored]))
    }
    const out: Record<string, unknown> = {}
    let usable = true
    for (const key of known) {
      const field = fields[key as keyof T] as Field<unknown>
      const decoded = decodeField(field, value[key], join(path, key), report)
      if (decoded !== undefined) out[key] = decoded
      else if (field.required) usable = false
    }
    return usable ? (out as T) : undefined
  }
}

function decodeField(field: Field<unknown>, value: unknown, path: string, report: Report): unknown {
  if (value !== undefined && value !== null) return field.decode(value, path, report) ?? field.fallback
  if (field.required) report.error(path, 'is required')
  return field.fallback
}

/**
 * A sequence. An unusable item leaves a hole, so that the indices of the others stay right for checks that
 * follow (`forEach`, `map` and `concat` pass over holes); the report has an error then, and no one sees the list.
 */
export function list<T>(item: Decoder<T>): Decoder<readonly T[]> {
  return (value, path, report) => {
    if (!Array.isArray(value)) return wrongType(value, path, report, 'a list')
    const out = new Array<T>(value.length)
    value.forEach((v, i) => {
      const decoded = item(v, `${path}[${i}]`, report)
      if (decoded !== undefined) out[i] = decoded
    })
    return out
  }
}

/** Any string. */
export const text: Decoder<string> = (value, path, report) => {
  if (typeof value === 'string') return value
  const scalar = typeof value === 'number' || typeof value === 'boolean'
  return wrongType(value, path, report, 'a string', scalar ? 'put it in quotes' : undefined)
}

/** A string that `problemOf` has nothing against; it gives what the string must be. */
export function checked(problemOf: (value: string) => string | undefined): Decoder<string> {
  return (value, path, report) => {
    const string = text(value, path, report)
    if (string === undefined) return undefined
    const problem = problemOf(string)
    if (problem === undefined) return string
    report.error(path, `"${string}" is not valid`, problem)
    return undefined
  }
}

/** As {@link checked}, but the empty string, which the API takes for unset, passes. */
export function checkedOrEmpty(problemOf: (value: string) => string | undefined): Decoder<string> {
  return checked((value) => (value === '' ? undefined : problemOf(value)))
}

/** A boolean. */
export const bool: Decoder<boolean> = (value, path, report) => {
  if (typeof value === 'boolean') return value
  const quoted = value === 'true' || value === 'false'
  return wrongType(value, path, report, 'a boolean', quoted ? `write ${value} without quotes` : undefined)
}

/** A whole number `min` … `max`. */
export function integer(min: number, max: number = 2147483647): Decoder<number> {
  return (value, path, report) => {
    if (typeof value !== 'number' || !Number.isInteger(value)) {
      const quoted = typeof value === 'string' && /^-?\d+$/.test(value)
      return wrongType(value, path, report, 'an integer', quoted ? `write ${value} without quotes` : undefined)
    }
    if (value >= min && value <= max) return value
    report.error(path, `${value} is out of range`, `use ${min} to ${max}`)
    return undefined
  }
}

/** One of a few words, spelled exactly so. */
export function oneOf<T extends string>(...words: readonly T[]): Decoder<T> {
  return (value, path, report) => {
    const string = text(value, path, report)
    if (string === undefined || words.includes(string as T)) return string as T | undefined
    const supported = `use one of ${words.map((w) => `"${w}"`).join(', ')}`
    report.error(path, `"${string}" is not supported`, didYouMean(string, words) ?? supported)
    return undefined
  }
}

/** A mapping of strings to values of one kind; `checkKey` reports on keys. */
export function mapOf<T>(
  item: Decoder<T>,
  checkKey?: (key: string, path: string, report: Report) => void,
): Decoder<Readonly<Record<string, T>>> {
  return (value, path, report) => {
    if (!isMapping(value)) return wrongType(value, path, report, 'a mapping')
    const entries = Object.entries(value).flatMap(([key, v]): [string, T][] => {
      checkKey?.(key, `${path}[${key}]`, report)
      const decoded = item(v ?? '', `${path}[${key}]`, report)
      return decoded === undefined ? [] : [[key, decoded]]
    })
    return Object.fromEntries(entries)
  }
}

/** Decodes, then turns the value into another, with checks that span fields. */
export function mapped<A, B>(
  decode: Decoder<A>,
  then: (value: A, path: string, report: Report) => B | undefined,
): Decoder<B> {
  return (value, path, report) => {
    const decoded = decode(value, path, report)
    return decoded === undefined ? undefined : then(decoded, path, report)
  }
}

/** True for a mapping: an object that is no list. */
export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Appends a field name to a path. */
export function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`
}

function wrongType(value: unknown, path: string, report: Report, wanted: string, fix?: string): undefined {
  report.error(path, `must be ${wanted}, got ${describeValue(value)}`, fix)
}

/** How messages name a value of the wrong type. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'string') return `the string ${JSON.stringify(value)}`
  if (typeof value === 'number' || typeof value === 'boolean') return `the ${typeof value} ${String(value)}`
  return 'a mapping'
}
