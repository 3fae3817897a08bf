import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { afterKubeProxy, KUBE_PROXY, NODE_RULE_CASES, savedRules, tablesIn } from '../helpers/node-rule-cases.js'

const golden = join(import.meta.dirname, '../golden/node')
const scratch = mkdtempSync(join(tmpdir(), 'node-rules-'))
afterAll(() => rmSync(scratch, { recursive: true }))

const SCRIPT = [
  'iptables-legacy-restore < "$0/before"',
  'iptables-legacy-restore --noflush < "$0/step"',
  'for t in raw mangle nat filter; do iptables-legacy-save -t $t; done',
].join(' && ')

/** What the kernel shows after `step` was given to iptables-restore on a node with the rules `before`. */
function afterRestore(before: string, step: string): string {
  writeFileSync(join(scratch, 'before'), before)
  writeFileSync(join(scratch, 'step'), step)
  const shown = execFileSync('unshare', ['-n', 'sh', '-c', SCRIPT, scratch], {
    encoding: 'utf8',
    env: { ...process.env, XTABLES_LOCKFILE: join(scratch, 'lock') },
  })
  return shown.replace(/^#.*\n/gm, '').replace(/\[\d+:\d+\]/g, '[0:0]')
}

/** The sections of those tables that `like` has. */
function sections(save: string, like: string): string {
  const wanted = tablesIn(like)
  return [...save.matchAll(/^\*(\w+)\n[^]*?^COMMIT\n/gm)]
    .filter((match) => wanted.includes(match[1]!))
    .map((match) => match[0])
    .join('')
}

describe.each(Object.entries(NODE_RULE_CASES))('%s', (name, steps) => {
  test('every text loads, and the recording holds', () => {
    const shown = steps.reduce<string>(
      (save, step) => (step === KUBE_PROXY ? afterRestore(afterKubeProxy(save), '') : afterRestore(save, step)),
      '',
    )
    expect(sections(shown, savedRules(steps))).toBe(readFileSync(join(golden, `${name}.save`), 'utf8'))
  })
})
