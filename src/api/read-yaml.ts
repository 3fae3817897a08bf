import { type Document, isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseAllDocuments } from 'yaml'
import type { InputIssue, SourcePosition } from '../base/index.js'
import { join } from './decode.js'
import { MAX_NESTING, tooDeepAt } from './nesting.js'
import { issueOf } from './report.js'

/** Positions of everything inside one object, by path. */
export interface Positions {
  /** Of the values: a scalar where it stands, a mapping or list at its key. */
  readonly values: Readonly<Record<string, SourcePosition>>
  /** Of the keys. */
  readonly keys: Readonly<Record<string, SourcePosition>>
}

/** One YAML document as plain data, with the means to find positions in it. */
export interface YamlDocument {
  readonly value: unknown
  /** Positions in the part of the document at `path` (keys and indices from the root). */
  positionsAt(path: readonly (string | number)[]): Positions
}

/** One input: a name for messages, and what it says. */
export interface ManifestSource {
  readonly file: string
  readonly text: string
}

/**
 * Reads all documents of a text with the YAML 1.1 rules of kubectl (JSON is a part of it). Times, dates and base
 * 60 numbers stay strings, as in kubectl's parser. Empty documents are left out; broken ones go to `issues`.
 */
export function readYaml(source: ManifestSource, issues: InputIssue[]): YamlDocument[] {
  const lines = new LineCounter()
  const at = (offset: number): SourcePosition => {
    const { line, col } = lines.linePos(offset)
    return Object.freeze({ file: source.file, line: Math.max(line, 1), column: Math.max(col, 1) })
  }
  const deep = tooDeepAt(source.text)
  if (deep !== undefined) {
    parseLines(source.text, lines)
    issues.push(issueOf('', `is nested more than ${MAX_NESTING} deep`, { position: at(deep) }))
    return []
  }
  const documents = parseAllDocuments(source.text, {
    version: '1.1',
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'error',
    customTags: (tags) =>
      tags.filter((t) => typeof t === 'string' || (t.tag !== 'tag:yaml.org,2002:timestamp' && !isBase60(t))),
  })
  if (!Array.isArray(documents)) return []
  return documents.flatMap((document: Document.Parsed) => readDocument(document, at, issues))
}

/** What the parser tells a line counter, when it does not run. */
function parseLines(text: string, lines: LineCounter): void {
  lines.addNewLine(0)
  for (let i = text.indexOf('\n'); i !== -1; i = text.indexOf('\n', i + 1)) lines.addNewLine(i + 1)
}

function isBase60(tag: object): boolean {
  return 'format' in tag && tag.format === 'TIME'
}

function readDocument(
  document: Document.Parsed,
  at: (offset: number) => SourcePosition,
  issues: InputIssue[],
): YamlDocument[] {
  for (const error of document.errors) {
    issues.push(issueOf('', `not valid YAML: ${lowerFirst(error.message)}`, { position: at(error.pos[0]) }))
  }
  const contents = document.contents
  if (document.errors.length > 0 || contents === null || (isScalar(contents) && contents.value === null)) return []
  const value = plain(document, (message) => issues.push(issueOf('', message, { position: at(contents.range[0]) })))
  if (value === undefined) return []
  const positionsAt = (path: readonly (string | number)[]): Positions => {
    const node = path.length === 0 ? contents : document.getIn(path, true)
    const positions = { values: {}, keys: {} }
    if (isNode(node)) collect(document, node, '', at, positions, 0)
    return positions
  }
  return [{ value, positionsAt }]
}

/** The document as plain data; undefined (and reported) when its aliases expand without bound. */
function plain(document: Document.Parsed, report: (message: string) => void): unknown {
  try {
    return document.toJS({ maxAliasCount: 1000 }) as unknown
  } catch (error) {
    report(`not valid YAML: ${lowerFirst(error instanceof Error ? error.message : 'unreadable')}`)
    return undefined
  }
}

interface Collected {
  readonly values: Record<string, SourcePosition>
  readonly keys: Record<string, SourcePosition>
}

/** Manifests do not nest deeper; what does is an alias that contains itself. */
const MAX_DEPTH = 64

function collect(
  document: Document.Parsed,
  node: Node,
  path: string,
  at: (offset: number) => SourcePosition,
  out: Collected,
  depth: number,
): void {
  if (node.range && out.values[path] === undefined) out.values[path] = at(node.range[0])
  const target = isAlias(node) ? node.resolve(document) : node
  if (depth > MAX_DEPTH) return
  if (isSeq(target)) {
    target.items.forEach((item, i) => {
      if (isNode(item)) collect(document, item, `${path}[${i}]`, at, out, depth + 1)
    })
  }
  if (!isMap(target)) return
  for (const { key, value } of target.items) {
    if (!isScalar(key) || !key.range) continue
    const child = childPath(path, String(key.value))
    out.keys[child] = at(key.range[0])
    if (!isScalar(value) || value.value === null) out.values[child] = at(key.range[0])
    if (isNode(value)) collect(document, value, child, at, out, depth + 1)
  }
}

/** Keys of labels and the like stand in brackets, as kubectl prints them. */
function childPath(path: string, key: string): string {
  return /(^|\.)(labels|annotations|matchLabels|selector|nodeSelector)$/.test(path) && !isSelectorField(path, key)
    ? `${path}[${key}]`
    : join(path, key)
}

function isSelectorField(path: string, key: string): boolean {
  return path.endsWith('selector') && (key === 'matchLabels' || key === 'matchExpressions')
}

function lowerFirst(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1)
}
