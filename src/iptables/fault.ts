import type { InputIssue } from '../base/index.js'

/** One refused piece of a rule. Caught line by line and turned into an issue, so that all lines get their say. */
export class RuleFault extends Error {
  readonly fix: string | undefined

  constructor(message: string, fix?: string) {
    super(message)
    this.name = 'RuleFault'
    this.fix = fix
  }
}

/** Refuses the rule being read: what is wrong, and what would be right. */
export function refuse(message: string, fix?: string): never {
  throw new RuleFault(message, fix)
}

/** A line of restore text, where it came from. */
export interface LineRef {
  readonly file: string
  readonly line: number
}

/** The fault as an issue at a place. */
export function issueAt(at: LineRef | null, column: number, message: string, fix?: string): InputIssue {
  return {
    path: '',
    message,
    ...(fix === undefined ? {} : { fix }),
    ...(at === null ? {} : { position: { file: at.file, line: at.line, column } }),
  }
}
