import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { TraceDocument } from '../../src/trace/index.js'
import { runCli } from '../helpers/run-cli.js'

const folder = mkdtempSync(join(tmpdir(), 'kubehop-cli-'))
afterAll(() => rmSync(folder, { recursive: true }))

const ASK = 'trace -f examples/nodeport.yaml --from pod/client --to svc/web:80'

describe('exit status and channels', () => {
  test('0 when the client got its answer; the trace is on stdout only', () => {
    const { status, stdout, stderr } = runCli(ASK)
    expect(status).toBe(0)
    expect(stderr).toBe('')
    expect(stdout.split('\n')[0]).toContain('pod/client → svc/web:80')
  })

  test('1 when it did not', () => {
    expect(runCli('trace -f examples/sidecar.yaml --from pod/web --to 127.0.0.1:9001').status).toBe(1)
  })

  test.each([
    ['no command', '', /Usage: kubehop/],
    ['unknown command', 'tarce', /unknown command 'tarce'/],
    ['unknown flag', `${ASK} --protocl tcp`, /unknown option '--protocl'[^]*--protocol/],
    ['missing flag', 'trace -f examples/nodeport.yaml --from pod/client', /required option '--to/],
    ['bad choice', `${ASK} --bridge br0`, /--bridge: "br0" is not known; use docker0 or cni0/],
    ['no manifest', 'trace --from pod/a --to svc/b', /-f: no manifest given/],
    ['missing file', 'trace -f nowhere.yaml --from pod/a --to svc/b', /cannot read "nowhere.yaml": no such file/],
    ['folder without manifests', 'trace -f src/cli --from pod/a --to svc/b', /folder "src\/cli" holds no manifest/],
  ])('2 for %s', (_, command, message) => {
    const { status, stdout, stderr } = runCli(command)
    expect(status).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  test('--help and --version are data', () => {
    expect(runCli('--version')).toEqual({
      status: 0,
      stdout: `${(JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version}\n`,
      stderr: '',
    })
    const help = runCli('trace --help')
    expect(help).toMatchObject({ status: 0, stderr: '' })
    expect(help.stdout).toContain('kubehop trace -f app.yaml --from pod/client --to svc/web:80')
  })
})

describe('bad input', () => {
  test('problems of flags, question and manifests come in one report', () => {
    const file = join(folder, 'bad.yaml')
    writeFileSync(file, 'apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports:\n    - port: "80"\n')
    const { status, stderr } = runCli(
      `trace -f ${file} --from svc/a --to ingress/b --ttl 300 --nodes 0 --pod-cidr 10.0.0.1/8`,
    )
    expect(status).toBe(2)
    expect(stderr).toMatch(/^error: \d+ problems$/m)
    for (const problem of [
      '--from: "svc/a" is a service',
      '--to: "ingress"',
      '--ttl: "300"',
      '--nodes: "0"',
      '--pod-cidr: ',
      'bad.yaml:7:13: ',
    ]) {
      expect(stderr).toContain(problem)
    }
  })

  test('names that do not exist come with near matches, both ends at once', () => {
    const { status, stderr } = runCli('trace -f examples/nodeport.yaml --from pod/clint --to svc/webb:80')
    expect(status).toBe(2)
    expect(stderr).toMatch(/--from: .*clint.*did you mean .*client/)
    expect(stderr).toMatch(/--to: .*webb.*did you mean .*web/)
  })

  test('an unknown kind is a warning, and an error with --strict', () => {
    const file = join(folder, 'kind.yaml')
    writeFileSync(
      file,
      `${readFileSync('examples/nodeport.yaml', 'utf8')}---\napiVersion: example.org/v1\nkind: Gadget\nmetadata:\n  name: g\n`,
    )
    const ask = `trace -f ${file} --from pod/client --to svc/web:80`
    expect(runCli(ask)).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/^warning: .*kind\.yaml:\d+:\d+: .*Gadget/) as string,
    })
    expect(runCli(`${ask} --strict`)).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringContaining('Gadget') as string,
    })
  })

  test.each(['', 'null', '[]', '%YAML 9.9\n', '\u0000', '{', 'a: b: c'])(
    'no stack trace for a manifest of %j',
    (text) => {
      const file = join(folder, 'odd.yaml')
      writeFileSync(file, text)
      const { status, stderr } = runCli(`trace -f ${file} --from pod/a --to svc/b`)
      expect(status).toBe(2)
      expect(stderr).not.toMatch(/internal error|^\s+at /m)
    },
  )
})

