import { Option } from 'commander'
import { didYouMean } from '../api/index.js'
import type { Issues } from './issues.js'

/** An option with a fixed set of values; {@link oneOf} checks them, so that its problems stand beside all others. */
export function choiceOption(flags: string, description: string, allowed: readonly string[]): Option {
  return new Option(flags, description).choices(allowed).argParser((value) => value)
}

/** One of `allowed`; anything else is a problem of `flag`. */
export function oneOf<T extends string>(
  text: string | undefined,
  flag: string,
  allowed: readonly T[],
  issues: Issues,
): T | undefined {
  if (text === undefined) return undefined
  const found = allowed.find((each) => each === text)
  if (found !== undefined) return found
  const fix = didYouMean(text, allowed) ?? `use ${allowed.join(' or ')}`
  issues.add({ path: flag, message: `"${text}" is not known`, fix })
  return undefined
}

/** A whole number from `from` to `to`; anything else is a problem of `flag`. */
export function wholeNumber(
  text: string | undefined,
  flag: string,
  from: number,
  to: number,
  issues: Issues,
): number | undefined {
  if (text === undefined) return undefined
  const value = /^\d+$/.test(text) ? Number(text) : NaN
  if (value >= from && value <= to) return value
  issues.add({ path: flag, message: `"${text}" is not a whole number from ${from} to ${to}` })
  return undefined
}

const UNITS: Readonly<Record<string, number>> = { '': 1000, s: 1000, ms: 1, m: 60_000 }

/** A duration in milliseconds: `5s`, `500ms`, `1m`; a bare number counts seconds. */
export function duration(text: string | undefined, flag: string, issues: Issues): number | undefined {
  if (text === undefined) return undefined
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text)
  const value = match === null ? 0 : Number(match[1]) * UNITS[match[2] ?? '']!
  if (value > 0) return value
  issues.add({ path: flag, message: `"${text}" is not a duration`, fix: 'write 5s, 500ms or 1m' })
  return undefined
}
