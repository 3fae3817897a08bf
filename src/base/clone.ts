/**
 * Copies a graph of state: plain objects, class instances (prototype kept), arrays, maps, sets and typed
 * arrays, shared and cyclic references included. Frozen objects and functions are immutable by our convention
 * and stay shared. This is what lets a cluster be forked and every outcome start from the same state.
 */
export function cloneGraph<T>(root: T): T {
  return copy(root, new Map()) as T
}

function copy(value: unknown, seen: Map<object, object>): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Object.isFrozen(value) && !ArrayBuffer.isView(value)) return value
  const known = seen.get(value)
  if (known !== undefined) return known
  if (Array.isArray(value)) return copyArray(value, seen)
  if (value instanceof Map) return copyMap(value, seen)
  if (value instanceof Set) return copySet(value, seen)
  if (value instanceof ArrayBuffer) return remember(seen, value, value.slice(0))
  if (ArrayBuffer.isView(value)) return copyView(value, seen)
  return copyObject(value, seen)
}

function remember<T extends object>(seen: Map<object, object>, original: object, made: T): T {
  seen.set(original, made)
  return made
}

function copyArray(value: unknown[], seen: Map<object, object>): unknown[] {
  const made = remember(seen, value, new Array<unknown>(value.length))
  for (let i = 0; i < value.length; i++) made[i] = copy(value[i], seen)
  return made
}

function copyMap(value: Map<unknown, unknown>, seen: Map<object, object>): Map<unknown, unknown> {
  const made = remember(seen, value, new Map<unknown, unknown>())
  for (const [k, v] of value) made.set(copy(k, seen), copy(v, seen))
  return made
}

function copySet(value: Set<unknown>, seen: Map<object, object>): Set<unknown> {
  const made = remember(seen, value, new Set<unknown>())
  for (const v of value) made.add(copy(v, seen))
  return made
}

/** A view and its siblings over one buffer keep sharing one buffer after the copy. */
function copyView(value: ArrayBufferView, seen: Map<object, object>): object {
  const buffer = copy(value.buffer, seen) as ArrayBuffer
  const make = value.constructor as new (buffer: ArrayBuffer, offset: number, length: number) => object
  const length = 'length' in value ? (value as Uint8Array).length : value.byteLength
  return remember(seen, value, new make(buffer, value.byteOffset, length))
}

function copyObject(value: object, seen: Map<object, object>): object {
  const made = remember(seen, value, Object.create(Object.getPrototypeOf(value) as object | null) as object)
  const from = value as Record<string, unknown>
  const to = made as Record<string, unknown>
  for (const key of Object.keys(from)) to[key] = copy(from[key], seen)
  return made
}
