import {
  type ApiObject,
  describeObject,
  didYouMean,
  type Kind,
  KINDS,
  type ObjectOf,
  parseManifests,
  validateObjects,
} from '../api/index.js'
import { cloneGraph, type InputIssue } from '../base/index.js'
import { apply } from '../controlplane/index.js'
import { Store } from '../store/index.js'
import type { TraceDocument, TraceQuestion } from '../trace/index.js'
import { problem } from './client.js'
import { followAll, sendOnce, type TraceWithFrames } from './follow.js'
import { type ClusterOptions, type ResolvedOptions, resolveOptions } from './options.js'
import { HostView } from './view.js'
import { settleStore, World } from './world.js'

/** A manifest: its text and the name to report problems under. */
export interface ManifestSource {
  readonly file: string
  readonly text: string
}

/**
 * A simulated cluster: built from manifests or objects, changed by applying and deleting, asked by tracing. Equal
 * manifests, options and seed give equal answers, byte for byte.
 */
export class Cluster {
  /** Problems that did not keep the manifests from being understood. */
  warnings: readonly InputIssue[]
  private world: World

  private constructor(world: World, warnings: readonly InputIssue[]) {
    this.world = world
    this.warnings = warnings
  }

  /**
   * Builds a cluster from manifests: texts with file names, or one text.
   * @throws InvalidInputError with every problem at once, each with file, line and column.
   */
  static fromManifests(sources: readonly ManifestSource[] | string, options: ClusterOptions = {}): Cluster {
    const resolved = resolveOptions(options)
    const parsed = parseManifests(sourcesOf(sources), parseOptions(resolved))
    return Cluster.from(parsed.objects, parsed.warnings, resolved)
  }

  /**
   * Builds a cluster from Kubernetes objects as JavaScript values.
   * @throws InvalidInputError with every problem at once, each with its path.
   */
  static fromObjects(objects: readonly unknown[], options: ClusterOptions = {}): Cluster {
    const resolved = resolveOptions(options)
    const validated = validateObjects([...objects], parseOptions(resolved))
    return Cluster.from(validated.objects, validated.warnings, resolved)
  }

  private static from(
    objects: readonly ApiObject[],
    warnings: readonly InputIssue[],
    options: ResolvedOptions,
  ): Cluster {
    const store = new Store()
    for (const object of objects) store.put(object)
    const built = World.build(options, store)
    return new Cluster(built.world, [...warnings, ...built.warnings])
  }

  /** The options, defaults filled in. */
  get options(): ResolvedOptions {
    return this.world.options
  }

  /** Virtual time in milliseconds since the cluster began. */
  get now(): number {
    return this.world.sim.queue.now
  }

  /** Lets virtual time pass: connections expire, timers fire. */
  advance(ms: number): this {
    if (!Number.isFinite(ms) || ms < 0) throw problem('ms', `${ms} is no time`, 'give milliseconds, 0 or more')
    this.world.sim.queue.runUntil(this.now + ms)
    return this
  }

  // ------------------------------------------------------------------ objects

  /**
   * Applies manifests (text) or objects, as `kubectl apply`: all of them or, when anything is wrong, none.
   * @throws InvalidInputError with every problem at once.
   */
  apply(manifest: string | object | readonly object[]): this {
    const options = parseOptions(this.world.options)
    const parsed =
      typeof manifest === 'string'
        ? parseManifests(sourcesOf(manifest), options)
        : validateObjects(Array.isArray(manifest) ? [...(manifest as readonly object[])] : [manifest], options)
    this.change(parsed.warnings, (store) => {
      for (const object of parsed.objects) apply(store, object)
    })
    return this
  }

  /**
   * Deletes an object; what it owned goes with it. `namespace` is `default` for namespaced kinds if left out.
   * @throws InvalidInputError when there is no such object.
   */
  delete(kind: Kind, name: string, namespace?: string): this {
    const ns = this.namespaceOf(kind, namespace)
    if (this.world.store.get(kind, name, ns) === undefined) {
      const known = this.world.store.list(kind, ns === '' ? undefined : ns).map((o) => o.metadata.name)
      throw problem('name', `there is no ${kind} "${name}"${ns === '' ? '' : ` in ${ns}`}`, didYouMean(name, known))
    }
    this.change([], (store) => store.delete(kind, name, ns))
    return this
  }

