import fc from 'fast-check'
import { expect, test } from 'vitest'
import { briefTrace, clusterWithFlowsArbitrary } from '../../src/testing/index.js'
import { SEES_SUCCESS, type TraceDocument, type TraceOutcome } from '../../src/trace/index.js'
import { replyDelivery, requestOf } from '../helpers/outcomes.js'

/** Who the client believes to talk to, by its own packet. */
function checkOutcome(outcome: TraceOutcome, { request }: TraceDocument): void {
  const sent = requestOf(outcome)!
  const { destination, delivered } = outcome
  if (request.protocol === 'icmp') {
    const reply = outcome.conversation.find(({ kind }) => kind === 'reply')!
    expect(reply.from, 'the host that took the echo answers as itself').toBe(delivered!.address)
    expect(reply.to, 'it answers whom it saw').toBe(delivered!.source)
    return
  }
  expect(sent.to).toBe(`${destination!.address}:${destination!.port}`)
  const reply = outcome.conversation.find(({ kind }) => kind === 'reply')!
  expect(reply.from, 'the server answers as the address that it was reached at').toBe(
    `${delivered!.address}:${delivered!.port}`,
  )
  expect(reply.to, 'the server answers whom it saw').toBe(delivered!.source)
  const socket = replyDelivery(outcome)
  expect(socket?.peer, "the client's socket sees the address that it sent to").toBe(sent.to)
  expect(socket?.local, "the client's socket gets it at the address that it sent from").toBe(sent.from)
}

test('translation there and back is the identity', () => {
  const constraints = { services: { protocols: ['TCP', 'UDP', 'SCTP'], deadTargetPorts: false } } as const
  fc.assert(
    fc.property(clusterWithFlowsArbitrary(constraints), ({ plan, flows }) => {
      const cluster = plan.build()
      for (const flow of flows) {
        const trace = cluster.trace(flow)
        for (const outcome of trace.outcomes) {
          if (!SEES_SUCCESS.has(outcome.client.sees)) continue
          try {
            checkOutcome(outcome, trace)
          } catch (error) {
            throw new Error(briefTrace(trace), { cause: error })
          }
        }
      }
    }),
    { numRuns: 30 },
  )
})
