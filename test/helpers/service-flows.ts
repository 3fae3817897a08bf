import { describe, expect, test } from 'vitest'
import type { EndpointSlice, Service } from '../../src/api/index.js'
import { desiredRules, type ProxyNode, type ProxyOptions } from '../../src/service/index.js'
import { input, NODE, node, options } from './proxy-objects.js'
import { type Flow, traceFlow } from './service-tracer.js'

/** A row: name, from, to (`ip:port`, with `/udp` or `/sctp` behind it unless TCP), what comes of it. */
type Row = readonly [name: string, from: string | Partial<Flow>, to: string, output: string, masq?: 'masq']

/** What a node sees, and what becomes of flows through it. */
export interface FlowCase {
  readonly objects: readonly (Service | EndpointSlice)[]
  readonly node?: Partial<ProxyNode>
  readonly options?: Partial<ProxyOptions>
  readonly flows: readonly Row[]
}

/** Senders, the usual service, and endpoints in all conditions. */
export const POD = '10.0.0.2'
export const OUTSIDER = '1.2.3.4'
export const SVC = 'ns1/svc1'
export const CIP = '172.30.0.41'
export const tcp80: readonly [{ readonly name: string; readonly port: number }] = [{ name: 'p80', port: 80 }]
export const here: { readonly ip: string; readonly node: string } = { ip: '10.180.0.1', node: NODE }
export const there = { ip: '10.180.0.2', node: 'node-2' } as const
export const unready = { ready: false, serving: false } as const
export const ending = { ready: false, serving: true, terminating: true } as const
export const ended = { ready: false, serving: false, terminating: true } as const

/** Makes a suite of every case and a test of every flow. */
export function testFlows(cases: Readonly<Record<string, FlowCase>>): void {
  describe.each(Object.entries(cases))('%s', (_, given) => {
    const rules = desiredRules(input(given.objects, given.node), options(given.options)).chains
    const local = { ...node, ...given.node }.localAddresses
    for (const [name, from, to, output, masq] of given.flows) {
      test(name, () => {
        expect(traceFlow(rules, local, flow(from, to))).toEqual({ output, masq: masq === 'masq' })
      })
    }
  })
}

function flow(from: string | Partial<Flow>, to: string): Flow {
  const [address, protocol = 'tcp'] = to.split('/') as [string, Flow['protocol']?]
  const [destIP, destPort] = address.split(':') as [string, string]
  const sender = typeof from === 'string' ? { sourceIP: from } : { sourceIP: OUTSIDER, ...from }
  return { ...sender, protocol, destIP, destPort: Number(destPort) }
}
