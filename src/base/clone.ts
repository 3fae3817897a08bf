/**
 * Copies a graph of state: plain objects, class instances (prototype kept), arrays, maps, sets and typed
 * arrays, shared and cyclic references included. Frozen objects and functions are immutable by our convention
 * and stay shared. This is what lets a cluster be forked and every outcome start from the same state.
 */
export function cloneGraph<T>(root: T): T {
  return new Copier(false).copy(root) as T
}

/**
 * As {@link cloneGraph}, but what lies behind a {@link LazyRef} is copied when it is first asked for. The original
 * must not change as long as the copy is in use.
 */
export function cloneLazily<T>(root: T): T {
  return new Copier(true).copy(root) as T
}

/** A reference to a part of the state that many runs never touch: lazy copies leave it out until somebody asks. */
export class LazyRef<T extends object> {
  private target: T | null
  private origin: LazyRef<T> | null
  private copier: Copier | null

  constructor(target: T) {
    this.target = target
    this.origin = null
    this.copier = null
  }

  /** What it refers to. */
  get(): T {
    if (this.target === null) {
      this.target = this.copier!.copy(this.origin!.get()) as T
      this.origin = null
      this.copier = null
    }
    return this.target
  }

  /** For the copier: a reference to a copy that `copier` makes later. */
  later(copier: Copier): LazyRef<T> {
    const made = Object.create(LazyRef.prototype) as LazyRef<T>
    made.target = null
    made.origin = this
    made.copier = copier
    return made
  }
}

/** One copying: knows what it has copied already. */
class Copier {
  private readonly lazy: boolean
  private readonly seen: Map<object, object> = new Map()

  constructor(lazy: boolean) {
    this.lazy = lazy
  }

  copy(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value
    if (Object.isFrozen(value) && !ArrayBuffer.isView(value)) return value
    const known = this.seen.get(value)
    if (known !== undefined) return known
    if (value instanceof LazyRef) return this.copyRef(value as LazyRef<object>)
    if (Array.isArray(value)) return this.copyArray(value)
    if (value instanceof Map) return this.copyMap(value)
    if (value instanceof Set) return this.copySet(value)
    if (value instanceof ArrayBuffer) return this.remember(value, value.slice(0))
    if (ArrayBuffer.isView(value)) return this.copyView(value)
    return this.copyObject(value)
  }

  private remember<T extends object>(original: object, made: T): T {
    this.seen.set(original, made)
    return made
  }

  private copyArray(value: unknown[]): unknown[] {
    const made = this.remember(value, new Array<unknown>(value.length))
    for (let i = 0; i < value.length; i++) made[i] = this.copy(value[i])
    return made
  }

  private copyMap(value: Map<unknown, unknown>): Map<unknown, unknown> {
    const made = this.remember(value, new Map<unknown, unknown>())
    for (const [k, v] of value) made.set(this.copy(k), this.copy(v))
    return made
  }

  private copySet(value: Set<unknown>): Set<unknown> {
    const made = this.remember(value, new Set<unknown>())
    for (const v of value) made.add(this.copy(v))
    return made
  }

  /** A view and its siblings over one buffer keep sharing one buffer after the copy. */
  private copyView(value: ArrayBufferView): object {
    const buffer = this.copy(value.buffer) as ArrayBuffer
    const make = value.constructor as new (buffer: ArrayBuffer, offset: number, length: number) => object
    const length = 'length' in value ? (value as Uint8Array).length : value.byteLength
    return this.remember(value, new make(buffer, value.byteOffset, length))
  }

  private copyObject(value: object): object {
    const made = this.remember(value, Object.create(Object.getPrototypeOf(value) as object | null) as object)
    const from = value as Record<string, unknown>
    const to = made as Record<string, unknown>
    for (const key of Object.keys(from)) to[key] = this.copy(from[key])
    return made
  }

  private copyRef(value: LazyRef<object>): LazyRef<object> {
    const made = this.remember(value, value.later(this))
    if (!this.lazy) made.get()
    return made
  }
}
