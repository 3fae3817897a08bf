/** Where in a person's input a problem sits. Lines and columns count from 1. */
export interface SourcePosition {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** One problem in a person's input: where, what is wrong, and what would be right. */
export interface InputIssue {
  /** Path inside the object, kubectl style: `spec.ports[0].port`; empty when the whole input is meant. */
  readonly path: string
  /** What is wrong, naming the offending value. */
  readonly message: string
  /** What would be right, as an instruction; absent when the message already says it. */
  readonly fix?: string
  readonly position?: SourcePosition
}

/** Bad input from a person: every problem at once. Never raised for a packet. */
export class InvalidInputError extends Error {
  readonly code = 'ERR_INVALID_INPUT'
  readonly issues: readonly InputIssue[]

  constructor(issues: readonly InputIssue[]) {
    super(issues.map(printIssue).join('\n'))
    this.name = 'InvalidInputError'
    this.issues = issues
  }
}

/** Prints an issue as one line: `file:line:column: path: message; fix`. */
export function printIssue(issue: InputIssue): string {
  const where = issue.position ? `${issue.position.file}:${issue.position.line}:${issue.position.column}: ` : ''
  const path = issue.path === '' ? '' : `${issue.path}: `
  const fix = issue.fix === undefined ? '' : `; ${issue.fix}`
  return `${where}${path}${issue.message}${fix}`
}

/** Throws unless `condition` holds: a bug of ours, not of the input. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`kubehop bug: ${message}`)
}

/** Closes a `switch` over a union: does not compile while a member is missing. */
export function assertNever(value: never): never {
  throw new Error(`kubehop bug: unexpected ${JSON.stringify(value)}`)
}
