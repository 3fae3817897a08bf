import { describe, expect, it, test } from 'vitest'
import { cloneGraph } from '../base/index.js'
import { dns } from '../wire/index.js'
import {
  type DoneStep,
  parseResolvConf,
  type QueryStep,
  type ResolvConf,
  resolve,
  type StubEvent,
  type StubOptions,
  type StubQuery,
} from './index.js'

const usual = parseResolvConf(
  'search default.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n',
)
const withServers = (...nameservers: string[]): ResolvConf => ({ ...usual, nameservers })
const withOption = (name: string, value?: string): ResolvConf => ({
  ...usual,
  options: [...usual.options, value === undefined ? { name } : { name, value }],
})

const HOSTS: Readonly<Record<string, string>> = {
  'web.default.svc.cluster.local': '10.96.1.1',
  'www.example.com': '203.0.113.1',
}

type Answer = 'silent' | 'refused' | Partial<dns.Message>

function addressIn(qname: string, qtype: string): Partial<dns.Message> {
  const data = HOSTS[qname]
  if (data === undefined) return { rcode: dns.RCODE.NXDOMAIN }
  return { answers: qtype === 'A' ? [{ name: qname, type: 'A', class: 'IN', ttl: 30, data }] : [] }
}

const reply = ({ id, qname, qtype }: StubQuery, server: string, message: Partial<dns.Message>): StubEvent => ({
  kind: 'reply',
  server,
  message: {
    id,
    response: true,
    opcode: 0,
    authoritative: true,
    truncated: false,
    recursionDesired: true,
    recursionAvailable: false,
    authenticData: false,
    checkingDisabled: false,
    rcode: 0,
    questions: [{ name: qname, type: qtype, class: 'IN' }],
    answers: [],
    authorities: [],
    additionals: [],
    ...message,
  },
})

type Respond = (query: StubQuery, server: string, step: QueryStep) => Answer

/** Runs a look-up against servers that answer as `respond` says. */
function run(
  name: string,
  conf: ResolvConf,
  options: StubOptions = {},
  respond: Respond = zone,
): DoneStep & { steps: QueryStep[] } {
  const walk = resolve(name, conf, options)
  const steps: QueryStep[] = []
  let step = walk.start()
  while (step.kind === 'query') {
    const sent = step
    steps.push(sent)
    const events = sent.servers.flatMap((server) =>
      sent.queries.flatMap((query): StubEvent[] => {
        const answer = respond(query, server, sent)
        if (answer === 'silent') return []
        return [answer === 'refused' ? { kind: 'refused', server } : reply(query, server, answer)]
      }),
    )
    step = walk.receive(events)
  }
  return { ...step, steps }
}

const zone: Respond = ({ qname, qtype }) => addressIn(qname, qtype)
const names = (done: DoneStep): string[] => [...new Set(done.asked.map((query) => query.qname))]

describe('queries per look-up', () => {
  test.each([
    ['web', usual, 1, 2],
    ['web.default', usual, 2, 4],
    ['web.default.svc', usual, 3, 6],
    ['web.default.svc.cluster.local', usual, 4, 8],
    ['www.example.com', usual, 4, 8],
    ['www.example.com', { ...usual, search: [...usual.search, 'example.net'] }, 5, 10],
    ['www.example.com.', usual, 1, 2],
    ['www.example.com', withOption('ndots', '1'), 1, 2],
    ['www.example.com', withOption('ndots', '2'), 1, 2],
  ] as const)('%s', (name, conf, nameCount, queryCount) => {
    for (const flavour of ['glibc', 'musl'] as const) {
      const done = run(name, conf, { flavour })
      expect(done.result.outcome).toBe('found')
      expect(names(done)).toHaveLength(nameCount)
      expect(done.asked).toHaveLength(queryCount)
    }
  })

  it('is everything for a name that does not exist', () => {
    const done = run('gone', usual)
    expect(done.result).toEqual({ outcome: 'name-not-found' })
    expect(done.asked).toHaveLength(8)
    expect(done.asked.every((query) => query.outcome === 'name-error')).toBe(true)
  })
})

