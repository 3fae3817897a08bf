import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Cluster } from '../../src/cluster/index.js'
import { briefTrace, type ClusterPlan, clusterWithFlowsArbitrary } from '../../src/testing/index.js'
import type { TraceDocument, TraceOutcome, TraceQuestion } from '../../src/trace/index.js'
import { backendOf, sharesBy } from '../helpers/outcomes.js'

/** What an outcome means to the two that talk: where it was sent, who took it, what the client saw. */
function meaningOf(outcome: TraceOutcome): string {
  const { delivered, client } = outcome
  const taker = delivered === null ? 'nobody' : `${delivered.netns} at ${delivered.address}:${delivered.port}`
  return `${backendOf(outcome) ?? 'untranslated'}: ${taker}, ${client.sees}`
}

/** The request comes back to the host that sent it, translated: what becomes of it is the bridge's own. */
function isHairpin(outcome: TraceOutcome, { request }: TraceDocument): boolean {
  const source = outcome.conversation.find(({ kind }) => kind === 'request')?.from.replace(/:\d+$/, '')
  return request.client.pod !== null && (backendOf(outcome)?.startsWith(`${source}:`) ?? false)
}

function meanings(trace: TraceDocument): Map<string, number> {
  return sharesBy(
    trace.outcomes.filter((outcome) => !isHairpin(outcome, trace)),
    meaningOf,
  )
}

function compare(a: Cluster, b: Cluster, question: TraceQuestion): void {
  const [one, other] = [a.trace(question), b.trace(question)]
  const [left, right] = [meanings(one), meanings(other)]
  try {
    expect([...left.keys()].sort()).toEqual([...right.keys()].sort())
    for (const [meaning, share] of left) expect(right.get(meaning)).toBeCloseTo(share, 9)
  } catch (error) {
    throw new Error(`${(error as Error).message}\n\n${briefTrace(one)}\n\n${briefTrace(other)}`, { cause: error })
  }
}

function compareAll(
  plan: ClusterPlan,
  flows: readonly TraceQuestion[],
  vary: Parameters<ClusterPlan['build']>[0],
): void {
  const [a, b] = [plan.build(), plan.build(vary)]
  for (const flow of flows) compare(a, b, flow)
}

/** A pod asks for a hostPort of its own node: docker's rules leave what comes in on docker0 to docker-proxy. */
function isForDockerProxy(cluster: Cluster, { from, to }: TraceQuestion): boolean {
  const client = cluster.list('Pod').find(({ metadata }) => from === `pod/${metadata.namespace}/${metadata.name}`)
  if (client === undefined || client.spec.hostNetwork) return false
  const neighbours = cluster.list('Pod').filter(({ spec }) => spec.nodeName === client.spec.nodeName)
  const ports = neighbours.flatMap(({ spec }) => spec.containers.flatMap((container) => container.ports))
  return ports.some(({ hostPort }) => hostPort !== undefined && to === `${client.status.hostIP}:${hostPort}`)
}

test('docker0 and cni0 bring the same packets to the same pods, but for hairpins and docker-proxy', () => {
  fc.assert(
    fc.property(clusterWithFlowsArbitrary({ bridge: ['docker0'] }), ({ plan, flows }) => {
      const cluster = plan.build()
      compareAll(
        plan,
        flows.filter((flow) => !isForDockerProxy(cluster, flow)),
        { bridge: 'cni0' },
      )
    }),
    { numRuns: 15 },
  )
})

test('vxlan and host-gw bring the same packets to the same pods', () => {
  fc.assert(
    fc.property(clusterWithFlowsArbitrary({ cni: ['flannel-vxlan'] }), ({ plan, flows }) => {
      compareAll(plan, flows, { cni: 'flannel-host-gw' })
    }),
    { numRuns: 15 },
  )
})
