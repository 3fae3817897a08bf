/** One argument of a restore line. */
export interface Token {
  readonly text: string
  /** From 1. */
  readonly column: number
}

/**
 * Splits a restore line into arguments as iptables-restore does: blanks separate, `"` opens and closes, a
 * backslash inside quotes takes the next character as it is. Outside quotes a backslash and `'` are ordinary.
 */
export function tokenize(line: string, from = 0): Token[] {
  const tokens: Token[] = []
  let at = from
  while (at < line.length) {
    const char = line[at]!
    if (char === ' ' || char === '\t') {
      at++
      continue
    }
    const taken = takeToken(line, at)
    tokens.push({ text: taken.text, column: at + 1 })
    at = taken.end
  }
  return tokens
}

/** A token ends at a blank or behind its closing quote. */
function takeToken(line: string, start: number): { text: string; end: number } {
  let text = ''
  let at = start
  let quoted = false
  for (; at < line.length; at++) {
    const char = line[at]!
    if (quoted && char === '\\' && at + 1 < line.length) {
      text += line[++at]!
    } else if (char === '"') {
      if (quoted) return { text, end: at + 1 }
      quoted = true
    } else if (!quoted && (char === ' ' || char === '\t')) {
      break
    } else {
      text += char
    }
  }
  return { text, end: at }
}

const PLAIN = /^[-_0-9A-Za-z]+$/

/** Quotes as iptables-save does (xtables_save_string): anything but letters, digits, `-` and `_` needs quotes. */
export function quote(text: string): string {
  return PLAIN.test(text) ? text : `"${text.replace(/["\\']/g, '\\$&')}"`
}

/** Quotes an argument of an extension that is not modelled: only where it could not be read back otherwise. */
export function quoteArgument(text: string): string {
  return text === '' || /[\s"]/.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : text
}