  /** All or nothing: the change is made on a copy of the store first. */
  private change(warnings: readonly InputIssue[], edit: (store: Store) => void): void {
    const trial = cloneGraph(this.world.store)
    edit(trial)
    const settled = settleStore(this.world.options, trial)
    edit(this.world.store)
    settleStore(this.world.options, this.world.store)
    this.world.reconcile()
    this.warnings = [...warnings, ...settled.warnings]
  }

  /** Objects of a kind, of one namespace if given, with everything that was allocated for them. */
  list<K extends Kind>(kind: K, namespace?: string): ObjectOf<K>[] {
    this.namespaceOf(kind, namespace)
    return this.world.store.list(kind, namespace)
  }

  /** One object, or undefined. */
  get<K extends Kind>(kind: K, name: string, namespace?: string): ObjectOf<K> | undefined {
    const ns = this.namespaceOf(kind, namespace)
    return this.world.store.get(kind, name, ns)
  }

  private namespaceOf(kind: Kind, given: string | undefined): string {
    if (!Object.hasOwn(KINDS, kind)) {
      const kinds = Object.keys(KINDS)
      throw problem('kind', `there is no kind "${kind}"`, didYouMean(kind, kinds) ?? `use one of ${kinds.join(', ')}`)
    }
    return KINDS[kind].namespaced ? (given ?? this.world.options.defaultNamespace) : ''
  }

  // ------------------------------------------------------------------- traces

  /**
   * What would happen to this packet, in every way that chance leaves open (or one, with `sample`). The cluster stays
   * as it is.
   * @throws InvalidInputError when the question cannot be understood or names what is not there.
   */
  trace(question: TraceQuestion): TraceDocument {
    return followAll(this.world, question, { frames: false }).document
  }

  /** As {@link trace}, with every frame that passed a device, for {@link capture}. */
  traceWithFrames(question: TraceQuestion): TraceWithFrames {
    return followAll(this.world, question, { frames: true })
  }

  /**
   * Sends the packet for real: follows one outcome and keeps what it leaves behind in conntrack, neighbours, FDB,
   * counters. Chance is drawn from the seed and the number of earlier sends.
   * @throws InvalidInputError as {@link trace} does.
   */
  send(question: TraceQuestion): TraceDocument {
    return sendOnce(this.world, question)
  }

  // -------------------------------------------------------------------- views

  /** Looks into a node. @throws InvalidInputError when there is no such node. */
  node(name: string): HostView {
    const node = this.world.nodes.get(name)
    if (node === undefined) {
      throw problem('node', `there is no node "${name}"`, didYouMean(name, [...this.world.nodes.keys()]))
    }
    return new HostView(node, this.world)
  }

  /** Looks into a pod's namespace, by `NAMESPACE/NAME`. @throws InvalidInputError when no such pod runs. */
  pod(key: string): HostView {
    const full = key.includes('/') ? key : `${this.world.options.defaultNamespace}/${key}`
    const pod = this.world.pods.get(full)
    if (pod === undefined) {
      throw problem('pod', `there is no running pod "${full}"`, didYouMean(full, [...this.world.pods.keys()]))
    }
    return new HostView(pod.host, this.world)
  }

  /** Looks into the machines around the nodes. */
  outside(which: 'external' | 'gateway' | 'underlay'): HostView {
    return new HostView(this.world.outside[which], this.world)
  }

  /** Names of all network namespaces: nodes, pods, and the machines around them. */
  namespaces(): string[] {
    const pods = [...this.world.pods.values()].filter((p) => !p.pod.spec.hostNetwork).map((p) => p.netns)
    return [...this.world.nodes.keys(), ...pods, 'underlay', 'gateway', 'external']
  }

  /** An independent copy, for a what-if. */
  fork(): Cluster {
    return new Cluster(cloneGraph(this.world), this.warnings)
  }

  /** `Service shop/web` and the like, for messages. */
  static describe(object: ApiObject): string {
    return describeObject(object)
  }
}

function parseOptions(options: ResolvedOptions): { strict: boolean; defaultNamespace: string } {
  return { strict: options.strict, defaultNamespace: options.defaultNamespace }
}

function sourcesOf(sources: readonly ManifestSource[] | string): ManifestSource[] {
  return typeof sources === 'string' ? [{ file: 'manifest', text: sources }] : [...sources]
}
