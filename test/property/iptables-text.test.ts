import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Iptables, parseRuleSet, printSave } from '../../src/iptables/index.js'
import { ruleSets } from '../arbitraries/iptables.js'
import { RuleBench } from '../helpers/rule-bench.js'

test('what is printed reads back as the same rules', () => {
  fc.assert(
    fc.property(ruleSets, (ruleSet) => {
      expect(parseRuleSet(printSave(ruleSet))).toEqual(ruleSet)
    }),
    { numRuns: 300 },
  )
})

test('printing what was read changes nothing', () => {
  fc.assert(
    fc.property(ruleSets, (ruleSet) => {
      const text = printSave(ruleSet)
      expect(printSave(parseRuleSet(text))).toBe(text)
    }),
    { numRuns: 100 },
  )
})

test('any text is read or refused with issues, never otherwise', () => {
  const lines = fc.array(
    fc.oneof(fc.string(), fc.constantFrom('*filter', 'COMMIT', ':A -', '-A INPUT -j', '-A INPUT ! -p tcp -m')),
  )
  fc.assert(
    fc.property(lines, (parts) => {
      try {
        parseRuleSet(parts.join('\n'))
      } catch (error) {
        expect(error).toMatchObject({ code: 'ERR_INVALID_INPUT' })
      }
    }),
    { numRuns: 300 },
  )
})

test('a rule set that is applied is saved as it is printed', () => {
  fc.assert(
    fc.property(ruleSets, (ruleSet) => {
      const bench = new RuleBench('')
      const sets = { has: () => true, retain: () => {}, release: () => {} }
      const iptables = new Iptables(bench.netfilter, bench.environment, {
        ...sets,
        test: () => false,
        addPacket: () => {},
        deletePacket: () => {},
      })
      iptables.apply(ruleSet)
      expect(iptables.save()).toBe(printSave(ruleSet))
    }),
    { numRuns: 50 },
  )
})
