import { formatIpv4, type Ipv4 } from '../addr/index.js'
import type { Choices } from '../base/index.js'
import { PingProbe, type ProbeResult, SctpProbe, TcpProbe, UdpProbe } from '../netns/index.js'
import {
  type ClientSees,
  fateOf,
  type ParsedQuestion,
  Recorder,
  type RecordedFrame,
  SEES_SUCCESS,
  type TraceOutcome,
} from '../trace/index.js'
import type { Client } from './client.js'
import { routeToNode } from './load-balancer.js'
import { firstAddress, lookUp } from './name-lookup.js'
import { outsideNames } from './outside-names.js'
import { sightOf } from './sight.js'
import type { Target } from './target.js'
import type { World } from './world.js'

/** How long a client waits for an answer when the question does not say. */
export const DEFAULT_TIMEOUT_MS = 5000

/** Everything a run needs, resolved. */
export interface Ask {
  readonly question: ParsedQuestion
  readonly client: Client
  readonly target: Target
  readonly timeoutMs: number
  readonly everyRule: boolean
  readonly frames: boolean
}

/** One way it went; the probability is the caller's to know. */
export interface Answer {
  readonly outcome: Omit<TraceOutcome, 'probability' | 'choices'>
  readonly frames: readonly RecordedFrame[]
  /** Decisions taken while the name was looked up: they come before those of the request. */
  readonly lookupChoices: number
  /** The client's port, once it had one. */
  readonly sourcePort: number | null
}

/** What a name turned out to be. */
interface Resolved {
  readonly address: Ipv4 | null
  readonly sees: ClientSees | null
  readonly detail: string | null
}

/** Runs one question in `world`, which changes by it: looks the name up, sends the request, waits for the answer. */
export function ask(world: World, request: Ask, choices: Choices): Answer {
  const recorder = new Recorder({
    clock: world.sim.queue,
    nodeOf: (netns) => world.nodeOf(netns),
    everyRule: request.everyRule,
    frames: request.frames,
  })
  const counted = new CountedChoices(choices)
  world.sim.choices = counted
  if (request.question.sourcePort !== null) hangUp(world, request.client, request.question.sourcePort)
  world.sim.trace = recorder
  const answer = run(world, request, recorder, counted)
  world.sim.trace = null
  return answer
}

/** The client's earlier connections from this port end: a new one cannot have it before. */
function hangUp(world: World, client: Client, port: number): void {
  const { sockets } = client.host.ns
  for (const socket of sockets.tcpFrom(port)) if (socket.handler instanceof TcpProbe) socket.close()
  world.sim.queue.settle()
  for (const socket of sockets.tcpFrom(port)) if (socket.handler instanceof TcpProbe) sockets.removeTcp(socket)
}

function run(world: World, request: Ask, recorder: Recorder, choices: CountedChoices): Answer {
  const { target } = request
  const resolved = target.to.kind === 'address' ? direct(target.to.address) : byName(world, request, recorder)
  const lookupChoices = choices.taken
  if (resolved.address === null) {
    const sees = resolved.sees ?? 'name-not-found'
    return finish(recorder, { sees, detail: resolved.detail, destination: null, sourcePort: null, lookupChoices })
  }
  routeToNode(world, resolved.address)
  const result = probe(world, request, resolved.address)
  const destination = { address: formatIpv4(resolved.address), port: target.port }
  const sight = sightOf(result, target.protocol)
  const detail = sight.detail ?? resolved.detail
  const sourcePort = result.client?.port ?? null
  return finish(recorder, { sees: sight.sees, detail, destination, sourcePort, lookupChoices })
}

function direct(address: Ipv4): Resolved {
  return { address, sees: null, detail: null }
}

