import { type CST, Parser } from 'yaml'

/** No manifest is nested deeper; what builds nodes from tokens recurses, and may exhaust the stack far beyond. */
export const MAX_NESTING = 100

/** Offset of the first thing nested more than {@link MAX_NESTING} deep; undefined in texts without one. */
export function tooDeepAt(text: string): number | undefined {
  if (!looksDeep(text)) return undefined
  for (const token of new Parser().parse(text)) {
    const offset = deepIn(token)
    if (offset !== undefined) return offset
  }
  return undefined
}

/** A quick look that errs on the deep side: brackets may stand in strings, long indentation in block scalars. */
function looksDeep(text: string): boolean {
  let open = 0
  let indent = 0
  let atStart = true
  for (let i = 0; i < text.length; i++) {
    const char = text[i]
    if (char === '[' || char === '{') open++
    else if (char === ']' || char === '}') open = Math.max(0, open - 1)
    else if (char === '\n') indent = 0
    atStart = char === '\n' || (atStart && (char === ' ' || char === '-' || char === '?'))
    if (atStart) indent++
    if (open > MAX_NESTING || indent > MAX_NESTING) return true
  }
  return false
}

function deepIn(root: CST.Token): number | undefined {
  const rest: { readonly token: CST.Token; readonly depth: number }[] = [{ token: root, depth: 0 }]
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const { token, depth } = next
    if (depth > MAX_NESTING) return token.offset
    if (token.type === 'document' && token.value !== undefined) rest.push({ token: token.value, depth })
    if (!('items' in token)) continue
    for (const { key, value } of token.items) {
      if (key !== undefined && key !== null) rest.push({ token: key, depth: depth + 1 })
      if (value !== undefined) rest.push({ token: value, depth: depth + 1 })
    }
  }
  return undefined
}
