import { type ApiObject, describeObject, type ObjectBase, positionOf } from '../api/index.js'
import { type InputIssue, Rng } from '../base/index.js'
import type { Store } from '../store/index.js'
import { fnv1a32, nameSuffix } from './hash.js'
import { type ControlPlaneOptions, type Ranges, readRanges } from './options.js'

/** One run towards the steady state: what the steps share, and the problems they found. */
export class Settlement {
  readonly store: Store
  readonly options: ControlPlaneOptions
  readonly ranges: Ranges
  readonly issues: InputIssue[] = []
  readonly warnings: InputIssue[] = []
  private readonly salt: number

  constructor(store: Store, options: ControlPlaneOptions) {
    this.store = store
    this.options = options
    this.ranges = readRanges(options, this.issues)
    this.salt = options.rng.uint32()
  }

  /**
   * A generator for one decision, named by `label`. Random per run, yet independent of all other decisions: one
   * more Service in the input does not move every other Service's address.
   */
  rngFor(label: string): Rng {
    return new Rng((fnv1a32(label) ^ this.salt) >>> 0)
  }

  /** `PREFIX` + five random characters; a name that `isTaken` is drawn again. */
  generateName(label: string, prefix: string, isTaken: (name: string) => boolean): string {
    const rng = this.rngFor(label)
    for (;;) {
      const name = prefix + nameSuffix((n) => rng.below(n))
      if (!isTaken(name)) return name
    }
  }

  /** Something that keeps the cluster from existing. */
  error(object: ObjectBase, path: string, message: string, fix?: string): void {
    this.issues.push(issueAt(object, path, message, fix))
  }

  /** Something the cluster lives with. */
  warn(object: ObjectBase, path: string, message: string, fix?: string): void {
    this.warnings.push(issueAt(object, path, message, fix))
  }
}

/** Names an object with the place it was read from: `Service shop/web (a.yaml:3:1)`. */
export function nameAndPlace(object: ApiObject): string {
  const position = positionOf(object)
  const place = position === undefined ? '' : ` (${position.file}:${position.line}:${position.column})`
  return `${describeObject(object)}${place}`
}

function issueAt(object: ObjectBase, path: string, message: string, fix?: string): InputIssue {
  const position = positionOf(object, path)
  return {
    path,
    message: `${describeObject(object)}: ${message}`,
    ...(fix === undefined ? {} : { fix }),
    ...(position === undefined ? {} : { position }),
  }
}