function byName(world: World, request: Ask, recorder: Recorder): Resolved {
  const { client, target } = request
  const name = target.to.kind === 'name' ? target.to.name : ''
  recorder.purpose = 'name-resolution'
  const resolution = lookUp(world, client, name)
  recorder.purpose = 'request'
  if (resolution.outcome === 'found') {
    const address = firstAddress(resolution)
    if (address !== undefined) return { address, sees: null, detail: `${name} is ${formatIpv4(address)}` }
    return { address: null, sees: 'name-without-address', detail: `${name} has no IPv4 address` }
  }
  if (resolution.outcome === 'try-again' && isUnknownOutside(world, name)) {
    const detail = `nothing is known of ${name} outside of the cluster: give its addresses under hosts`
    return { address: null, sees: 'unknown', detail }
  }
  return { address: null, ...nameFailure(name, resolution.outcome) }
}

/** A name of the outside world that may well exist, and of which the model was told nothing. */
function isUnknownOutside(world: World, name: string): boolean {
  const inCluster = /(^|\.)cluster\.local\.?$/i.test(name)
  return !inCluster && outsideNames(world.options.hosts)({ name, type: 'A', class: 'IN' }) === null
}

function nameFailure(name: string, outcome: 'name-not-found' | 'no-data' | 'try-again'): Omit<Resolved, 'address'> {
  switch (outcome) {
    case 'name-not-found':
      return { sees: 'name-not-found', detail: `${name} does not exist` }
    case 'no-data':
      return { sees: 'name-without-address', detail: `${name} exists and has no address` }
    case 'try-again':
      return { sees: 'name-resolution-failed', detail: `no server could say what ${name} is` }
  }
}

function probe(world: World, request: Ask, destination: Ipv4): ProbeResult {
  const made = makeProbe(request, destination)
  made.start()
  const { queue } = world.sim
  queue.settle()
  const deadline = queue.now + request.timeoutMs
  while (made.result === null && queue.nextAt !== undefined && queue.nextAt <= deadline) queue.step()
  queue.settle()
  if (made instanceof UdpProbe) made.close()
  return made.result!
}

function makeProbe(request: Ask, destination: Ipv4): TcpProbe | UdpProbe | PingProbe | SctpProbe {
  const { client, question, target, timeoutMs } = request
  const { ns } = client.host
  const common = {
    source: client.source,
    destination,
    size: question.size,
    ttl: question.ttl ?? 0,
    timeoutMs,
    name: client.process,
  }
  const ports = { sourcePort: question.sourcePort ?? 0, destinationPort: target.port ?? 0 }
  switch (target.protocol) {
    case 'tcp':
      return new TcpProbe(ns, { ...common, ...ports, hold: true })
    case 'udp':
      return new UdpProbe(ns, { ...common, ...ports, hold: true, pmtu: question.df ? 'do' : 'dont' })
    case 'sctp':
      return new SctpProbe(ns, { ...common, ...ports })
    case 'icmp':
      return new PingProbe(ns, { ...common, id: 1 + ns.sim.choices.sample(0xffff), sequence: 1, df: question.df })
  }
}

/** What a run came to, before the conversation is read. */
interface Result {
  readonly sees: ClientSees
  readonly detail: string | null
  readonly destination: TraceOutcome['destination']
  readonly sourcePort: number | null
  readonly lookupChoices: number
}

function finish(recorder: Recorder, result: Result): Answer {
  const { sees, detail, destination, sourcePort, lookupChoices } = result
  const conversation = recorder.conversation()
  const first = fateOf(conversation, sees)
  const undecided = first.unknown !== null && !SEES_SUCCESS.has(sees)
  const finalSees = undecided ? 'unknown' : sees
  const { disposition, delivered, drop, unknown } = undecided ? fateOf(conversation, finalSees) : first
  return {
    outcome: { disposition, client: { sees: finalSees, detail }, destination, delivered, drop, unknown, conversation },
    frames: recorder.recordedFrames(),
    lookupChoices,
    sourcePort,
  }
}

/** Counts the decisions that pass through it. */
class CountedChoices implements Choices {
  taken = 0
  private readonly choices: Choices

  constructor(choices: Choices) {
    this.choices = choices
  }

  choose(label: string, weights: readonly number[]): number {
    this.taken++
    return this.choices.choose(label, weights)
  }

  sample(n: number): number {
    return this.choices.sample(n)
  }
}
