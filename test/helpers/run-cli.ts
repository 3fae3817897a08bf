import type { Io } from '../../src/cli/io.js'
import { run } from '../../src/cli/run.js'

/** What a command line printed, and its exit status. */
export interface CliResult {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command line in this process, without a terminal. Words in quotes stay together. */
export function runCli(command: string, surroundings: Partial<Pick<Io, 'cwd' | 'env' | 'readStdin'>> = {}): CliResult {
  let stdout = ''
  let stderr = ''
  const status = run(splitWords(command), {
    stdout: (text) => (stdout += text),
    stderr: (text) => (stderr += text),
    readStdin: () => '',
    cwd: process.cwd(),
    env: {},
    stdoutIsTty: false,
    stderrIsTty: false,
    columns: undefined,
    ...surroundings,
  })
  return { status, stdout, stderr }
}

function splitWords(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? '',
  )
}