describe('a look-up', () => {
  it('sends A and AAAA back to back from one socket', () => {
    const [step] = run('web', usual, { firstId: 0xffff }).steps
    expect(step).toEqual({
      kind: 'query',
      transport: 'udp',
      servers: ['10.96.0.10'],
      queries: [
        { id: 0xffff, qname: 'web.default.svc.cluster.local', qtype: 'A' },
        { id: 0, qname: 'web.default.svc.cluster.local', qtype: 'AAAA' },
      ],
      socket: 0,
      timeoutMs: 5000,
    })
  })

  it('asks nobody for addresses and names of the hosts file', () => {
    expect(run('10.0.0.1', usual)).toMatchObject({ result: { addresses: ['10.0.0.1'], source: 'literal' }, asked: [] })
    const hosts = { hostNetwork: false, entries: [{ address: '127.0.0.1', names: ['localhost'] }], aliases: [] }
    expect(run('localhost', usual, { hosts })).toMatchObject({ result: { addresses: ['127.0.0.1'], source: 'hosts' } })
  })

  it('asks nobody for what cannot be a name', () => {
    expect(run('a..b', usual)).toMatchObject({ result: { outcome: 'name-not-found' }, asked: [] })
  })

  it('tells the canonical name', () => {
    const answers: dns.ResourceRecord[] = [
      { name: 'x', type: 'CNAME', class: 'IN', ttl: 30, data: 'y.example.org' },
      { name: 'y.example.org', type: 'A', class: 'IN', ttl: 30, data: '192.0.2.1' },
    ]
    const done = run('x', usual, {}, ({ qtype }) => (qtype === 'A' ? { answers } : {}))
    expect(done.result).toMatchObject({ addresses: ['192.0.2.1'], canonicalName: 'y.example.org' })
  })

  it('goes on from a clone as from the original', () => {
    const walk = resolve('web.default', usual)
    const step = walk.start() as QueryStep
    const events = step.queries.map((query) => reply(query, '10.96.0.10', { rcode: 3 }))
    expect(cloneGraph(walk).receive(events)).toEqual(walk.receive(events))
  })
})

