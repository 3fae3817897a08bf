import { describe, expect, test } from 'vitest'
import { parseRuleSet, printRule } from '../../../src/iptables/index.js'
import golden from './rules.json' with { type: 'json' }

interface Case {
  readonly table: string
  readonly rule: string
  readonly saved?: readonly string[]
  readonly refused?: string
}

const cases: readonly Case[] = golden.cases

function save(text: string): string[] {
  return parseRuleSet(text).tables.flatMap((table) =>
    table.chains.flatMap((chain) => chain.rules.map((rule) => printRule(chain.name, rule))),
  )
}

const section = (table: string, rules: readonly string[]): string =>
  [`*${table}`, ':C1 - [0:0]', ...rules, 'COMMIT', ''].join('\n')

describe('rules as iptables-save prints them', () => {
  test.each(cases.filter((c) => c.saved !== undefined))('$table $rule', ({ table, rule, saved }) => {
    expect(save(section(table, [rule]))).toEqual(saved)
    expect(save(section(table, saved!))).toEqual(saved)
  })
})

describe('rules that iptables-restore refuses', () => {
  test.each(cases.filter((c) => c.refused !== undefined))('$table $rule', ({ table, rule }) => {
    expect(() => save(section(table, [rule]))).toThrowError(
      expect.objectContaining({ code: 'ERR_INVALID_INPUT', issues: [expect.objectContaining({ path: '' })] }),
    )
  })
})
