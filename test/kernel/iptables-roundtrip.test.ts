import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { EventQueue } from '../../src/base/index.js'
import { IpsetRegistry } from '../../src/ipset/index.js'
import { parseRuleSet, printSave } from '../../src/iptables/index.js'
import { ruleSets } from '../arbitraries/iptables.js'
import golden from '../golden/iptables/rules.json' with { type: 'json' }

const scratch = mkdtempSync(join(tmpdir(), 'iptables-roundtrip-'))
const setsFile = join(scratch, 'sets')
writeFileSync(setsFile, golden.sets)
afterAll(() => rmSync(scratch, { recursive: true }))

/** Runs a script in a network namespace of its own. */
function run(script: string, input: string): { ok: boolean; out: string } {
  const env = { ...process.env, XTABLES_LOCKFILE: join(scratch, 'lock'), SETS: setsFile }
  const done = spawnSync('unshare', ['-n', 'sh', '-c', script], { input, encoding: 'utf8', env })
  return { ok: done.status === 0, out: done.stdout.replace(/^#.*\n/gm, '') }
}

interface Case {
  readonly table: string
  readonly rule: string
  readonly saved?: readonly string[]
}

describe('the recording holds', () => {
  test.each(golden.cases as readonly Case[])('$table $rule', ({ table, rule, saved }) => {
    const text = `*${table}\n:C1 - [0:0]\n${rule}\nCOMMIT\n`
    const { ok, out } = run(`ipset restore < $SETS; iptables-legacy-restore && iptables-legacy-save -t ${table}`, text)
    expect(ok).toBe(saved !== undefined)
    if (saved !== undefined) expect(out.split('\n').filter((line) => line.startsWith('-A'))).toEqual(saved)
  })
})

test('rules that are made up load, and come back as they were printed', () => {
  const loadable = ruleSets.filter((ruleSet) => !/ -m x| --match-set /.test(printSave(ruleSet)))
  const samples = fc.sample(loadable, { numRuns: 60, seed: 20 })
  for (const ruleSet of samples) {
    const printed = printSave(ruleSet)
    const { ok, out } = run(
      'iptables-legacy-restore && for t in nat filter; do iptables-legacy-save -t $t; done',
      printed,
    )
    expect(ok, printed).toBe(true)
    expect(out).toBe(printed)
    expect(printSave(parseRuleSet(out))).toBe(printed)
  }
})

const SETS = `create a hash:ip netmask 24 timeout 600 counters comment
add a 10.0.0.7 timeout 0 packets 5 bytes 6 comment "hi there"
create n hash:net
add n 10.0.0.0/24
add n 10.0.0.5/32 nomatch
add n 10.0.1.0/8
add n 10.2.0.1-10.2.0.6
create p hash:ip,port
add p 10.0.0.1,80
add p 10.0.0.1,icmp:8/0
add p 10.0.0.1,tcp:100-102
add p 10.0.0.1,gre:0
add p 10.0.0.0/31,udp:7
create q hash:ip,port,ip
add q 10.0.0.1,tcp:80,10.0.0.2
create r hash:ip,port,net
add r 10.0.0.1,sctp:80,10.0.0.0/24
add r 10.0.0.1,tcp:80,10.0.0.9 nomatch
create i hash:net,iface
add i 10.0.0.0/8,physdev:veth1
add i 0.0.0.0/0,eth1
add i 10.0.0.0/24,eth+
create np hash:net,port
add np 10.0.0.0/24,81
create b bitmap:port range 1-10
add b 7-9
create m bitmap:ip range 10.0.0.0/24
add m 10.0.0.8/30
create l list:set
add l n
add l p before n
`

/** Elements of a hash come in the order of its buckets, and initval is random. */
function comparable(text: string): string[] {
  return text
    .replace(/ initval \S+/g, '')
    .split('\n')
    .sort()
}

test('sets are saved as ipset saves them, and what is printed loads', () => {
  const sets = new IpsetRegistry(new EventQueue())
  sets.restore(SETS)
  expect(comparable(run('ipset restore && ipset save', SETS).out)).toEqual(comparable(sets.save()))
  expect(comparable(run('ipset restore && ipset save', sets.save()).out)).toEqual(comparable(sets.save()))
})

test('the tool is the version that was recorded', () => {
  const version = execFileSync('iptables-legacy', ['--version'], { encoding: 'utf8' })
  expect(golden.tool).toContain(version.trim().replace('iptables ', ''))
})
