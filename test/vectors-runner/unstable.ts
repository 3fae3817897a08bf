import type { Instability, Observed } from './format.js'

/** Stands in `observed` for something that was not the same in every recording. */
export class Unstable {
  readonly kind: Instability
  readonly recorded: unknown

  constructor(kind: Instability, recorded: unknown) {
    this.kind = kind
    this.recorded = recorded
  }
}

/** A copy of `observed` with an {@link Unstable} in every place that `unstable` points to. */
export function withUnstable(observed: Observed, unstable: Readonly<Record<string, Instability>>): Observed {
  const copy = structuredClone(observed)
  for (const [pointer, kind] of Object.entries(unstable)) {
    const keys = pointer.split('/').slice(1)
    const last = keys.pop()!
    const holder = keys.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], copy)
    if (holder === null || typeof holder !== 'object') continue
    const record = holder as Record<string, unknown>
    record[last] = new Unstable(kind, record[last])
  }
  return copy
}

/** Ports that a replaced port may be, by the class of the original. */
function portClass(port: number): string {
  if (port < 512) return '1-511'
  return port < 1024 ? '600-1023' : '1024-65535'
}

/** A text without what is random in it: ports become their class, echo ids vanish. */
function withoutRandom(text: string): string {
  return text
    .replace(
      /(\d+\.\d+\.\d+\.\d+):(\d+)/g,
      (_, address: string, port: string) => `${address}:${portClass(Number(port))}`,
    )
    .replace(/\bid \d+/g, 'id')
    .replace(/\b(echo-re(?:quest|ply)) \d+\//g, '$1 /')
}

/** May a place that showed `recorded` once show `actual`? */
export function mayBe(recorded: unknown, actual: unknown): boolean {
  if (typeof recorded === 'string' && typeof actual === 'string')
    return withoutRandom(recorded) === withoutRandom(actual)
  return typeof recorded === typeof actual
}
