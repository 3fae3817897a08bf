import { describe, expect, test } from 'vitest'
import { lab, way } from '../helpers/lab.js'
import type { Cluster, TraceQuestion } from '../../src/index.js'

function send(cluster: Cluster, question: TraceQuestion): string {
  return way(cluster, cluster.send(question).outcomes[0]!)
}

describe('packet after packet', () => {
  test.each([
    ['pod/web-2:8080', 'tcp', 'connected'],
    ['pod/web-2:5300', 'udp', 'answered'],
    ['pod/web-2:7777', 'sctp', 'connected'],
  ] as const)('%s again from the same port', (to, protocol, sees) => {
    const cluster = lab()
    const question = { from: 'pod/client', to, protocol, sourcePort: 5000 }
    for (let i = 0; i < 3; i++) expect(send(cluster, question)).toBe(`100% ${sees} web-2 from client`)
    expect(cluster.trace(question).outcomes.map(({ client }) => client.sees)).toEqual([sees])
  })

  test('a connection stands until its port is used again', () => {
    const cluster = lab()
    cluster.send({ from: 'pod/client', to: 'pod/web-1:8080', sourcePort: 5000 })
    expect(cluster.node('node-1').conntrack()).toMatch(/ESTABLISHED src=10\.244\.0\.3 .* sport=5000/)
  })

  test('datagrams of one flow stay with their endpoint (kube-proxy 3.1: nat sees the first packet only)', () => {
    const cluster = lab()
    const question = { from: 'pod/client', to: 'svc/web:dns', sourcePort: 5000 }
    const first = send(cluster, question).split(' ')[2]
    for (let i = 0; i < 6; i++) expect(send(cluster, question)).toBe(`100% answered ${first} from client`)
  })

  test('client IP affinity holds for its time, by client (kube-proxy 3.4)', () => {
    const cluster = lab()
    const question = { from: 'pod/client', to: 'svc/sticky' }
    const first = send(cluster, question).split(' ')[2]
    for (let i = 0; i < 5; i++) {
      expect(send(cluster, question)).toBe(`100% connected ${first} from client`)
      cluster.advance(60_000)
    }
    expect(cluster.trace({ ...question, from: 'pod/self' }).outcomes).toHaveLength(2)
    cluster.advance(10_801_000)
    expect(cluster.trace(question).outcomes).toHaveLength(2)
  })

  test('an endpoint that is gone gets nothing more', () => {
    const cluster = lab()
    cluster.delete('Pod', 'web-1')
    const { outcomes } = cluster.trace({ from: 'pod/client', to: 'svc/web:http' })
    expect(outcomes.map((o) => way(cluster, o))).toEqual(['100% connected web-2 from client'])
  })
})
