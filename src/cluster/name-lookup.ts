import { parseIpv4 } from '../addr/index.js'
import { type QueryStep, resolve, type Resolution, type StubEvent, type StubResolver } from '../coredns/index.js'
import { ephemeralPort } from '../netns/index.js'
import type { Client } from './client.js'
import { ResolverTcp } from './resolver-tcp.js'
import { ResolverUdp } from './resolver-udp.js'
import type { World } from './world.js'

/** A resolver's socket towards one server, with what came back. */
export interface ResolverSocket {
  readonly server: string
  start(): void
  events(): StubEvent[]
  close(): void
}

/**
 * Looks a name up as a program of the client would: its hosts file, then its resolver's walk, each query a packet of
 * its own from the client's namespace.
 */
export function lookUp(world: World, client: Client, name: string): Resolution {
  const firstId = world.sim.choices.sample(0x1_0000)
  const walk = resolve(name, client.resolvConf, { firstId, hosts: client.hosts })
  const ports = new Map<number, number>()
  let step = walk.start()
  while (step.kind === 'query') step = walk.receive(exchange(world, client, walk, step, ports))
  return step.result
}

/** Sends every query of a step to every server, and waits as long as the resolver would. */
function exchange(
  world: World,
  client: Client,
  walk: StubResolver,
  step: QueryStep,
  ports: Map<number, number>,
): StubEvent[] {
  const { queue } = world.sim
  const deadline = queue.now + step.timeoutMs
  const sockets = step.servers.map((server) => open(client, step, server, ports))
  for (const socket of sockets) socket.start()
  const events = (): StubEvent[] => sockets.flatMap((socket) => socket.events())
  queue.settle()
  while (!walk.isSettled(events()) && queue.nextAt !== undefined && queue.nextAt <= deadline) queue.step()
  if (!walk.isSettled(events())) queue.runUntil(deadline)
  for (const socket of sockets) socket.close()
  return events()
}

function open(client: Client, step: QueryStep, server: string, ports: Map<number, number>): ResolverSocket {
  const { ns } = client.host
  if (step.transport === 'tcp') return new ResolverTcp(ns, server, step)
  let port = ports.get(step.socket)
  if (port === undefined) {
    port = ephemeralPort(ns, 'udp')
    ports.set(step.socket, port)
  }
  return new ResolverUdp(ns, server, step, port)
}

/** First IPv4 address of a resolution; undefined when it has none. */
export function firstAddress(resolution: Extract<Resolution, { outcome: 'found' }>): number | undefined {
  return resolution.addresses.map((text) => parseIpv4(text)).find((address) => address !== undefined)
}
