import { formatIpv4, type Ipv4 } from '../addr/index.js'
import type { Choices } from '../base/index.js'
import { PingProbe, type ProbeResult, SctpProbe, TcpProbe, UdpProbe } from '../netns/index.js'
import {
  type ClientSees,
  fateOf,
  type ParsedQuestion,
  Recorder,
  type RecordedFrame,
  type TraceOutcome,
} from '../trace/index.js'
import type { Client } from './client.js'
import { routeToNode } from './load-balancer.js'
import { firstAddress, lookUp } from './name-lookup.js'
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
  world.sim.choices = choices
  world.sim.trace = recorder
  const answer = run(world, request, recorder)
  world.sim.trace = null
  return answer
}

function run(world: World, request: Ask, recorder: Recorder): Answer {
  const { target } = request
  const resolved = target.to.kind === 'address' ? direct(target.to.address) : byName(world, request, recorder)
  if (resolved.address === null) {
    const sees = resolved.sees ?? 'name-not-found'
    return finish(recorder, sees, resolved.detail, null, null)
  }
  routeToNode(world, resolved.address)
  const result = probe(world, request, resolved.address)
  const destination = { address: formatIpv4(resolved.address), port: target.port }
  const sight = sightOf(result, target.protocol)
  return finish(recorder, sight.sees, sight.detail ?? resolved.detail, destination, result)
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
  return { address: null, ...nameFailure(name, resolution.outcome) }
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

function finish(
  recorder: Recorder,
  sees: ClientSees,
  detail: string | null,
  destination: TraceOutcome['destination'],
  result: ProbeResult | null,
): Answer {
  const conversation = recorder.conversation()
  const first = fateOf(conversation, sees)
  const undecided = first.unknown !== null && sees !== 'connected' && sees !== 'answered'
  const finalSees = undecided ? 'unknown' : sees
  const { disposition, delivered, drop, unknown } = undecided ? fateOf(conversation, finalSees) : first
  return {
    outcome: { disposition, client: { sees: finalSees, detail }, destination, delivered, drop, unknown, conversation },
    frames: recorder.recordedFrames(),
    sourcePort: result?.client?.port ?? null,
  }
}