describe('glibc', () => {
  const first = 'x.default.svc.cluster.local'

  it('goes on after NODATA and remembers it', () => {
    const done = run('x', usual, {}, ({ qname }) => (qname === first ? {} : { rcode: 3 }))
    expect(done.result).toEqual({ outcome: 'no-data' })
    expect(done.asked).toHaveLength(8)
  })

  it('ends at an alias that leads nowhere', () => {
    const answers: dns.ResourceRecord[] = [{ name: first, type: 'CNAME', class: 'IN', ttl: 30, data: 'y' }]
    expect(run('x', usual, {}, () => ({ answers }))).toMatchObject({
      result: { outcome: 'no-data' },
      asked: { length: 2 },
    })
  })

  it('goes on after SERVFAIL and gives try-again in the end', () => {
    const done = run('x', usual, {}, ({ qname }) => ({ rcode: qname === first ? 2 : 3 }))
    expect(done.result).toEqual({ outcome: 'try-again' })
    expect(names(done)).toHaveLength(4)
    // Both attempts at the first name, one at each of the others.
    expect(done.asked).toHaveLength(10)
  })

  it('skips the rest of the list after silence, but tries the name as it is', () => {
    const done = run('x', usual, {}, ({ qname }) => (qname === first ? 'silent' : { rcode: 3 }))
    expect(names(done)).toEqual([first, 'x'])
    expect(done.result).toEqual({ outcome: 'name-not-found' })
    expect(done.steps.map((step) => step.timeoutMs)).toEqual([5000, 5000, 5000])
  })

  it('stops when every server refuses the connection', () => {
    const done = run('x', usual, {}, () => 'refused')
    expect(done.result).toEqual({ outcome: 'try-again' })
    expect(names(done)).toEqual([first])
    expect(done.asked.map((query) => query.outcome)).toEqual(['refused', 'refused', 'refused', 'refused'])
  })

  it('reports the error of the name as it is when that came first', () => {
    const done = run('a.b', withOption('ndots', '1'), {}, ({ qname }) => ({ rcode: qname === 'a.b' ? 3 : 0 }))
    expect(names(done)[0]).toBe('a.b')
    expect(done.result).toEqual({ outcome: 'name-not-found' })
  })

  it('asks the next server after SERVFAIL, REFUSED and referrals, with longer time-outs', () => {
    for (const bad of [{ rcode: 2 }, { rcode: 5 }, { authoritative: false }]) {
      const done = run('web', withServers('192.0.2.1', '192.0.2.2', '10.96.0.10'), {}, (query, server, step) =>
        server === '10.96.0.10' ? zone(query, server, step) : bad,
      )
      expect(done.result.outcome).toBe('found')
      expect(done.steps.map((step) => [step.servers[0], step.timeoutMs])).toEqual([
        ['192.0.2.1', 5000],
        ['192.0.2.2', 3000],
        ['10.96.0.10', 6000],
      ])
    }
  })

  it('takes NODATA for an answer when it is authoritative', () => {
    const done = run('web', withServers('192.0.2.1', '10.96.0.10'), {}, () => ({}))
    expect(done.asked.every((query) => query.server === '192.0.2.1')).toBe(true)
  })

  it('asks one after the other, then from separate sockets, when one answer gets lost', () => {
    const done = run('web', usual, {}, (query, server, step) =>
      query.qtype === 'AAAA' && step.socket < 2 ? 'silent' : zone(query, server, step),
    )
    expect(done.result).toMatchObject({ outcome: 'found', addresses: ['10.96.1.1'] })
    expect(done.steps.map((step) => [step.socket, step.queries.map((query) => query.qtype).join('+')])).toEqual([
      [0, 'A+AAAA'],
      [0, 'A'],
      [0, 'AAAA'],
      [1, 'A'],
      [2, 'AAAA'],
    ])
  })

  it('takes the one answer when the other stays lost from its own socket', () => {
    const done = run('web', usual, {}, (query, server, step) =>
      query.qtype === 'AAAA' ? 'silent' : zone(query, server, step),
    )
    expect(done.result).toMatchObject({ outcome: 'found', addresses: ['10.96.1.1'] })
    expect(done.asked).toHaveLength(6)
  })

  // As seen on the wire with glibc 2.36 and two servers that answer SERVFAIL.
  it('keeps one socket per server through all attempts at a name', () => {
    const done = run('x.', withServers('192.0.2.1', '192.0.2.2'), {}, () => ({ rcode: 2 }))
    expect(done.steps.map((step) => [step.servers[0], step.socket])).toEqual([
      ['192.0.2.1', 0],
      ['192.0.2.2', 1],
      ['192.0.2.1', 0],
      ['192.0.2.2', 1],
    ])
  })

  it('obeys single-request, single-request-reopen and use-vc', () => {
    const shape = (option: string): unknown[] =>
      run('web', withOption(option)).steps.map((step) => [step.transport, step.socket, step.queries.length])
    expect(shape('single-request')).toEqual([
      ['udp', 0, 1],
      ['udp', 0, 1],
    ])
    expect(shape('single-request-reopen')).toEqual([
      ['udp', 0, 1],
      ['udp', 1, 1],
    ])
    expect(shape('use-vc')).toEqual([['tcp', 0, 2]])
  })

  it('begins one server further on at each name with rotate', () => {
    const conf = { ...withOption('rotate'), nameservers: ['192.0.2.1', '192.0.2.2'] }
    expect(run('x', conf).steps.map((step) => step.servers[0])).toEqual([
      '192.0.2.1',
      '192.0.2.2',
      '192.0.2.1',
      '192.0.2.2',
    ])
  })

  it('repeats both queries over TCP after a truncated answer', () => {
    const done = run('web', usual, {}, (query, server, step) =>
      step.transport === 'udp' ? { truncated: true } : zone(query, server, step),
    )
    expect(done.result.outcome).toBe('found')
    expect(done.steps.map((step) => [step.transport, step.queries.length])).toEqual([
      ['udp', 2],
      ['tcp', 2],
    ])
  })

  it('does not try the name again when the root is in the search list', () => {
    expect(names(run('x', { ...usual, search: ['.'] }))).toEqual(['x'])
  })

  it('waits for both answers', () => {
    const walk = resolve('web', usual)
    const { queries } = walk.start() as QueryStep
    const events = queries.map((query) => reply(query, '10.96.0.10', {}))
    expect(walk.isSettled(events.slice(0, 1))).toBe(false)
    expect(walk.isSettled(events)).toBe(true)
    expect(walk.isSettled([reply({ ...queries[0]!, id: 999 }, '10.96.0.10', {}), events[0]!])).toBe(false)
  })
})

