import { type InputIssue, InvalidInputError, type SourcePosition } from '../base/index.js'
import { decodeObject } from './decode-object.js'
import { describeValue, isMapping } from './decode.js'
import { judgeKind, type KindVerdict } from './kinds.js'
import { type ApiObject, describeObject, positionOf } from './object.js'
import { type ManifestSource, type Positions, readYaml } from './read-yaml.js'
import { type Finding, issueOf, Report } from './report.js'

/** How input is read. */
export interface ParseOptions {
  /** Unknown kinds and fields are errors instead of warnings. */
  readonly strict?: boolean
  /** Namespace of namespaced objects that name none; `default` if omitted. */
  readonly defaultNamespace?: string
}

/** Everything that was read, in order, and what a person should know about it. */
export interface ParsedObjects {
  readonly objects: ApiObject[]
  readonly warnings: InputIssue[]
}

/** One object before decoding: its data, and where it came from (a position or a path). */
interface Raw {
  readonly value: unknown
  readonly path: string
  /** List items may leave out what the list's kind says. */
  readonly assumed?: { readonly apiVersion: string; readonly kind: string }
  readonly positions?: Positions
  part(index: number): Pick<Raw, 'value' | 'path' | 'positions' | 'part'>
}

/**
 * Reads manifests: any number of YAML or JSON texts with any number of documents, `List` kinds included, with
 * the API server's validation and defaulting.
 * @throws InvalidInputError with every problem of all sources, each with its file, line and column.
 */
export function parseManifests(sources: readonly ManifestSource[], options: ParseOptions = {}): ParsedObjects {
  const reader = new Reader(options)
  for (const source of sources) {
    for (const document of readYaml(source, reader.errors)) {
      const rawAt = (value: unknown, path: (string | number)[]): Omit<Raw, 'assumed'> => ({
        value,
        path: '',
        positions: document.positionsAt(path),
        part: (i) => rawAt(itemsOf(value)[i], [...path, 'items', i]),
      })
      reader.read(rawAt(document.value, []))
    }
  }
  return reader.finish()
}

/**
 * Validates objects in Kubernetes' own form, as a library user writes them. Objects that were parsed before keep
 * their positions.
 * @throws InvalidInputError with every problem; paths begin with `objects[INDEX]`.
 */
export function validateObjects(objects: readonly unknown[], options: ParseOptions = {}): ParsedObjects {
  const reader = new Reader(options)
  const rawAt = (value: unknown, path: string): Omit<Raw, 'assumed' | 'positions'> => ({
    value,
    path,
    part: (i) => rawAt(itemsOf(value)[i], `${path}.items[${i}]`),
  })
  objects.forEach((value, i) => reader.read(rawAt(value, `objects[${i}]`)))
  return reader.finish()
}

function itemsOf(value: unknown): readonly unknown[] {
  return isMapping(value) && Array.isArray(value['items']) ? value['items'] : []
}

/** Gathers objects, errors and warnings over all inputs. */
class Reader {
  readonly errors: InputIssue[] = []
  private readonly warnings: InputIssue[] = []
  private readonly objects: ApiObject[] = []
  private readonly seen: Map<string, { readonly object: ApiObject; readonly path: string }> = new Map()
  private readonly strict: boolean
  private readonly defaultNamespace: string

  constructor(options: ParseOptions) {
    this.strict = options.strict ?? false
    this.defaultNamespace = options.defaultNamespace ?? 'default'
  }

  read(raw: Raw): void {
    const { value } = raw
    if (!isMapping(value)) {
      this.tell(raw, this.errors, '', `must be an object with apiVersion and kind, got ${describeValue(value)}`)
      return
    }
    const apiVersion = value['apiVersion'] ?? raw.assumed?.apiVersion
    const kind = value['kind'] ?? raw.assumed?.kind
    const named = this.isWord(raw, 'apiVersion', apiVersion)
    if (!this.isWord(raw, 'kind', kind) || !named) return
    this.judge(raw, apiVersion as string, judgeKind(apiVersion as string, kind as string))
  }

  finish(): ParsedObjects {
    if (this.errors.length > 0) throw new InvalidInputError(inReadingOrder(this.errors))
    return { objects: this.objects, warnings: this.warnings }
  }

