import { describe, expect, test } from 'vitest'
import { parseRestore, parseRuleSet } from './parse.js'
import { printRule, printSave } from './print.js'

const input = (rule: string): string => {
  const set = parseRuleSet(`*filter\n-A INPUT ${rule}\nCOMMIT\n`)
  return printRule('INPUT', set.tables[0]!.chains.find((chain) => chain.name === 'INPUT')!.rules[0]!)
}

describe('parseRestore', () => {
  test('gives every line of every table', () => {
    const change = parseRestore(
      '# by hand\n*filter\n:U - [0:0]\n[3:4] -A U -s 10.0.0.1,10.0.0.2 -j DROP\nCOMMIT\n*nat\n-F\nCOMMIT\n',
    )
    expect(change.tables.map((table) => [table.table, table.commands.map((command) => command.kind)])).toEqual([
      ['filter', ['chain', 'append']],
      ['nat', ['flush']],
    ])
    expect(change.tables[0]!.commands[1]).toMatchObject({
      chain: 'U',
      counters: { packets: 3, bytes: 4 },
      rules: [{ source: { address: 0x0a000001 } }, { source: { address: 0x0a000002 } }],
    })
  })

  test('rules are frozen through and through', () => {
    const rule = parseRuleSet('*filter\n-A INPUT -m state --state NEW -j ACCEPT\nCOMMIT\n').tables[0]!.chains[0]!
      .rules[0]!
    expect([rule, rule.source, rule.matches, rule.matches[0], rule.target].every(Object.isFrozen)).toBe(true)
  })
})

describe('extensions that are not modelled', () => {
  test('are kept and printed back', () => {
    expect(input('-p tcp -m string --string "a b" ! --algo bm -m mark --mark 1 -j NFQUEUE --queue-num 3')).toBe(
      '-A INPUT -p tcp -m string --string "a b" ! --algo bm -m mark --mark 0x1 -j NFQUEUE --queue-num 3',
    )
    expect(input('-j AUDIT --type accept -m time --kerneltz')).toBe(
      '-A INPUT -m time --kerneltz -j AUDIT --type accept',
    )
    expect(input('-p dccp --dport 5 -j ACCEPT')).toBe('-A INPUT -p dccp -m dccp --dport 5 -j ACCEPT')
  })
})

test('an empty table prints its chains', () => {
  expect(printSave(parseRuleSet('*raw\nCOMMIT\n'))).toBe(
    '*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n',
  )
})
