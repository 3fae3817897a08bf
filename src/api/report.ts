import type { InputIssue } from '../base/index.js'

/** A problem found while decoding one object, before it has a position. */
export interface Finding {
  readonly severity: 'error' | 'warning' | 'unknown-field'
  readonly path: string
  readonly message: string
  readonly fix?: string
}

/** Collects everything wrong with one object. Decoding goes on after an error, so that all are found. */
export class Report {
  readonly findings: Finding[] = []

  /** Something the API server would refuse. */
  error(path: string, message: string, fix?: string): void {
    this.add('error', path, message, fix)
  }

  /** Something it accepts but a person should know. */
  warn(path: string, message: string, fix?: string): void {
    this.add('warning', path, message, fix)
  }

  /** A field that the kind does not have: a warning, or an error when strict. */
  unknownField(path: string, fix?: string): void {
    this.add('unknown-field', path, `unknown field "${path}"`, fix)
  }

  /** True when `path` itself has an error already: no need to say more of it. */
  hasError(path: string): boolean {
    return this.findings.some((finding) => finding.severity === 'error' && finding.path === path)
  }

  private add(severity: Finding['severity'], path: string, message: string, fix: string | undefined): void {
    this.findings.push(fix === undefined ? { severity, path, message } : { severity, path, message, fix })
  }
}

/** An issue without undefined members. */
export function issueOf(
  path: string,
  message: string,
  rest: { fix?: string | undefined; position?: InputIssue['position'] | undefined } = {},
): InputIssue {
  return {
    path,
    message,
    ...(rest.fix === undefined ? {} : { fix: rest.fix }),
    ...(rest.position === undefined ? {} : { position: rest.position }),
  }
}
