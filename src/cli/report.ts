import { type InputIssue, InvalidInputError, printIssue } from '../base/index.js'
import type { Io } from './io.js'
import { wantsColor } from './io.js'
import { count } from './render/index.js'
import { terminalStyle } from './terminal-style.js'

/** Prints every problem of an input error; anything else is a bug of ours and says so. */
export function reportError(error: unknown, io: Io): void {
  const style = terminalStyle(wantsColor(io.env, io.stderrIsTty))
  if (error instanceof InvalidInputError) {
    const issues = unique(error.issues.map(printIssue))
    const heading = issues.length === 1 ? 'error:' : `error: ${count(issues.length, 'problem')}`
    const body = issues.length === 1 ? ` ${issues[0]}` : issues.map((issue) => `\n  ${issue}`).join('')
    io.stderr(`${style.bad(heading)}${body}\n`)
  } else {
    const message = error instanceof Error ? error.message : String(error)
    io.stderr(`${style.bad('internal error:')} ${message}\nSet KUBEHOP_DEBUG=1 to see where.\n`)
  }
  if (wantsDebug(io) && error instanceof Error) io.stderr(`${error.stack ?? ''}\n`)
}

/** Prints warnings, one a line. */
export function reportWarnings(warnings: readonly InputIssue[], io: Io): void {
  const style = terminalStyle(wantsColor(io.env, io.stderrIsTty))
  for (const text of unique(warnings.map(printIssue))) io.stderr(`${style.warn('warning:')} ${text}\n`)
}

function wantsDebug(io: Io): boolean {
  return (io.env['KUBEHOP_DEBUG'] ?? '') !== ''
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)]
}
