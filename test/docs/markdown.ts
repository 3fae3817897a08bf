/** A fenced block of a Markdown file. */
export interface Block {
  /** Language, the first word behind the fence. */
  readonly language: string
  /** Lines between the fences. */
  readonly lines: readonly string[]
  /** Index of the first of them in the file, from 0. */
  readonly start: number
}

/** A command of a `console` block and what the block says it prints. */
export interface ConsoleEntry {
  readonly command: string
  readonly output: readonly string[]
}

/** A last line that says: and so on. */
export const ELLIPSIS = '…'

/** The fenced blocks of a file's lines, in order. */
export function blocksOf(lines: readonly string[]): Block[] {
  const blocks: Block[] = []
  let open: { language: string; start: number } | null = null
  lines.forEach((line, index) => {
    const fence = /^```(\w*)/.exec(line)
    if (fence === null) return
    if (open === null) open = { language: fence[1]!, start: index + 1 }
    else {
      blocks.push({ ...open, lines: lines.slice(open.start, index) })
      open = null
    }
  })
  return blocks
}

/** The commands of a `console` block: lines that begin with `$ `, each with the lines behind it. */
export function entriesOf(block: Block): ConsoleEntry[] {
  const entries: { command: string; output: string[] }[] = []
  for (const line of block.lines) {
    if (line.startsWith('$ ')) entries.push({ command: line.slice(2), output: [] })
    else entries.at(-1)?.output.push(line)
  }
  return entries
}

/** What the block would say of `actual`: all of it, or as many lines as before when it ends in an ellipsis. */
export function shorten(actual: readonly string[], expected: readonly string[]): string[] {
  return expected.at(-1) === ELLIPSIS ? [...actual.slice(0, expected.length - 1), ELLIPSIS] : [...actual]
}