describe('input', () => {
  test('manifests from standard input, several documents and lists', () => {
    const documents = readFileSync('examples/nodeport.yaml', 'utf8')
      .split('\n---\n')
      .map((text) => parse(text) as object)
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: documents })
    const { status, stdout } = runCli('trace -f - --from pod/client --to svc/web:80', { readStdin: () => list })
    expect(status).toBe(0)
    expect(stdout).toBe(runCli(ASK).stdout)
  })

  test('settings from kubehop.yaml; a flag wins', () => {
    writeFileSync(join(folder, 'kubehop.yaml'), 'files: [app.yaml]\nnodes: 4\n')
    writeFileSync(join(folder, 'app.yaml'), readFileSync('examples/nodeport.yaml', 'utf8'))
    const nodes = (command: string): number => runCli(command, { cwd: folder }).stdout.match(/^node-/gm)?.length ?? 0
    expect(nodes('get nodes')).toBe(4)
    expect(nodes('get nodes --nodes 3')).toBe(3)
  })
})

describe('output', () => {
  test('json and yaml hold the same document', () => {
    const json = JSON.parse(runCli(`${ASK} -o json`).stdout) as TraceDocument
    expect(json).toMatchObject({ apiVersion: 'kubehop.dev/v1', kind: 'Trace' })
    expect(parse(runCli(`${ASK} -o yaml`).stdout, { maxAliasCount: -1 })).toEqual(json)
  })

  test('the same command gives the same bytes; another seed may give others', () => {
    expect(runCli(`${ASK} -o json`).stdout).toBe(runCli(`${ASK} -o json`).stdout)
  })

  test('--sample follows one outcome', () => {
    const command = 'trace -f examples/session-affinity.yaml --from pod/client --to svc/web:80 -o json'
    const all = JSON.parse(runCli(command).stdout) as TraceDocument
    const one = JSON.parse(runCli(`${command} --sample`).stdout) as TraceDocument
    expect(all.outcomes.length).toBeGreaterThan(1)
    expect(one.outcomes).toHaveLength(1)
    expect(one.request.sampled).toBe(true)
  })

  test('--all shows rules that do not match', () => {
    expect(runCli(`${ASK} --all`).stdout).toContain('✗')
    expect(runCli(ASK).stdout).not.toContain('✗')
  })

  test('colour only when it is wanted', () => {
    const escape = '\u001b['
    expect(runCli(ASK).stdout).not.toContain(escape)
    expect(runCli(ASK, { env: { FORCE_COLOR: '1' } }).stdout).toContain(escape)
  })

  test('get and show print what there is', () => {
    expect(runCli('get pods,svc -f examples/nodeport.yaml').stdout).toMatch(
      /^default +web +yes +10\.244\.1\.\d+ +node-2/m,
    )
    expect(runCli('show node-2 iptables -f examples/nodeport.yaml').stdout).toMatch(
      /^-A KUBE-NODEPORTS .*--dport 30080/m,
    )
    expect(runCli('show pod/client routes -f examples/nodeport.yaml').stdout).toContain(
      'default via 10.244.0.1 dev eth0',
    )
    expect(runCli('show nod-1 routes -f examples/nodeport.yaml')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/nod-1.*did you mean .*node-1/) as string,
    })
  })
})
