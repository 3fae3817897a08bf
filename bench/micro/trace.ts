import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Cluster, type ManifestSource } from '../../src/index.js'
import { manifestOf } from '../helpers/manifests.js'
import { type Case, check, suite } from '../helpers/suite.js'

const QUESTION = { from: 'pod/client', to: 'svc/s1', sample: true }

/** Whole questions: a pod asks a service whose pod is on another node. */
export default async function trace(): Promise<void> {
  await suite('building a cluster', 'trace-build', [
    ['guestbook', () => () => Cluster.fromManifests(guestbook())],
    building('10 services', 10),
    building('200 services of 3 pods, 5 nodes', 200),
  ])
  await suite('a trace, a send', 'trace', [
    ['guestbook: trace', guestbookTrace],
    ...cases('10 services', 10),
    ...cases('200 services of 3 pods, 5 nodes', 200),
  ])
}

function clusterOf(services: number): Cluster {
  const options = services > 100 ? { nodes: 5 } : {}
  return Cluster.fromManifests(manifestOf({ services, replicas: services > 100 ? 3 : 1 }), options)
}

function building(name: string, services: number): Case {
  return [name, () => () => clusterOf(services)]
}

function cases(name: string, services: number): Case[] {
  const cluster = clusterOf(services)
  const outcomes = (answer: ReturnType<Cluster['trace']>): number => answer.outcomes.length
  const ways = outcomes(cluster.trace({ ...QUESTION, sample: false }))
  check(cluster.trace(QUESTION).outcomes[0]?.client.sees === 'connected', 'the service does not answer')
  return [
    [`${name}: trace, one outcome`, () => () => cluster.trace(QUESTION)],
    [`${name}: trace, every outcome (${ways})`, () => () => cluster.trace({ ...QUESTION, sample: false })],
    [`${name}: send`, () => sending(cluster.fork())],
  ]
}

/** Time passes between sends, so that connections come and go as on a busy node. */
function sending(cluster: Cluster): () => unknown {
  return () => {
    cluster.advance(1000)
    return cluster.send(QUESTION)
  }
}

function guestbook(): ManifestSource[] {
  const folder = join(import.meta.dirname, '../../examples/guestbook')
  return readdirSync(folder)
    .filter((file) => /\.ya?ml$/.test(file) && file !== 'kubehop.yaml')
    .map((file) => ({ file, text: readFileSync(join(folder, file), 'utf8') }))
}

function guestbookTrace(): () => unknown {
  const cluster = Cluster.fromManifests(guestbook())
  const question = { from: 'deploy/frontend', to: 'svc/redis-leader:6379' }
  check(cluster.trace(question).outcomes[0]?.client.sees === 'connected', 'the guestbook does not answer')
  return () => cluster.trace(question)
}
