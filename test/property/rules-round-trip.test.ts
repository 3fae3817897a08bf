import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseRuleSet, printSave } from '../../src/iptables/index.js'
import { clusterWithFlowsArbitrary } from '../../src/testing/index.js'

/** Comments hold the time of printing, and counters are the tables' own. */
function rulesOf(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.replace(/ ?\[\d+:\d+\] ?/, ''))
}

test('print(parse(rules)) is the rules, on every node of every cluster, before and after traffic', () => {
  fc.assert(
    fc.property(clusterWithFlowsArbitrary(), ({ plan, flows }) => {
      const cluster = plan.build()
      for (const flow of flows) cluster.send(flow)
      for (const { metadata } of cluster.list('Node')) {
        const text = cluster.node(metadata.name).iptablesSave()
        const printed = printSave(parseRuleSet(text))
        expect(rulesOf(printed)).toEqual(rulesOf(text))
        expect(printSave(parseRuleSet(printed))).toBe(printed)
        expect(rulesOf(text).length).toBeGreaterThan(20)
      }
    }),
    { numRuns: 15 },
  )
})
