/** The world as a command sees it: everything it reads, writes and knows of its surroundings. */
export interface Io {
  /** Data. */
  readonly stdout: (text: string) => void
  /** Messages and warnings. */
  readonly stderr: (text: string) => void
  readonly readStdin: () => string
  /** Folder that relative paths start from. */
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdoutIsTty: boolean
  readonly stderrIsTty: boolean
  /** Columns of the terminal, when stdout is one. */
  readonly columns: number | undefined
}

/** Exit statuses: the client got its answer, it did not, the question or its input was wrong. */
export const EXIT = { ANSWERED: 0, NOT_ANSWERED: 1, BAD_INPUT: 2 } as const

/** Whether to colour, by the usual conventions: FORCE_COLOR, then NO_COLOR, then whether it is a terminal. */
export function wantsColor(env: Io['env'], isTty: boolean): boolean {
  const forced = env['FORCE_COLOR']
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false'
  if (env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '') return false
  return isTty && env['TERM'] !== 'dumb'
}

/** Columns to draw for: COLUMNS, else the terminal's, else 80. */
export function widthOf(io: Io): number {
  const said = Number(io.env['COLUMNS'])
  return Number.isInteger(said) && said > 0 ? said : (io.columns ?? 80)
}
