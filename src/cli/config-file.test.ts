import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { InvalidInputError, printIssue } from '../base/index.js'
import { type Config, parseConfig, readConfig } from './config-file.js'
import type { Io } from './io.js'
import { Issues } from './issues.js'

function parse(text: string): { config: Config; problems: string[] } {
  const issues = new Issues()
  const config = parseConfig(text, 'kubehop.yaml', issues)
  return { config, problems: problemsOf(issues) }
}

function problemsOf(issues: Issues): string[] {
  try {
    issues.throwIfAny()
    return []
  } catch (error) {
    return error instanceof InvalidInputError ? error.issues.map(printIssue) : [String(error)]
  }
}

function ioIn(cwd: string): Io {
  const quiet = (): void => undefined
  const terminal = { stdoutIsTty: false, stderrIsTty: false, columns: undefined }
  return { stdout: quiet, stderr: quiet, readStdin: () => '', cwd, env: {}, ...terminal }
}

describe('parseConfig', () => {
  test('reads every setting', () => {
    const text =
      'files: [a.yaml]\nnodes: 3\ncni: flannel-host-gw\nbridge: cni0\nproxyMode: iptables\npodCidr: 10.42.0.0/16\nserviceCidr: 10.43.0.0/16\nnamespace: shop\nseed: 7\nstrict: true\nhosts: {db.example.org: [203.0.113.9]}\n'
    const { config, problems } = parse(text)
    expect(problems).toEqual([])
    expect(config).toEqual({
      files: ['a.yaml'],
      nodes: 3,
      cni: 'flannel-host-gw',
      bridge: 'cni0',
      proxyMode: 'iptables',
      podCidr: '10.42.0.0/16',
      serviceCidr: '10.43.0.0/16',
      namespace: 'shop',
      seed: 7,
      strict: true,
      hosts: { 'db.example.org': ['203.0.113.9'] },
    })
  })

  test('an empty file says nothing', () => {
    expect(parse('# later\n')).toEqual({ config: {}, problems: [] })
  })

  test('names every problem with its place', () => {
    const { problems } = parse('node: 3\nnodes: many\nbridge: br0\nseed: -1\n')
    expect(problems).toHaveLength(4)
    expect(problems).toContainEqual(
      expect.stringMatching(/^kubehop\.yaml:1:\d+: node: unknown setting; did you mean "nodes"\?$/),
    )
    expect(problems).toContainEqual(expect.stringMatching(/^kubehop\.yaml:2:8: nodes: "many": .*expected number/))
    expect(problems).toContainEqual(expect.stringMatching(/^kubehop\.yaml:3:9: bridge: "br0": .*docker0/))
    expect(problems).toContainEqual(expect.stringMatching(/^kubehop\.yaml:4:7: seed: -1: /))
  })

  test('what is not YAML is said with its place', () => {
    expect(parse('nodes: [1').problems).toEqual([expect.stringMatching(/^kubehop\.yaml:1:10: not YAML: /)])
    expect(parse('- nodes').problems).toEqual([expect.stringMatching(/^kubehop\.yaml:1:1: /)])
  })
})

describe('readConfig', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubehop-config-'))

  test('no file is no problem, unless it was asked for', () => {
    const issues = new Issues()
    expect(readConfig(undefined, ioIn(folder), issues)).toEqual({})
    expect(problemsOf(issues)).toEqual([])
    expect(readConfig('other.yaml', ioIn(folder), issues)).toEqual({})
    expect(problemsOf(issues)).toEqual(['--config: cannot read "other.yaml": no such file or folder'])
  })

  test('files are relative to the file that names them', () => {
    writeFileSync(join(folder, 'kubehop.yaml'), 'files: [manifests]\n')
    const issues = new Issues()
    expect(readConfig(join(folder, 'kubehop.yaml'), ioIn(tmpdir()), issues).files).toEqual([
      join(folder.slice(tmpdir().length + 1), 'manifests'),
    ])
    rmSync(folder, { recursive: true })
  })
})
