import { type InputIssue, InvalidInputError } from '../base/index.js'

/** Collects problems from several places, so that a person sees all of them at once. */
export class Issues {
  private readonly found: InputIssue[] = []

  add(issue: InputIssue): void {
    this.found.push(issue)
  }

  /** Is something wrong with this flag? */
  has(path: string): boolean {
    return this.found.some((issue) => issue.path === path)
  }

  /** Runs `action`; what it finds wrong is kept, and the result is then undefined. `rename` translates paths. */
  attempt<T>(action: () => T, rename: (path: string) => string = (path) => path): T | undefined {
    try {
      return action()
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error
      this.found.push(...error.issues.map((issue) => ({ ...issue, path: rename(issue.path) })))
      return undefined
    }
  }

  /** @throws InvalidInputError with everything collected, if there is anything. */
  throwIfAny(): void {
    if (this.found.length > 0) throw new InvalidInputError(this.found)
  }
}
