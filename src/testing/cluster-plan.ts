import { Cluster, type ClusterOptions } from '../cluster/index.js'
import { type Manifest, printManifests } from './manifest.js'

/** Manifests and options of a generated cluster. Prints as both, so that a failed property shows what to reproduce. */
export class ClusterPlan {
  readonly objects: readonly Manifest[]
  readonly options: ClusterOptions

  constructor(objects: readonly Manifest[], options: ClusterOptions) {
    this.objects = objects
    this.options = options
  }

  /** The objects as one YAML text. */
  get manifest(): string {
    return printManifests(this.objects)
  }

  /** A new cluster made of the plan; `options` take the place of the plan's own. */
  build(options: ClusterOptions = {}): Cluster {
    return Cluster.fromManifests([{ file: 'generated.yaml', text: this.manifest }], { ...this.options, ...options })
  }

  /** The options as a comment line, then the manifest; fast-check prints it so. */
  toString(): string {
    return `# options: ${JSON.stringify(this.options)}\n${this.manifest}`
  }
}
