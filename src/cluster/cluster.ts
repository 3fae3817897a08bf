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
import {
  type Choices,
  cloneGraph,
  cloneLazily,
  enumerate,
  type InputIssue,
  InvalidInputError,
  type Outcome,
  SampledChoices,
} from '../base/index.js'
import { apply } from '../controlplane/index.js'
import { Store } from '../store/index.js'
import {
  type ParsedQuestion,
  parseQuestion,
  type RecordedFrame,
  type TraceDocument,
  type TraceQuestion,
} from '../trace/index.js'
import { type Answer, type Ask, ask, DEFAULT_TIMEOUT_MS } from './ask.js'
import { clientOf, problem } from './client.js'
import { documentOf, mergeOutcomes } from './document.js'
import { type ClusterOptions, type ResolvedOptions, resolveOptions } from './options.js'
import { targetOf } from './target.js'
import { HostView } from './view.js'
import { settleStore, World } from './world.js'

/** A manifest: its text and the name to report problems under. */
export interface ManifestSource {
  readonly file: string
  readonly text: string
}

/** A trace with every frame that passed a device, one list for each outcome of the document. */
export interface TraceWithFrames {
  readonly document: TraceDocument
  readonly frames: readonly (readonly RecordedFrame[])[]
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
    return this.run(question, false).document
  }

  /** As {@link trace}, with every frame that passed a device, for {@link capture}. */
  traceWithFrames(question: TraceQuestion): TraceWithFrames {
    return this.run(question, true)
  }

  /**
   * Sends the packet for real: follows one outcome and keeps what it leaves behind in conntrack, neighbours, FDB,
   * counters. Chance is drawn from the seed and the number of earlier sends.
   * @throws InvalidInputError as {@link trace} does.
   */
  send(question: TraceQuestion): TraceDocument {
    const parsed = this.parse(question)
    const seed = this.world.options.seed + ++this.world.runs
    const choices = new SampledChoices(seed)
    const request = this.resolve(this.world, question, parsed, false)
    const value = ask(this.world, request, choices)
    const outcome = { probability: probabilityOf(choices), choices: choices.taken, value }
    return documentOf(request, { ...question, sample: true }, [outcome])
  }

  private run(question: TraceQuestion, frames: boolean): TraceWithFrames {
    const parsed = this.parse(question)
    let request: Ask | undefined
    const outcomes = this.outcomesOf(question, (choices) => {
      const world = cloneLazily(this.world)
      const asked = this.resolve(world, question, parsed, frames)
      request ??= asked
      return ask(world, asked, choices)
    })
    const merged = mergeOutcomes(outcomes)
    return {
      document: documentOf(request!, question, merged),
      frames: merged.map((outcome) => outcome.value.frames),
    }
  }

  private outcomesOf(question: TraceQuestion, follow: (choices: Choices) => Answer): Outcome<Answer>[] {
    const seed = this.world.options.seed + this.world.runs
    if (question.sample !== true) return enumerate(follow, seed)
    const choices = new SampledChoices(seed)
    const value = follow(choices)
    return [{ probability: probabilityOf(choices), choices: choices.taken, value }]
  }

  private parse(question: TraceQuestion): ParsedQuestion {
    const parsed = parseQuestion(question)
    const namespace = question.namespace ?? this.world.options.defaultNamespace
    return { ...parsed, namespace }
  }

  /** Both ends of the question, all problems at once. */
  private resolve(world: World, question: TraceQuestion, parsed: ParsedQuestion, frames: boolean): Ask {
    const issues: InputIssue[] = []
    const client = attempt(issues, () => clientOf(world, parsed.from, parsed.namespace))
    const target = attempt(issues, () => targetOf(world, parsed))
    if (client === undefined || target === undefined) throw new InvalidInputError(issues)
    return {
      question: parsed,
      client,
      target,
      timeoutMs: question.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      everyRule: question.everyRule ?? false,
      frames,
    }
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

function probabilityOf(choices: SampledChoices): number {
  return choices.taken.reduce((p, c) => p * c.probability, 1)
}

function attempt<T>(issues: InputIssue[], find: () => T): T | undefined {
  try {
    return find()
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    issues.push(...error.issues)
    return undefined
  }
}
