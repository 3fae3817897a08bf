import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { getCommand } from './get-command.js'
import { EXIT, type Io } from './io.js'
import { reportError } from './report.js'
import { showCommand } from './show-command.js'
import { traceCommand } from './trace-command.js'

/** Runs one command line (without the program's own name) and gives its exit status. Never throws. */
export function run(args: readonly string[], io: Io): number {
  let status: number = EXIT.ANSWERED
  const setExit = (value: number): void => {
    status = value
  }
  try {
    program(io, setExit).parse([...args], { from: 'user' })
    return status
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ANSWERED : EXIT.BAD_INPUT
    reportError(error, io)
    return EXIT.BAD_INPUT
  }
}

function program(io: Io, setExit: (status: number) => void): Command {
  const root = new Command('kubehop')
    .description('What happens to this packet in this Kubernetes cluster, hop by hop, and why.')
    .version(version(), '--version', 'print the version')
    .helpCommand(true)
  for (const command of [traceCommand(io, setExit), showCommand(io), getCommand(io)]) root.addCommand(command)
  for (const command of [root, ...root.commands]) {
    command
      .exitOverride()
      .configureOutput({ writeOut: io.stdout, writeErr: io.stderr, getOutHelpWidth: () => io.columns ?? 100 })
      .showHelpAfterError('(add --help for the flags and examples)')
  }
  return root
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