describe('musl', () => {
  const musl = { flavour: 'musl' } as const

  it('never walks the list when there are ndots dots', () => {
    const done = run('web.default', withOption('ndots', '1'), musl)
    expect(done).toMatchObject({ result: { outcome: 'name-not-found' }, asked: { length: 2 } })
  })

  it('ends the walk at NODATA and at SERVFAIL', () => {
    expect(run('x', usual, musl, () => ({}))).toMatchObject({ result: { outcome: 'no-data' }, asked: { length: 2 } })
    const failed = run('x', usual, musl, () => ({ rcode: 2 }))
    expect(failed.result).toEqual({ outcome: 'try-again' })
    expect(names(failed)).toHaveLength(1)
    // Two rounds of a pair, and up to two more for each query of a round.
    expect(failed.asked).toHaveLength(2 * (2 + 4))
  })

  it('asks all servers at once and takes the first usable reply', () => {
    const conf = withServers('192.0.2.1', '10.96.0.10')
    const done = run('web', conf, musl, (query, server, step) =>
      server === '192.0.2.1' ? { rcode: 3 } : zone(query, server, step),
    )
    expect(done.steps[0]!.servers).toEqual(['192.0.2.1', '10.96.0.10'])
    expect(done.result).toEqual({ outcome: 'name-not-found' })
    const refusing = run('web', conf, musl, (query, server, step) =>
      server === '192.0.2.1' ? { rcode: 5 } : zone(query, server, step),
    )
    expect(refusing.result.outcome).toBe('found')
  })

  it('sends again what is unanswered after half the time, from the same socket', () => {
    const done = run('web', usual, musl, (query, server, step) =>
      query.qtype === 'AAAA' ? 'silent' : zone(query, server, step),
    )
    expect(done.result).toEqual({ outcome: 'try-again' })
    expect(done.steps.map((step) => [step.timeoutMs, step.socket, step.queries.length])).toEqual([
      [2500, 0, 2],
      [2500, 0, 1],
    ])
  })

  it('does not hear ICMP errors', () => {
    expect(run('web', usual, musl, () => 'refused').steps).toHaveLength(2)
  })

  it('repeats a truncated answer over TCP', () => {
    const done = run('web', usual, musl, (query, server, step) =>
      step.transport === 'udp' && query.qtype === 'A' ? { truncated: true } : zone(query, server, step),
    )
    expect(done.result.outcome).toBe('found')
    expect(done.steps.map((step) => [step.transport, step.queries.length])).toEqual([
      ['udp', 2],
      ['tcp', 1],
    ])
  })

  it('drops a search line of more than 255 characters', () => {
    const long = { ...usual, search: [...usual.search, 'x'.repeat(200)] }
    expect(names(run('web', long, musl))).toEqual(['web'])
    expect(names(run('web', long))).toEqual(['web.default.svc.cluster.local'])
  })
})
