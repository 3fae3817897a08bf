/** What one part of an element is. */
export type Dimension = 'ip' | 'net' | 'port' | 'iface' | 'set'

/** Set types by their kernel names. */
export type SetTypeName =
  | 'hash:ip'
  | 'hash:net'
  | 'hash:ip,port'
  | 'hash:ip,port,ip'
  | 'hash:ip,port,net'
  | 'hash:net,port'
  | 'hash:net,iface'
  | 'bitmap:ip'
  | 'bitmap:port'
  | 'list:set'

/** A set type: the parts of its elements. */
export interface SetType {
  readonly name: SetTypeName
  readonly dimensions: readonly Dimension[]
  readonly method: 'hash' | 'bitmap' | 'list'
}

const TYPES: ReadonlyMap<string, SetType> = new Map(
  (
    [
      'hash:ip',
      'hash:net',
      'hash:ip,port',
      'hash:ip,port,ip',
      'hash:ip,port,net',
      'hash:net,port',
      'hash:net,iface',
      'bitmap:ip',
      'bitmap:port',
      'list:set',
    ] as const
  ).map((name) => {
    const [method, parts] = name.split(':') as [SetType['method'], string]
    return [name, Object.freeze({ name, method, dimensions: parts.split(',') as Dimension[] })]
  }),
)

/** Short names that ipset takes as well. */
const ALIASES: ReadonlyMap<string, SetTypeName> = new Map([
  ['iphash', 'hash:ip'],
  ['nethash', 'hash:net'],
  ['ipporthash', 'hash:ip,port'],
  ['ipportiphash', 'hash:ip,port,ip'],
  ['ipportnethash', 'hash:ip,port,net'],
  ['netporthash', 'hash:net,port'],
  ['ipmap', 'bitmap:ip'],
  ['portmap', 'bitmap:port'],
  ['setlist', 'list:set'],
])

/** The type of that name; undefined for types that do not exist or are not modelled. */
export function setTypeOf(name: string): SetType | undefined {
  return TYPES.get(ALIASES.get(name) ?? name)
}

/** Names of the types that are modelled. */
export const SET_TYPE_NAMES: readonly string[] = [...TYPES.keys()]

/** Whether elements can be marked `nomatch`: those with a network part in a hash. */
export function takesNomatch(type: SetType): boolean {
  return type.dimensions.includes('net')
}
