import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { type Document, LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import { didYouMean } from '../api/index.js'
import type { InputIssue, SourcePosition } from '../base/index.js'
import type { Io } from './io.js'
import type { Issues } from './issues.js'
import { reasonOf } from './file-errors.js'

/** Read from the current folder when `--config` names no other. */
export const CONFIG_FILE = 'kubehop.yaml'

const CIDR_HINT = 'an IPv4 network such as 10.244.0.0/16'

/**
 * What `kubehop.yaml` may say; a flag on the command line wins. `files` are relative to the configuration's folder,
 * `hosts` are names outside of the cluster with their addresses.
 */
export interface Config {
  readonly files?: readonly string[] | undefined
  readonly nodes?: number | undefined
  readonly cni?: 'flannel-vxlan' | 'flannel-host-gw' | undefined
  readonly bridge?: 'docker0' | 'cni0' | undefined
  readonly proxyMode?: 'iptables' | undefined
  readonly podCidr?: string | undefined
  readonly serviceCidr?: string | undefined
  readonly namespace?: string | undefined
  readonly seed?: number | undefined
  readonly hosts?: Readonly<Record<string, readonly string[]>> | undefined
  readonly strict?: boolean | undefined
}

const settings = {
  files: z.array(z.string()).optional(),
  nodes: z.int().min(1).max(1000).optional(),
  cni: z.enum(['flannel-vxlan', 'flannel-host-gw']).optional(),
  bridge: z.enum(['docker0', 'cni0']).optional(),
  proxyMode: z.enum(['iptables']).optional(),
  podCidr: z.string(CIDR_HINT).optional(),
  serviceCidr: z.string(CIDR_HINT).optional(),
  namespace: z.string().optional(),
  seed: z.int().min(0).optional(),
  hosts: z.record(z.string(), z.array(z.string())).optional(),
  strict: z.boolean().optional(),
}

const schema: z.ZodType<Config> = z.strictObject(settings)

/** Reads the configuration: `path`, or kubehop.yaml of the current folder if there is one. */
export function readConfig(path: string | undefined, io: Io, issues: Issues): Config {
  const file = path ?? CONFIG_FILE
  const absolute = resolve(io.cwd, file)
  if (path === undefined && !existsSync(absolute)) return {}
  let text: string
  try {
    text = readFileSync(absolute, 'utf8')
  } catch (error) {
    issues.add({ path: '--config', message: `cannot read "${file}": ${reasonOf(error)}` })
    return {}
  }
  const config = parseConfig(text, file, issues)
  const folder = relative(io.cwd, dirname(absolute))
  return config.files === undefined ? config : { ...config, files: config.files.map((name) => join(folder, name)) }
}

/** Reads a configuration's text; every problem is added with its place. */
export function parseConfig(text: string, file: string, issues: Issues): Config {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  for (const error of document.errors) {
    const { line, col } = lines.linePos(error.pos[0])
    const message = `not YAML: ${error.message.split('\n')[0]!.replace(/ at line \d+.*$/, '')}`
    issues.add({ path: '', message, position: { file, line, column: col } })
  }
  if (document.errors.length > 0) return {}
  const value: unknown = document.toJS() ?? {}
  const result = schema.safeParse(value)
  if (result.success) return result.data
  for (const issue of result.error.issues) for (const made of describe(issue, document, lines, file)) issues.add(made)
  return {}
}

function describe(issue: z.core.$ZodIssue, document: Document, lines: LineCounter, file: string): InputIssue[] {
  const path = issue.path.map(String)
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const fix = didYouMean(key, Object.keys(settings)) ?? `known are ${Object.keys(settings).join(', ')}`
      return { path: key, message: 'unknown setting', fix, position: positionOf([...path, key], document, lines, file) }
    })
  }
  const said = document.getIn(issue.path)
  const value = said === undefined || typeof said === 'object' ? '' : `${JSON.stringify(said)}: `
  const position = positionOf(path, document, lines, file)
  return [{ path: path.join('.'), message: `${value}${issue.message}`, position }]
}

function positionOf(path: readonly string[], document: Document, lines: LineCounter, file: string): SourcePosition {
  const node = document.getIn(path, true) as { range?: readonly number[] } | null | undefined
  const { line, col } = lines.linePos(node?.range?.[0] ?? 0)
  return { file, line, column: col }
}
