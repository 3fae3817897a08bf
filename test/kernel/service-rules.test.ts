import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { printSave } from '../../src/iptables/index.js'
import { rulesOfCase, SERVICE_RULE_CASES } from '../helpers/service-rule-cases.js'

const golden = join(import.meta.dirname, '../golden/service')
const scratch = mkdtempSync(join(tmpdir(), 'service-rules-'))
afterAll(() => rmSync(scratch, { recursive: true }))

const SCRIPT = 'iptables-legacy-restore && for t in mangle nat filter; do iptables-legacy-save -t $t; done'

/** What the kernel shows after `restore` was loaded into a namespace of its own. */
function loadAndSave(restore: string): string {
  const shown = execFileSync('unshare', ['-n', 'sh', '-c', SCRIPT], {
    input: restore,
    encoding: 'utf8',
    env: { ...process.env, XTABLES_LOCKFILE: join(scratch, 'lock') },
  })
  return shown.replace(/^#.*\n/gm, '')
}

const file = (name: string): string => readFileSync(join(golden, name), 'utf8')

describe.each(Object.entries(SERVICE_RULE_CASES))('%s', (name, given) => {
  test('the recording holds', () => {
    expect(loadAndSave(file(`${name}.restore`))).toBe(file(`${name}.save`))
  })

  test('what is printed loads, and comes back as it went in', () => {
    const printed = printSave(rulesOfCase(given))
    expect(loadAndSave(printed)).toBe(printed)
  })
})
