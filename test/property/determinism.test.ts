import fc from 'fast-check'
import { expect, test } from 'vitest'
import { clusterWithFlowsArbitrary } from '../../src/testing/index.js'
import { printState } from '../helpers/cluster-state.js'

const arbitrary = clusterWithFlowsArbitrary({
  maxPods: 4,
  maxDeployments: 1,
  services: { protocols: ['TCP', 'UDP', 'SCTP'] },
})

test('same manifests, options and seed: same trace, byte for byte, here and in a fork', () => {
  fc.assert(
    fc.property(arbitrary, ({ plan, flows }) => {
      const [one, other] = [plan.build(), plan.build()]
      const fork = one.fork()
      for (const flow of flows) {
        const trace = JSON.stringify(one.trace(flow))
        expect(JSON.stringify(other.trace(flow))).toBe(trace)
        expect(JSON.stringify(fork.trace(flow))).toBe(trace)
        const followed = JSON.stringify(one.send(flow))
        expect(JSON.stringify(other.send(flow))).toBe(followed)
        expect(JSON.stringify(fork.send(flow))).toBe(followed)
      }
      expect(printState(other)).toBe(printState(one))
      expect(printState(fork)).toBe(printState(one))
    }),
    { numRuns: 12 },
  )
})

test('a trace is hypothetical: it leaves the cluster as it was', () => {
  fc.assert(
    fc.property(arbitrary, ({ plan, flows }) => {
      const cluster = plan.build()
      const before = printState(cluster)
      const traces = flows.map((flow) => JSON.stringify(cluster.trace(flow)))
      expect(printState(cluster)).toBe(before)
      expect(flows.map((flow) => JSON.stringify(cluster.trace(flow)))).toEqual(traces)
    }),
    { numRuns: 12 },
  )
})

test('what happens in a fork stays there, and the other way round', () => {
  fc.assert(
    fc.property(arbitrary, ({ plan, flows }) => {
      const cluster = plan.build()
      const before = printState(cluster)
      const fork = cluster.fork()
      for (const flow of flows) fork.send(flow)
      fork.advance(1000)
      expect(printState(cluster)).toBe(before)
      const after = printState(fork)
      for (const flow of flows) cluster.send(flow)
      for (const pod of cluster.list('Pod')) cluster.delete('Pod', pod.metadata.name, pod.metadata.namespace)
      expect(printState(fork)).toBe(after)
    }),
    { numRuns: 12 },
  )
})

test('all outcomes together are certain', () => {
  fc.assert(
    fc.property(arbitrary, ({ plan, flows }) => {
      const cluster = plan.build()
      for (const flow of flows) {
        const { outcomes } = cluster.trace(flow)
        const sum = outcomes.reduce((total, { probability }) => total + probability, 0)
        expect(Math.abs(sum - 1)).toBeLessThan(1e-9)
        for (const { probability } of outcomes) expect(probability).toBeGreaterThan(0)
      }
    }),
    { numRuns: 20 },
  )
})