  private isWord(raw: Raw, field: string, value: unknown): boolean {
    if (typeof value === 'string' && value !== '') return true
    const missing = value === undefined || value === null || value === ''
    this.tell(raw, this.errors, field, missing ? 'is required' : `must be a string, got ${describeValue(value)}`)
    return false
  }

  private judge(raw: Raw, apiVersion: string, verdict: KindVerdict): void {
    switch (verdict.is) {
      case 'modelled':
        return this.decode(raw, verdict.kind)
      case 'list':
        return this.readList(raw, apiVersion, verdict.itemKind)
      case 'not-modelled':
        return this.tell(raw, this.warnings, 'kind', verdict.message)
      case 'wrong-version':
        return this.tell(raw, this.errors, 'apiVersion', verdict.message, verdict.fix)
      case 'unknown':
        return this.tell(raw, this.strict ? this.errors : this.warnings, 'kind', verdict.message, verdict.fix)
    }
  }

  private readList(raw: Raw, apiVersion: string, itemKind: string): void {
    const items = (raw.value as Record<string, unknown>)['items'] ?? []
    if (!Array.isArray(items)) {
      this.tell(raw, this.errors, 'items', `must be a list, got ${describeValue(items)}`)
      return
    }
    const assumed = itemKind === '' ? {} : { assumed: { apiVersion, kind: itemKind } }
    items.forEach((_, i) => this.read({ ...raw.part(i), ...assumed }))
  }

  private decode(raw: Raw, kind: ApiObject['kind']): void {
    const report = new Report()
    const decoded = decodeObject(kind, raw.value, this.defaultNamespace, report)
    for (const finding of report.findings) this.place(raw, finding)
    if (decoded === undefined) return
    const object = withSource(decoded, raw)
    if (this.isNew(raw, object)) this.objects.push(object)
  }

  private place(raw: Raw, { severity, path, message, fix }: Finding): void {
    const isError = severity === 'error' || (severity === 'unknown-field' && this.strict)
    const list = isError ? this.errors : this.warnings
    if (severity !== 'unknown-field') return this.tell(raw, list, path, message, fix)
    // The message has the path already; only the position is taken from it.
    list.push(issueOf(raw.path, message, { fix, position: raw.positions?.keys[path] }))
  }

  private isNew(raw: Raw, object: ApiObject): boolean {
    const name = describeObject(object)
    const first = this.seen.get(name)
    if (first === undefined) {
      this.seen.set(name, { object, path: raw.path })
      return true
    }
    const position = positionOf(first.object)
    const where = position === undefined ? first.path : `${position.file}:${position.line}:${position.column}`
    this.tell(raw, this.errors, 'metadata.name', `${name} is defined twice, first at ${where}`, 'rename or remove one')
    return false
  }

  private tell(raw: Raw, list: InputIssue[], path: string, message: string, fix?: string): void {
    const full = raw.path === '' || path === '' ? raw.path + path : `${raw.path}.${path}`
    list.push(issueOf(full, message, { fix, position: nearest(raw.positions, path) }))
  }
}

function withSource(object: ApiObject, raw: Raw): ApiObject {
  const values = raw.positions?.values
  const root = values?.['']
  if (values !== undefined && root !== undefined) {
    return { ...object, source: Object.freeze({ file: root.file, positions: Object.freeze(values) }) }
  }
  const kept = (raw.value as Partial<ApiObject>).source
  return kept !== undefined && Object.isFrozen(kept) ? { ...object, source: kept } : object
}

function nearest(positions: Positions | undefined, path: string): SourcePosition | undefined {
  if (positions === undefined) return undefined
  return positionOf({ source: { file: '', positions: positions.values } }, path)
}

/** Errors of one file in the order of its lines; files in the order they were given. */
function inReadingOrder(issues: readonly InputIssue[]): InputIssue[] {
  const files = [...new Set(issues.map((i) => i.position?.file))]
  return files.flatMap((file) =>
    issues
      .filter((i) => i.position?.file === file)
      .sort((a, b) => {
        if (a.position === undefined || b.position === undefined) return 0
        return a.position.line - b.position.line || a.position.column - b.position.column
      }),
  )
}
